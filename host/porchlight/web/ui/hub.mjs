// The hub's side: case and purpose first, then the cameras that residents allow for it, then live
// pictures.

import { during, h, say } from "../lib/dom.mjs";
import { follow, rest } from "../lib/sse.mjs";
import { caseForm } from "./casebook.mjs";
import { lostSentence } from "../lib/words.mjs";
import { Stage } from "./stage.mjs";

const WAIT_MS = 1000;

export class HubSide {
    #api;
    #cause = null;
    #cameras = [];

    /**
     * @param {{api: import("../lib/api.mjs").Api, title: string, reopen: boolean}} with_
     *   `reopen`:
     *   look again by itself once allowed (the demo)
     */
    constructor({ api, title, reopen }) {
        this.#api = api;
        this.stage = new Stage({ api, reopen, tell: (sentence) => say(this.problem, sentence) });
        this.problem = h("p.problem", { role: "alert" });
        this.link = h("span.link", { role: "status" }, "connecting…");
        this.found = h("p.found", { role: "status" });
        this.open = h(
            "button.look",
            {
                type: "button",
                hidden: true,
                onclick: () => this.#run(this.open, () => this.#openAll()),
            },
            "Open all",
        );
        this.close = h(
            "button.plain",
            {
                type: "button",
                hidden: true,
                onclick: () => this.#run(this.close, () => this.stage.closeAll()),
            },
            "Close all",
        );
        const { form, fill } = caseForm((cause) =>
            this.#run(form.querySelector("button"), () => this.#find(cause)),
        );
        this.fill = fill;
        this.stage.onChange = () => this.#showButtons();
        this.element = h(
            "section.side",
            { "aria-labelledby": "hub-title", "data-side": "hub" },
            h("header", {}, h("h2", { id: "hub-title" }, title), this.link),
            form,
            this.problem,
            h("div.row", {}, this.found, this.open, this.close),
            this.stage.element,
        );
    }

    /** Keeps the side current until the signal is aborted. @param {AbortSignal} signal */
    run(signal) {
        this.stage.run(signal);
        return follow((inner) => this.#api.open("/api/v1/events", inner), {
            signal,
            onOpen: () => {
                say(this.link, "live");
                say(this.problem, "");
            },
            onEvent: (name, value) => {
                if (name === "view" && value.state === "closed") this.stage.ended(value);
            },
            onLost: (error) => {
                say(this.link, "reconnecting…");
                say(this.problem, lostSentence(error));
            },
        });
    }

    /**
     * Asks and opens without a click, as soon as anybody allows this hub anything, for a purpose
     * they allow. Grants are
     * asked for until then, and not cameras: a search is an entry in residents' logs.
     * @param {{case: string, reason: string}} why @param {AbortSignal} signal
     */
    async lookOnceAllowed(why, signal) {
        let purpose = await this.#allowedPurpose();
        for (; !purpose && !signal.aborted; purpose = await this.#allowedPurpose())
            await rest(WAIT_MS, signal);
        if (signal.aborted) return;
        const cause = { ...why, purpose };
        this.fill(cause);
        await this.#run(this.open, async () => {
            await this.#find(cause);
            await this.#openAll();
        });
    }

    async #allowedPurpose() {
        try {
            const { grants } = await this.#api.get("/api/v1/grants");
            const { purposes = [] } = grants.find(({ state }) => state === "active") ?? {};
            return purposes.find((purpose) => purpose !== "own-use");
        } catch {
            return undefined; // asked again in a moment
        }
    }

    #run(button, action) {
        return during(button, action, (sentence) => say(this.problem, sentence));
    }

    async #find(cause) {
        const query = new URLSearchParams({ case: cause.case, purpose: cause.purpose });
        const { cameras } = await this.#api.get(`/api/v1/cameras?${query}`);
        await this.stage.closeAll();
        this.#cause = cause;
        this.#cameras = cameras.filter((camera) => camera.actions.includes("live"));
        this.stage.set(this.#cameras, cause);
        say(this.found, foundWords(this.#cameras.length, cause));
        this.#showButtons();
    }

    async #openAll() {
        await this.stage.open(this.#cameras.map((camera) => camera.id));
    }

    #showButtons() {
        this.open.hidden =
            this.#cameras.length === 0 || this.stage.showing === this.#cameras.length;
        this.close.hidden = this.stage.showing === 0;
    }
}

function foundWords(count, cause) {
    if (count === 0) return "No resident allows live pictures for this purpose now.";
    return `${count} camera${count === 1 ? "" : "s"} for case ${cause.case}.`;
}
