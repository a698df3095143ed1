// One recorded clip: looked at, taken away, deleted by its resident. The small picture and the
// player are one canvas.

import { during, h, say } from "../lib/dom.mjs";
import { keptWords, whenWords } from "../lib/clips.mjs";
import { Painter, play } from "../lib/pictures.mjs";
import { confirmFirst } from "./confirm.mjs";

const SEALED =
    "Sealed: only your key opens it. Download it, then open it with “porchlight unseal”.";

export class ClipItem {
    #playing = null;
    #pictured = false;

    /**
     * @param {object} clip as the API gives it @param {string} camera its name
     * @param {{picture: () => Promise<Blob>, stream: () => Promise<string>, file: () =>
     *   Promise<string>, remove?: () => Promise<void>}} act
     *   `remove`: where it is the reader's own
     */
    constructor(clip, camera, act) {
        this.clip = clip;
        this.act = act;
        this.name = `${camera}, ${whenWords(clip)}`;
        this.canvas = h("canvas", {
            width: 160,
            height: 120,
            role: "img",
            "aria-label": `Clip of ${this.name}`,
            hidden: clip.sealed,
        });
        this.painter = new Painter(this.canvas);
        this.play = this.#button("Play", () => this.#toggle());
        this.play.hidden = clip.sealed;
        this.save = this.#button("Download", () => this.#save());
        this.problem = h("p.problem", { role: "alert" });
        this.element = h(
            "li.clip",
            { "data-clip": clip.id, "data-sealed": clip.sealed },
            this.canvas,
            h(
                "div.about",
                {},
                h("strong", {}, camera),
                h("p", {}, whenWords(clip)),
                h("p.small", {}, keptWords(clip)),
                clip.sealed ? h("p.small", {}, SEALED) : null,
                h("div.row", {}, this.play, this.save, act.remove ? this.#removal() : null),
                this.problem,
            ),
        );
    }

    #button(words, action) {
        const label = `${words.replace("…", "")} the clip of ${this.name}`;
        const button = h("button.plain", { type: "button", "aria-label": label }, words);
        const tell = (sentence) => say(this.problem, sentence);
        button.addEventListener("click", () => during(button, action, tell));
        return button;
    }

    #removal() {
        return this.#button("Delete…", () => this.#ask());
    }

    /** Shows the small picture, once; sealed clips have none. */
    async picture() {
        if (this.clip.sealed || this.#pictured || this.#playing) return;
        this.#pictured = true;
        const blob = await this.act.picture();
        if (!this.#playing) await this.painter.offer(new Uint8Array(await blob.arrayBuffer()));
    }

    async #toggle() {
        if (this.#playing) return this.stop();
        const url = await this.act.stream();
        const stop = new AbortController();
        this.#playing = stop;
        this.#show("playing", "Stop");
        // Not awaited: the button is for stopping it meanwhile.
        play(url, { signal: stop.signal, onPart: ({ body }) => this.painter.offer(body) })
            .then(() => this.#over(stop, ""))
            .catch((error) => this.#over(stop, error.message));
        return undefined;
    }

    #over(stop, sentence) {
        if (this.#playing !== stop) return;
        this.#playing = null;
        this.#show("seen", "Play again");
        say(this.problem, sentence);
    }

    #show(state, word) {
        this.element.dataset.state = state;
        say(this.play, word);
        this.play.setAttribute("aria-label", `${word} the clip of ${this.name}`);
    }

    /** Stops what is playing. */
    stop() {
        const stop = this.#playing;
        if (!stop) return;
        this.#over(stop, "");
        stop.abort();
    }

    // The ticket in the address is good for this browser, for minutes.
    async #save() {
        const link = h("a", { href: await this.act.file(), download: "" });
        link.click();
    }

    #ask() {
        confirmFirst({
            title: "Delete this clip?",
            words: `${this.name}. Its file is gone at once, for you and for everybody.`,
            verb: "Delete for good",
            act: () => this.act.remove(),
        });
    }
}
