// One request as its hub sees it: the question, how it stands, and the clips of who said yes.

import { pendingProblem } from "../lib/api.mjs";
import { standsWords } from "../lib/asking.mjs";
import { during, h, say } from "../lib/dom.mjs";
import { areaWords, causeWords, windowWords } from "../lib/requests.mjs";
import { moment } from "../lib/times.mjs";
import { actionsWords, capital } from "../lib/words.mjs";
import { ClipItem } from "./clip.mjs";

const called = (camera) => `Camera ${camera.slice(0, 8)}`;

export class AskingItem {
    /**
     * @param {object} request as the host gives it @param {import("../lib/api.mjs").Api} api
     * @param {import("../lib/looks.mjs").Pen} pen the hub's
     */
    constructor(request, api, pen) {
        this.pen = pen;
        this.api = api;
        this.request = request;
        this.cause = { case: request.case, purpose: request.purpose };
        this.stands = h("strong", { role: "status" });
        this.yes = h("ul.small", { "aria-label": "Cameras allowed" });
        this.clips = h("ul.clips", { "aria-label": `Clips for case ${request.case}` });
        this.problem = h("p.problem", { role: "alert" });
        this.button = h("button.plain", { type: "button" }, "Show the clips");
        const tell = (sentence) => say(this.problem, sentence);
        this.button.addEventListener("click", () =>
            during(this.button, () => this.#showClips(), tell),
        );
        const what = capital(actionsWords(request.actions));
        const where = areaWords(request.area);
        this.element = h(
            "li",
            { "data-request": request.id },
            h("p", {}, causeWords(request)),
            h("p.small", {}, `${what}, ${windowWords(request.window)}, ${where}.`),
            this.stands,
            this.yes,
            h("div.shelf", {}, this.button, this.problem, this.clips),
        );
        this.update(request);
    }

    /** @param {object} request as the host gives it now */
    update(request) {
        this.element.dataset.state = request.state;
        say(this.stands, standsWords(request));
        this.button.hidden = request.approvals.length === 0;
        const lines = request.approvals.map(({ camera, released_at }) =>
            h("li", { "data-camera": camera }, `${called(camera)}, since ${moment(released_at)}.`),
        );
        this.yes.replaceChildren(...lines);
    }

    // To list clips is a search, and an entry with the residents: only when asked to.
    async #showClips() {
        const { clips } = await this.api.get(`/api/v1/clips?${new URLSearchParams(this.cause)}`);
        const items = clips.map((clip) => this.#clip(clip));
        const none = h("li.small", {}, "No clip of that time is there.");
        this.clips.replaceChildren(...(items.length ? items : [none]));
    }

    #clip(clip) {
        const { actions, reason } = this.request;
        const path = `/api/v1/clips/${clip.id}/plays`;
        const open = async (action) => {
            const wish = await this.pen.clip(clip.id, { action, reason, ...this.cause });
            const { urls } = await this.api.post(path, wish);
            if (!urls) throw pendingProblem();
            return urls;
        };
        const item = new ClipItem(clip, called(clip.camera), {
            stream: async () => (await open("clips")).stream,
            file: async () => (await open("export")).file,
        });
        item.play.hidden ||= !actions.includes("clips");
        item.save.hidden = !actions.includes("export");
        return item.element;
    }
}
