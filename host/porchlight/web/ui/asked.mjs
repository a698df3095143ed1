// One request as its resident sees it: the question, their own clips, and three ways to go on, one
// of which is to do nothing.

import { during, h, say } from "../lib/dom.mjs";
import { causeWords, questionWords, standWords } from "../lib/requests.mjs";
import { clockTime, moment, unixMs } from "../lib/times.mjs";
import { actionsWords, capital } from "../lib/words.mjs";
import { spanSelect } from "./spans.mjs";

const SILENCE =
    "You need not answer. They do not know that you were asked, and to them no answer and a " +
    "refusal look the same. You will not be reminded.";

export class AskedItem {
    /**
     * @param {object} request as the host gives it
     * @param {import("../lib/names.mjs").Names} names
     * @param {{clips: () => Promise<object[]>, play: (clip: object) => Promise<string>, approve:
     *   (camera: string, actions: string[], lasts_s: number) => Promise<void>, deny: () =>
     *   Promise<void>}} act
     */
    constructor(request, names, act) {
        this.names = names;
        this.act = act;
        this.problem = h("p.problem", { role: "alert" });
        this.picture = h("img.playing", { alt: "Your clip, for you alone", hidden: true });
        this.clips = h("ul.clips", { "aria-label": "Your clips of that time" });
        this.stand = h("p.note", { role: "status" });
        this.look = h(
            "button.plain",
            { type: "button", onclick: () => this.#run(this.look, () => this.#showClips()) },
            "Look at your clips",
        );
        this.refuse = h(
            "button.plain.deny",
            { type: "button", onclick: () => this.#run(this.refuse, () => this.act.deny()) },
            "Put aside",
        );
        this.answers = h("div.answers", {});
        this.element = h(
            "article.asked.panel",
            { "data-request": request.id },
            h("h4", {}, names.hub(request.hub)),
            h("p", {}, questionWords(request, names.hub(request.hub))),
            h("p", {}, causeWords(request)),
            this.stand,
            h("div.row", {}, this.look, this.refuse),
            this.clips,
            this.picture,
            this.answers,
            this.problem,
        );
        this.update(request);
    }

    #run(button, action) {
        return during(button, action, (sentence) => say(this.problem, sentence));
    }

    /** @param {object} request as the host gives it */
    update(request) {
        this.request = request;
        this.element.dataset.state = request.state;
        const open = request.state === "open";
        const until = `Open until ${moment(request.expires)}. ${SILENCE}`;
        say(this.stand, open ? until : standWords(request.state));
        this.refuse.hidden = !open;
        const left = request.cameras.filter((camera) => !camera.grant);
        const waits = unixMs(request.expires) > Date.now();
        if (!waits) return this.answers.replaceChildren();
        const shown = [...this.answers.children].map((row) => row.dataset.camera);
        if (shown.join() !== left.map((camera) => camera.id).join())
            this.answers.replaceChildren(...left.map((camera) => this.#answer(camera)));
        return undefined;
    }

    // What they may do is at most what they ask; of that, only looking is ticked beforehand.
    #answer(camera) {
        const boxes = this.request.actions.map((value) =>
            h("input", { type: "checkbox", value, checked: value === "clips" }),
        );
        const span = spanSelect({ "aria-label": "For how long" });
        const allow = h(
            "button.allow",
            {
                type: "button",
                onclick: () =>
                    this.#run(allow, () => {
                        const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
                        return this.act.approve(camera.id, chosen, Number(span.value));
                    }),
            },
            `Sign and allow ${camera.label}`,
        );
        const choices = boxes.map((box) =>
            h("label.choice", {}, box, ` ${capital(actionsWords([box.value]))}`),
        );
        return h(
            "div.row.answer",
            { "data-camera": camera.id },
            ...choices,
            h("label", {}, "for ", span),
            allow,
        );
    }

    async #showClips() {
        const clips = await this.act.clips();
        const lines = clips.map((clip) => this.#clipLine(clip));
        if (!lines.length) lines.push(h("li", {}, "You have no clips of that time."));
        this.clips.replaceChildren(...lines);
    }

    #clipLine(clip) {
        const seconds = Math.max(1, Math.round((clip.ended_ms - clip.started_ms) / 1000));
        const play = h(
            "button.plain",
            { type: "button", onclick: () => this.#run(play, () => this.#play(clip)) },
            "Play",
        );
        const name = this.names.camera(clip.camera);
        const words = `${name}, ${clockTime(clip.started_ms / 1000)}, ${seconds} s `;
        return h("li", { "data-clip": clip.id }, words, clip.sealed ? "(sealed)" : play);
    }

    // The stream carries a ticket and ends with the clip.
    async #play(clip) {
        const url = await this.act.play(clip);
        this.picture.hidden = false;
        this.picture.src = url;
        await this.picture.decode().catch(() => {
            throw new Error("The clip cannot be shown. It may have been deleted.");
        });
    }

    /** Stop what is playing: the request leaves the page. */
    close() {
        this.picture.removeAttribute("src");
    }
}
