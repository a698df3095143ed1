// One moving picture at the hub: a camera's own, or the wall of many. It says how old the picture
// is, marks it when it goes stale, and goes dark the moment the stream or the consent ends.
// Pictures are handed to it, or it reads a stream of its own; while nobody can see it, none is
// decoded.
//
// data-state: waiting (no picture yet) | live | stale | dark

import { h, lamp, say } from "../lib/dom.mjs";
import { Painter, play } from "../lib/pictures.mjs";
import { age } from "../lib/times.mjs";
import { lostSentence } from "../lib/words.mjs";

const STALE_S = 3;
const TICK_MS = 250;
const NEAR = { rootMargin: "200px" }; // about to be scrolled into sight

export class Tile {
    #painter;
    #stop = new AbortController();
    #url = null;
    #paused = null;
    #captured_ms = 0;
    #clock;
    #timer;
    #seen = true;
    #unseen = null;

    /**
     * @param {{id: string, label: string}} camera `id` is "wall" for the mosaic
     * @param {{clock: () => number, onEnd: (error: Error | null) => void, buttons?:
     *   HTMLElement[]}} to
     *   `clock` gives unix ms as the host counts; `onEnd` hears that the stream ended by itself
     */
    constructor(camera, { clock, onEnd, buttons = [] }) {
        this.camera = camera;
        this.onEnd = onEnd;
        this.#clock = clock;
        this.canvas = h("canvas", {
            width: 640,
            height: 480,
            role: "img",
            "aria-label": `Live picture of ${camera.label}`,
        });
        this.#painter = new Painter(this.canvas);
        this.chip = h("span.chip", { title: "how old the picture is" });
        this.headline = h("strong", {});
        this.why = h("span", {});
        this.element = h(
            "figure.tile",
            { "data-camera": camera.id, "data-state": "dark" },
            h(
                "div.picture",
                {},
                this.canvas,
                h("div.veil", { role: "status" }, lamp(), this.headline, this.why),
            ),
            h("figcaption", {}, h("span.label", {}, camera.label), this.chip, ...buttons),
        );
        const watched = new IntersectionObserver((looks) => this.#look(looks.at(-1)), NEAR);
        watched.observe(this.element);
    }

    get state() {
        return this.element.dataset.state;
    }

    /** Is about to be handed pictures. */
    expect() {
        this.#quit();
        this.#enter("waiting", "Opening…", "Waiting for the first picture.");
        say(this.chip, "");
        this.#timer = setInterval(() => this.#tick(), TICK_MS);
    }

    /** Begins to show a stream; one that is still shown is let go. @param {string} url */
    show(url) {
        this.expect();
        this.#stop = new AbortController();
        this.#url = url;
        this.#read(url, this.#stop.signal);
    }

    /** Lets go of the stream for a while, if one is shown. */
    pause() {
        const url = this.#url;
        if (!url) return;
        this.rest();
        this.#paused = url;
    }

    /** Is handed no pictures for a while. */
    rest() {
        this.#quit();
        this.#enter("waiting", "Paused", "Nobody looked at this page.");
        say(this.chip, "");
    }

    /** Takes up again what was paused. */
    resume() {
        if (this.#paused) this.show(this.#paused);
    }

    /**
     * Counts as live without a picture of its own: it is shown on the wall.
     * @param {string} words
     */
    mark(words) {
        this.#quit();
        this.#enter("live", "", "");
        say(this.chip, words);
    }

    /**
     * Goes dark now, whatever the stream does.
     * @param {string} headline
     * @param {string} why one sentence
     */
    darken(headline, why) {
        this.#quit();
        this.#enter("dark", headline, why);
        say(this.chip, "");
    }

    async #read(url, signal) {
        try {
            await play(url, { signal, onPart: (part) => this.#takePart(part) });
            if (!signal.aborted) this.#ended(null);
        } catch (error) {
            if (!signal.aborted) this.#ended(error);
        }
    }

    #ended(error) {
        this.darken("Picture ended", error ? lostSentence(error) : "The host closed the stream.");
        this.onEnd(error);
    }

    /**
     * Shows a picture, unless newer ones come first.
     * @param {{captured_ms: number, jpeg: Uint8Array}} picture
     */
    take({ captured_ms, jpeg }) {
        this.#captured_ms = captured_ms;
        this.#unseen = jpeg;
        this.#draw();
    }

    #takePart({ headers, body }) {
        const captured_ms = Date.parse(headers.get("x-timestamp"));
        this.take({
            captured_ms: Number.isNaN(captured_ms) ? this.#clock() : captured_ms,
            jpeg: body,
        });
    }

    #look({ isIntersecting }) {
        this.#seen = isIntersecting;
        this.#draw();
    }

    // What nobody sees waits, one picture of it, and is drawn when it comes in sight.
    #draw() {
        if (!this.#unseen || !this.#seen || document.hidden) return;
        const jpeg = this.#unseen;
        this.#unseen = null;
        this.#painter.offer(jpeg).then(() => this.#tick());
    }

    #tick() {
        this.#draw();
        if (this.state === "dark" || !this.#captured_ms) return;
        if (!this.#painter.drawn && !this.#unseen) return;
        const old_s = (this.#clock() - this.#captured_ms) / 1000;
        this.#enter(old_s > STALE_S ? "stale" : "live", "", "");
        say(this.chip, old_s > STALE_S ? `${age(old_s)} old` : age(old_s));
    }

    #enter(state, headline, why) {
        if (this.state !== state) this.element.dataset.state = state;
        say(this.headline, headline);
        say(this.why, why);
    }

    #quit() {
        this.#url = null;
        this.#paused = null;
        this.#stop.abort();
        clearInterval(this.#timer);
        this.#captured_ms = 0;
        this.#unseen = null;
        this.#painter.clear();
        this.#painter.drawn = 0;
    }
}
