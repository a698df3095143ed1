// The resident's log as it happens: newest on top, each entry once, a bounded number of lines.

import { h } from "../lib/dom.mjs";
import { entrySentence, tone } from "../lib/entries.mjs";
import { clockTime, day, unixMs } from "../lib/times.mjs";

const MAX_LINES = 200;

// The host shows that there is a statement; what it says is for `porchlight log verify` to check.
const signed = ({ statement }) => (statement ? h("small", {}, " Signed by the hub.") : null);

export class LogList {
    #seen = new Set();

    /** @param {import("../lib/entries.mjs").Who} who @param {HTMLElement} head of the log */
    constructor(who, head) {
        this.who = who;
        this.list = h("ol.log", {
            role: "log",
            "aria-live": "polite",
            "aria-label": "What happened, newest first",
            tabindex: "0",
        });
        this.element = h(
            "section.panel",
            { "aria-labelledby": "log-title" },
            h("h3", { id: "log-title" }, "Who looked, and what happened"),
            this.list,
            head,
        );
    }

    /** @param {object} entry as the API gives it; one that is shown already is ignored */
    add(entry) {
        if (this.#seen.has(entry.n)) return;
        this.#seen.add(entry.n);
        this.list.insertBefore(this.#line(entry), this.#after(entry.n));
        while (this.list.childElementCount > MAX_LINES) this.#dropOldest();
    }

    // Live events can overtake the list that is being fetched: place by number, not by arrival.
    #after(n) {
        let line = this.list.firstElementChild;
        while (line && Number(line.dataset.n) > n) line = line.nextElementSibling;
        return line;
    }

    #dropOldest() {
        this.#seen.delete(Number(this.list.lastElementChild.dataset.n));
        this.list.lastElementChild.remove();
    }

    #line(entry) {
        const time = h(
            "time",
            { datetime: new Date(unixMs(entry.ts)).toISOString(), title: day(entry.ts) },
            clockTime(entry.ts),
        );
        return h(
            "li",
            { "data-n": entry.n, "data-type": entry.type, "data-tone": tone(entry) },
            time,
            h("span", {}, entrySentence(entry, this.who), signed(entry)),
        );
    }
}
