// The resident's inbox: what hubs ask for, and who may ask. A request stays until it is over; it
// counts nothing, blinks for nothing, and is announced once.

import { h, say } from "../lib/dom.mjs";
import { AskedItem } from "./asked.mjs";
import { askedWords, chooseWhoMayAsk } from "./mayask.mjs";

const KEPT = 20; // answered or over: the log has them all

export class Inbox {
    #items = new Map();
    #asked = [];

    /**
     * @param {import("../lib/names.mjs").Names} names
     * @param {import("../lib/api.mjs").Api} api
     * @param {(request: object, camera: string, actions: string[], lasts_s: number) =>
     *   Promise<void>} approve mints the grant and hands it in
     */
    constructor(names, api, approve) {
        this.names = names;
        this.api = api;
        this.approve = approve;
        this.who = h("p", {});
        this.list = h("div.asks", { "aria-live": "polite", "aria-label": "Requests" });
        this.element = h(
            "section.panel.inbox",
            { "aria-labelledby": "inbox-title" },
            h("h3", { id: "inbox-title" }, "Requests for recordings"),
            h(
                "div.row",
                {},
                this.who,
                h("button.plain", { type: "button", onclick: () => this.#choose() }, "Change…"),
            ),
            this.list,
        );
    }

    /** Fetch what stands there now. */
    async load() {
        const [{ requests }, { asked }] = await Promise.all([
            this.api.get("/api/v1/me/requests"),
            this.api.get("/api/v1/me/asked"),
        ]);
        this.#asked = asked;
        for (const { hub, hub_name } of [...asked, ...requests]) this.names.learnHub(hub, hub_name);
        say(this.who, askedWords(asked, this.names));
        this.#show(requests.filter((request, at) => request.state === "open" || at < KEPT));
    }

    #show(requests) {
        const known = new Set(requests.map((request) => request.id));
        for (const [id, item] of this.#items) if (!known.has(id)) this.#drop(id, item);
        for (const [at, request] of requests.entries()) {
            const item = this.#items.get(request.id);
            if (item) item.update(request);
            else this.#add(request, at);
        }
    }

    #add(request, at) {
        const path = `/api/v1/me/requests/${request.id}`;
        const item = new AskedItem(request, this.names, {
            clips: async () => (await this.api.get(path)).clips,
            play: (clip) => this.#play(clip),
            approve: async (camera, actions, lasts_s) => {
                await this.approve(request, camera, actions, lasts_s);
                await this.load();
            },
            deny: async () => {
                await this.api.send("POST", `${path}/deny`);
                await this.load();
            },
        });
        this.#items.set(request.id, item);
        this.list.insertBefore(item.element, this.list.children[at] ?? null);
    }

    #drop(id, item) {
        item.close();
        item.element.remove();
        this.#items.delete(id);
    }

    async #play(clip) {
        const path = `/api/v1/clips/${clip.id}/plays`;
        return (await this.api.post(path, { action: "clips" })).urls.stream;
    }

    #choose() {
        chooseWhoMayAsk({
            hubs: this.names.hubs(),
            asked: this.#asked,
            save: async (choice) => {
                await this.api.send("PUT", "/api/v1/me/asked", choice);
                await this.load();
            },
        });
    }
}
