// What a resident says to one camera at once: pause, resume, and "this is an emergency". The key
// signs it to the camera's own nonce, so neither host nor hub can.

import { during, h, say } from "../lib/dom.mjs";
import { moment, span } from "../lib/times.mjs";
import { actionsWords } from "../lib/words.mjs";
import { confirmFirst } from "./confirm.mjs";

export class PauseControl {
    #stands = { paused: false, panic: [] };
    #ready = [];
    #board = "";

    /**
     * @param {string} label what the camera is called
     * @param {import("../lib/names.mjs").Names} names
     * @param {{pause: () => Promise<string>, resume: () => Promise<string>, open: (jti: string) =>
     *   Promise<string>, standing: () => Promise<object>, close: (grant: object) =>
     *   Promise<void>}} voice each gives the board's word
     * @param {(sentence: string) => void} tell of what went wrong
     */
    constructor(label, names, voice, tell) {
        this.label = label;
        this.names = names;
        this.voice = voice;
        this.tell = tell;
        this.button = h("button.pause", { type: "button", onclick: () => this.#toggle() });
        this.said = h("p.note", { role: "status" });
        this.emergencies = h("ul.emergencies", { "aria-label": `Emergencies, ${label}` });
        this.shared = false;
        this.element = h("div.word", {}, this.said, this.emergencies);
        this.#show();
    }

    /** Whether something is open for an emergency, which ends by itself. */
    get opened() {
        return this.#stands.panic.length > 0;
    }

    /** Asks how the camera stands. @throws {import("../lib/api.mjs").Problem} */
    async load() {
        const stands = await this.voice.standing();
        if (stands.paused !== this.#stands.paused) this.#board = ""; // that was of another word
        this.#stands = stands;
        this.#show();
    }

    /** @param {object[]} grants of this camera that allow something now or later */
    setGrants(grants) {
        this.shared = grants.length > 0;
        this.#ready = grants.filter((grant) => grant.panic_s && grant.state === "active");
        this.#show();
    }

    #show() {
        const { paused } = this.#stands;
        say(this.button, paused ? "Resume" : "Pause");
        this.button.setAttribute("aria-label", `${paused ? "Resume" : "Pause"} ${this.label}`);
        this.button.hidden = !paused && !this.shared;
        say(this.said, [paused ? "Paused for everybody." : "", this.#board].join(" ").trim());
        // While it is paused nothing opens: the resident resumes first.
        const lines = (paused ? [] : this.#ready).map((grant) => this.#line(grant));
        const [now, before] = [lines, [...this.emergencies.children]].map((list) =>
            list.map((line) => line.outerHTML).join(""),
        );
        if (now !== before) this.emergencies.replaceChildren(...lines);
        this.emergencies.hidden = lines.length === 0;
    }

    #line(grant) {
        const whom = this.names.whom(grant.hubs);
        if (this.#stands.panic.includes(grant.jti)) return this.#opened(grant, whom);
        const ask = () => this.#ask(grant, whom);
        return h(
            "li",
            { "data-jti": grant.jti },
            h("button.emergency", { type: "button", onclick: ask }, `Emergency: let ${whom} in…`),
        );
    }

    #opened(grant, whom) {
        const until = this.#stands.panic_until?.[grant.jti];
        const close = h(
            "button.stop.small",
            { type: "button", "aria-label": `Close ${this.label} to ${whom}` },
            "Close now",
        );
        const end = () => this.voice.close(grant);
        close.addEventListener("click", () => during(close, end, this.tell));
        const when = until ? ` until ${moment(until)}` : "";
        return h(
            "li.opened",
            { "data-jti": grant.jti },
            h("span", {}, `Open to ${whom} for your emergency${when}. `),
            close,
        );
    }

    #ask(grant, whom) {
        const may = actionsWords(grant.actions);
        confirmFirst({
            title: `Open ${this.label} to ${whom} now?`,
            words: `They may ${may} for ${span(grant.panic_s)}. Then it closes by itself.`,
            verb: "Open now",
            act: async () => this.#heard(await this.voice.open(grant.jti)),
        });
    }

    #toggle() {
        const act = this.#stands.paused ? this.voice.resume : this.voice.pause;
        return during(this.button, async () => this.#heard(await act()), this.tell);
    }

    async #heard(board) {
        await this.load();
        this.tell(""); // what went wrong before does not any more
        this.#board = board;
        this.#show();
    }
}
