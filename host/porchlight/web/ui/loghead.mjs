// The head of the resident's log: how long it is, what it amounts to, and who else has seen it. A
// host that rewrote a line would have to show witnesses another log than before.

import { h, say } from "../lib/dom.mjs";
import { headWords, witnessWords } from "../lib/loghead.mjs";

const SOON_MS = 1500; // witnesses are asked as soon as the log grew

export class LogHead {
    #soon = 0;
    #size = 0;
    #loading = null;
    #again = false;
    #amber = false;

    /** @param {import("../lib/api.mjs").Api} api @param {string} resident thumb */
    constructor(api, resident) {
        this.api = api;
        this.path = `/api/v1/log/${resident}`;
        this.words = h("p", {});
        this.list = h("ul.witnesses", { "aria-label": "Witnesses of your log" });
        this.note = h("pre", { tabindex: "0", "aria-label": "Checkpoint of your log" });
        this.problem = h("p.problem", { role: "alert" });
        this.more = h(
            "details",
            { ontoggle: () => this.#opened() },
            h("summary", {}, "Checkpoint, to keep or to compare"),
            this.note,
            h(
                "p.small",
                {},
                "“porchlight log verify” checks on your own machine that the log only grew since " +
                    "it last looked, and that nobody looked outside your permissions.",
            ),
            this.problem,
        );
        this.element = h("div.head", { "data-state": "unknown" }, this.words, this.list, this.more);
    }

    /** Whether a cosignature was missing; they come a little after each entry. */
    get amber() {
        return this.#amber;
    }

    /** Asks the host; if asked again meanwhile, once more. @throws {Problem} */
    load() {
        if (this.#loading) {
            this.#again = true;
            return this.#loading;
        }
        this.#loading = this.#fetch().finally(() => {
            this.#loading = null;
        });
        return this.#loading;
    }

    async #fetch() {
        do {
            this.#again = false;
            this.#show(await this.api.get(this.path));
            if (this.more.open) await this.#loadNote();
        } while (this.#again);
    }

    async #opened() {
        if (!this.more.open) return;
        await this.#loadNote().then(
            () => say(this.problem, ""),
            ({ message }) => say(this.problem, message),
        );
    }

    async #loadNote() {
        say(this.note, await (await this.api.open(`${this.path}/checkpoint`)).text());
    }

    #show(about) {
        clearTimeout(this.#soon);
        this.#amber = about.witnesses.some(({ state }) => state !== "green");
        this.element.dataset.state = this.#amber ? "amber" : "green";
        say(this.words, headWords(about));
        const lines = about.witnesses.map((witness) =>
            h("li", { "data-state": witness.state }, witnessWords(witness, about.size)),
        );
        this.list.replaceChildren(...lines);
        this.list.hidden = lines.length === 0;
        if (this.#amber && about.size !== this.#size)
            this.#soon = setTimeout(() => this.load().catch(() => {}), SOON_MS);
        this.#size = about.size;
    }
}
