// The resident's clips, newest first. To look is an entry in the log, even of their own: so small
// pictures come when they are asked for, and not with the page.

import { during, h, say } from "../lib/dom.mjs";
import { ClipItem } from "./clip.mjs";

const PAGE = 12;
const MOST = 200; // that the host gives at once

export class ClipShelf {
    /** @type {Map<string, ClipItem>} */
    #items = new Map();
    #next = null;
    #pictures = false;

    /** @param {import("../lib/api.mjs").Api} api @param {import("../lib/names.mjs").Names} names */
    constructor(api, names) {
        this.api = api;
        this.names = names;
        this.none = h("p.note", {});
        this.list = h("ul.clips", { "aria-label": "Your clips, newest first" });
        this.problem = h("p.problem", { role: "alert" });
        this.pictures = this.#button("Show small pictures", () => this.#showPictures());
        this.older = this.#button("Older clips", () => this.#loadOlder());
        this.element = h(
            "section.panel.shelf",
            { "aria-labelledby": "shelf-title" },
            h("div.row", {}, h("h3", { id: "shelf-title" }, "Your recordings"), this.pictures),
            this.none,
            this.list,
            this.older,
            this.problem,
        );
    }

    #button(words, action) {
        const button = h("button.plain", { type: "button", hidden: true }, words);
        const tell = (sentence) => say(this.problem, sentence);
        button.addEventListener("click", () => during(button, action, tell));
        return button;
    }

    /** Asks for as many as are shown; what is playing goes on. @throws {Problem} */
    async load() {
        const limit = Math.min(MOST, Math.max(PAGE, this.#items.size));
        const { clips, next } = await this.api.get(`/api/v1/clips?limit=${limit}`);
        const known = new Set(clips.map(({ id }) => id));
        for (const [id, item] of this.#items) if (!known.has(id)) this.#drop(id, item);
        for (const [at, clip] of clips.entries()) this.#add(clip, this.list.children[at] ?? null);
        this.#show(next);
        await this.#fill();
    }

    async #loadOlder() {
        const query = `limit=${PAGE}&before=${this.#next}`;
        const { clips, next } = await this.api.get(`/api/v1/clips?${query}`);
        for (const clip of clips) this.#add(clip, null);
        this.#show(next);
        await this.#fill();
    }

    #show(next) {
        this.#next = next;
        this.older.hidden = next === null;
        const open = [...this.#items.values()].some(({ clip }) => !clip.sealed);
        this.pictures.hidden = this.#pictures || !open;
        const words = "For your eyes. Each look at a clip, yours too, is a line in your log.";
        say(this.none, this.#items.size ? words : "Nothing has been recorded.");
    }

    #add(clip, before) {
        if (this.#items.has(clip.id)) return;
        const path = `/api/v1/clips/${clip.id}`;
        const open = async (action) => (await this.api.post(`${path}/plays`, { action })).urls;
        const item = new ClipItem(clip, this.names.camera(clip.camera), {
            picture: async () => (await this.api.open(`${path}/thumbnail.jpg`)).blob(),
            stream: async () => (await open("clips")).stream,
            file: async () => (await open("export")).file,
            remove: async () => {
                await this.api.remove(path);
                await this.load();
            },
        });
        this.#items.set(clip.id, item);
        this.list.insertBefore(item.element, before);
    }

    #drop(id, item) {
        item.stop();
        item.element.remove();
        this.#items.delete(id);
    }

    #showPictures() {
        this.#pictures = true;
        this.pictures.hidden = true;
        this.list.dataset.pictures = "";
        return this.#fill();
    }

    // One after the other: an old machine makes each from its file.
    async #fill() {
        if (!this.#pictures) return;
        for (const item of [...this.#items.values()]) await item.picture();
    }
}
