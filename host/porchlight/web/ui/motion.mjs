// What moved before one camera, as a small chart: a bar for each few seconds, the line from which
// on something counts as moving, and all of it in words beside.

import { h, say, svg } from "../lib/dom.mjs";
import {
    BUCKET_S,
    height,
    KEPT_BACK,
    moments,
    MotionLog,
    motionWords,
    paths,
    REASONS,
    SPANS,
    totals,
} from "../lib/motion.mjs";

const WIDE = 720;
const HIGH = 72;
const THRESHOLD = 1000; // until the host has said it
const MOMENTS = 20;
const REFETCH_MS = 30_000; // bars longer than an event's are fetched anew, not more often

export class MotionChart {
    #fetch;
    #now_s;
    #log = new MotionLog();
    #threshold = THRESHOLD;
    #fetched_ms = -Infinity;

    /**
     * @param {string} label the camera's
     * @param {{fetch: (query: string) => Promise<object>, now_s: () => number}} from `fetch`: the
     *   host's answer of what moved; `now_s`: unix s by the host's clock
     */
    constructor(label, { fetch, now_s }) {
        this.#fetch = fetch;
        this.#now_s = now_s;
        this.#build(label);
        this.show();
    }

    #build(label) {
        const choices = SPANS.map(([value, words]) => h("option", { value }, words));
        this.span = h(
            "select",
            { "aria-label": `What moved at ${label}, in`, onchange: () => this.load() },
            ...choices,
        );
        this.words = h("p.kept", {});
        this.paths = Object.fromEntries(
            [KEPT_BACK, ...REASONS.map(([reason]) => reason)].map((kind) => [
                kind,
                svg("path", { "data-kind": kind }),
            ]),
        );
        this.line = svg("line", { class: "threshold", x1: "0", x2: String(WIDE) });
        this.chart = svg(
            "svg",
            {
                viewBox: `0 0 ${WIDE} ${HIGH}`,
                preserveAspectRatio: "none",
                role: "img",
                "aria-label": `Motion score at ${label} over time; the words beside say the same`,
            },
            ...Object.values(this.paths),
            this.line,
        );
        this.beginning = h("span", {});
        this.drawing = h(
            "div",
            {},
            h("div.chart", {}, this.chart, h("span.mark", { "aria-hidden": "true" }, "moves")),
            h("div.axis", { "aria-hidden": "true" }, this.beginning, h("span", {}, "now")),
        );
        this.legend = h("ul.legend", { "aria-hidden": "true" });
        this.moments = h("ol.moments", {});
        this.more = h("details", {}, h("summary", {}, "When something moved"), this.moments);
        this.element = h(
            "figure.motion",
            {},
            h("figcaption", {}, h("label", {}, "What moved in ", this.span), this.words),
            this.drawing,
            this.legend,
            this.more,
        );
    }

    /** Asks the host for all of the span; what goes wrong is said in the chart's place. */
    async load() {
        const { start, step } = this.#chosen();
        this.#fetched_ms = performance.now();
        try {
            const told = await this.#fetch(`?from=${start}&step=${step}`);
            if (told.step !== this.#chosen().step) return; // another span was chosen meanwhile
            this.#threshold = told.threshold;
            this.#log.replace(told.buckets);
            this.show();
        } catch (error) {
            say(this.words, error.message);
        }
    }

    /** Takes what an event tells. @param {import("../lib/motion.mjs").Bucket[]} buckets */
    heard(buckets) {
        if (this.#chosen().step === BUCKET_S) {
            buckets.forEach((bucket) => this.#log.put(bucket));
            this.show();
        } else if (performance.now() - this.#fetched_ms > REFETCH_MS) this.load();
    }

    /** Draws anew: time has passed. */
    show() {
        const { start, step, bars, when, ago } = this.#chosen();
        const buckets = this.#log.since(start);
        const field = { start, step, wide: WIDE, high: HIGH, bars };
        for (const [kind, data] of Object.entries(paths(buckets, field)))
            this.paths[kind].setAttribute("d", data);
        const y = String(HIGH - height(this.#threshold) * HIGH);
        this.line.setAttribute("y1", y);
        this.line.setAttribute("y2", y);
        say(this.words, motionWords(buckets, when));
        say(this.beginning, ago);
        this.drawing.hidden = buckets.every(({ score }) => score === 0);
        this.#showLegend(buckets);
        this.#showMoments(buckets);
    }

    #chosen() {
        const wanted = Number(this.span.value) || SPANS[0][0];
        const [span_s, when, step, ago] = SPANS.find(([seconds]) => seconds === wanted);
        const end = Math.floor(this.#now_s()) + 1;
        const start = Math.ceil((end - span_s) / step) * step;
        return { start, step, bars: span_s / step, when, ago };
    }

    #showLegend(buckets) {
        const { sent, kept } = totals(buckets);
        const shown = REASONS.filter(([reason]) => sent[reason]);
        if (kept) shown.push([KEPT_BACK, "kept back"]);
        swap(
            this.legend,
            shown.map(([kind, words]) => h("li", { "data-kind": kind }, words)),
        );
    }

    #showMoments(buckets) {
        const lines = moments(buckets, this.#threshold, MOMENTS);
        this.more.hidden = lines.length === 0;
        swap(
            this.moments,
            lines.map((line) => h("li", {}, line)),
        );
    }
}

// Only where the words differ: what somebody reads must not be made anew under them.
function swap(list, items) {
    const [now, before] = [items, [...list.children]].map((lines) =>
        lines.map((line) => line.outerHTML).join(""),
    );
    if (now !== before) list.replaceChildren(...items);
}
