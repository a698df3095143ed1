// Whether one camera records what moves, and for whose eyes: the resident's rule. It only takes
// away from permissions; what none of them allows is never recorded.

import { h, say } from "../lib/dom.mjs";
import { bytesWords, recordingWords } from "../lib/clips.mjs";

export class RecordingRule {
    #rule = { enabled: true, reader: null };

    /**
     * @param {string} label what the camera is called
     * @param {import("../lib/names.mjs").Names} names
     * @param {{get: () => Promise<object>, put: (rule: object) => Promise<object>, key: {jwk:
     *   object, thumb: string}}} act `key`: the resident's public one
     */
    constructor(label, names, act) {
        this.names = names;
        this.act = act;
        this.enabled = this.#box();
        this.sealed = this.#box();
        this.now = h("p", { role: "status" });
        this.kept = h("p.facts", {});
        this.problem = h("p.problem", { role: "alert" });
        this.summary = h("summary", {}, "Recording");
        this.element = h(
            "details.recording",
            { "aria-label": `Recording, ${label}` },
            this.summary,
            this.now,
            h("label.choice", {}, this.enabled, " Record what moves, for those I allow clips"),
            h("label.choice", {}, this.sealed, " Seal new recordings: only my key opens them"),
            h(
                "p.small",
                {},
                "Nobody else can play sealed ones, not even those you allow clips; nor can this " +
                    "page: download them and use “porchlight unseal”.",
            ),
            this.kept,
            this.problem,
        );
    }

    #box() {
        return h("input", { type: "checkbox", onchange: () => this.#change() });
    }

    /** Asks the host. @throws {import("../lib/api.mjs").Problem} */
    async load() {
        this.#show(await this.act.get());
    }

    #show(rule) {
        this.#rule = rule;
        this.enabled.checked = rule.enabled;
        this.sealed.checked = rule.reader !== null;
        const another = rule.reader && rule.reader !== this.act.key.thumb;
        const other = another ? elsewhere(rule.reader) : "";
        say(this.summary, `Recording: ${rule.now.length ? "on" : "off"}`);
        this.element.dataset.on = rule.now.length > 0;
        say(this.now, `${recordingWords(rule, this.names)}${other}`);
        const most = bytesWords(rule.quota_bytes);
        say(this.kept, `${rule.clips} clips, ${bytesWords(rule.bytes)} of ${most}.`);
    }

    // The boxes say what holds: refused, they go back.
    async #change() {
        const reader = this.sealed.checked ? this.act.key.jwk : null;
        for (const box of [this.enabled, this.sealed]) box.disabled = true;
        const held = document.activeElement;
        try {
            this.#show(await this.act.put({ enabled: this.enabled.checked, reader }));
            say(this.problem, "");
        } catch (error) {
            this.#show(this.#rule);
            say(this.problem, error.message);
        }
        for (const box of [this.enabled, this.sealed]) box.disabled = false;
        held?.focus();
    }
}

// The whole rule is handed in at once, and of another key the page knows no more than its name.
const elsewhere = (thumb) =>
    ` New ones are sealed to another key, ${thumb.slice(0, 8)}; a change here seals to yours.`;
