// The resident's side: their cameras, what they allow, and their log, kept current by the host's
// events.

import { h, say } from "../lib/dom.mjs";
import { claimsOf, mint, nextSeq, scope, termsOf } from "../lib/grant.mjs";
import { beginning, termsFor } from "../lib/requests.mjs";
import { follow } from "../lib/sse.mjs";
import { lostSentence } from "../lib/words.mjs";
import { CameraCard, stands } from "./card.mjs";
import { LogList } from "./log.mjs";
import { askPermission } from "./permission.mjs";
import { Inbox } from "./requests.mjs";

const TICK_MS = 10_000; // "58 min left" and permissions that run out by themselves
const PAGE = 500;

export class ResidentSide {
    #api;
    #signer;
    #names;
    #cards = new Map();
    #grants = [];
    #next = 0;

    /**
     * @param {{api: import("../lib/api.mjs").Api, signer: import("../lib/jws.mjs").Signer, title:
     *   string, names: import("../lib/names.mjs").Names}} with_
     */
    constructor({ api, signer, title, names }) {
        this.#api = api;
        this.#signer = signer;
        this.#names = names;
        this.log = new LogList(names);
        this.inbox = new Inbox(names, api, (...answer) => this.#approve(...answer));
        this.problem = h("p.problem", { role: "alert" });
        this.link = h("span.link", { role: "status" }, "connecting…");
        this.cards = h("div.cards", {});
        this.stopAll = h(
            "button.stop.small",
            { type: "button", hidden: true, onclick: () => this.#stopAll() },
            "Stop all",
        );
        this.element = h(
            "section.side",
            { "aria-labelledby": "resident-title", "data-side": "resident" },
            h("header", {}, h("h2", { id: "resident-title" }, title), this.link, this.stopAll),
            this.problem,
            this.cards,
            this.inbox.element,
            this.log.element,
        );
    }

    /** Keeps the side current until the signal is aborted. @param {AbortSignal} signal */
    run(signal) {
        const timer = setInterval(() => this.#tick(), TICK_MS);
        signal.addEventListener("abort", () => clearInterval(timer));
        return follow((inner) => this.#api.open("/api/v1/events", inner), {
            signal,
            onOpen: () => this.#resync(),
            onEvent: (name, value) => this.#onEvent(name, value),
            onLost: (error) => {
                say(this.link, "reconnecting…");
                say(this.problem, lostSentence(error));
            },
        });
    }

    #tick() {
        this.#showGrants();
        for (const card of this.#cards.values()) card.motion.show();
    }

    #onEvent(name, value) {
        if (name === "camera") this.#showCamera(value);
        if (name === "camera" || name === "entry") this.#guard(() => this.#refreshGrants());
        if (name === "entry") this.#showEntry(value);
        if (name === "entry" && value.type.startsWith("request."))
            this.#guard(() => this.inbox.load());
        if (name === "motion") this.#cards.get(value.camera)?.motion.heard(value.buckets);
        if (name === "missed") this.#guard(() => this.#resync());
    }

    async #guard(work) {
        try {
            await work();
            say(this.problem, "");
        } catch (error) {
            say(this.problem, error.message);
        }
    }

    // Cameras and entries first: they say what everything is called.
    async #resync() {
        const { cameras } = await this.#api.get("/api/v1/cameras");
        cameras.forEach((camera) => this.#names.learnCamera(camera));
        await this.#catchUp();
        await this.#refreshGrants();
        await this.inbox.load();
        cameras.forEach((camera) => this.#showCamera(camera));
        await Promise.all([...this.#cards.values()].map((card) => card.motion.load()));
        say(this.problem, "");
        say(this.link, "live");
    }

    // All that came since the last page, oldest first; what events told meanwhile is not shown
    // twice.
    async #catchUp() {
        this.log.list.ariaBusy = "true"; // an old log is not news to be read out
        for (let full = true; full;) {
            const { entries, next } = await this.#api.get(
                `/api/v1/entries?after=${this.#next}&limit=${PAGE}`,
            );
            entries.forEach((entry) => this.#showEntry(entry));
            this.#next = next;
            full = entries.length === PAGE;
        }
        this.log.list.ariaBusy = null;
    }

    // Events come in bunches: one request answers all that came while it was under way, and one
    // more those after it.
    #refreshing = null;
    #again = false;

    #refreshGrants() {
        if (this.#refreshing) {
            this.#again = true;
            return this.#refreshing;
        }
        this.#refreshing = this.#fetchGrants().finally(() => {
            this.#refreshing = null;
        });
        return this.#refreshing;
    }

    async #fetchGrants() {
        do {
            this.#again = false;
            this.#grants = (await this.#api.get("/api/v1/grants")).grants;
            this.#grants.forEach((grant) => this.#names.learnGrant(grant));
            this.#showGrants();
        } while (this.#again);
    }

    #showEntry(entry) {
        this.#names.learnEntry(entry);
        this.log.add(entry);
    }

    #showCamera(camera) {
        this.#names.learnCamera(camera);
        const card = this.#cards.get(camera.id);
        if (card) return card.update(camera);
        return this.#addCard(camera);
    }

    #addCard(camera) {
        const card = new CameraCard(camera, this.#names, {
            stop: (grants) => this.#stop(grants),
            again: async (grant, lasts_s) =>
                this.#allow(
                    termsOf((await this.#api.get(`/api/v1/grants/${grant.jti}`)).token),
                    lasts_s,
                ),
            fresh: () => this.#ask(camera),
            motion: (query) => this.#api.get(`/api/v1/cameras/${camera.id}/motion${query}`),
            now_s: () => this.#api.clock() / 1000,
        });
        this.#cards.set(camera.id, card);
        this.cards.append(card.element);
        this.#showGrants();
    }

    #showGrants() {
        for (const [id, card] of this.#cards)
            card.setGrants(this.#grants.filter((grant) => grant.camera === id));
        this.stopAll.hidden = this.#cards.size < 2 || !this.#grants.some((grant) => stands(grant));
    }

    async #stop(grants) {
        await Promise.all(
            grants.map((grant) => this.#api.post(`/api/v1/grants/${grant.jti}/revoke`)),
        );
        await this.#refreshGrants();
    }

    #stopAll() {
        return this.#guard(() => this.#stop(this.#grants.filter((grant) => stands(grant))));
    }

    async #allow(terms, lasts_s) {
        await this.#api.post("/api/v1/grants", { token: await this.#sign(terms, lasts_s) });
        await this.#refreshGrants();
    }

    async #approve(request, camera, actions, lasts_s) {
        const now = await this.#api.get(`/api/v1/me/requests/${request.id}`);
        const begins_s = beginning(now, Math.floor(Date.now() / 1000));
        const token = await this.#sign(termsFor(request, camera, actions), lasts_s, begins_s);
        await this.#api.post(`/api/v1/me/requests/${request.id}/approve`, { token });
        await this.#refreshGrants();
    }

    #sign(terms, lasts_s, begins_s) {
        const seen = this.#grants
            .filter((grant) => grant.camera === terms.camera)
            .map((grant) => grant.seq);
        const now_s = Math.floor(Date.now() / 1000);
        const claims = claimsOf(terms, {
            issuer: this.#signer.thumb,
            seq: nextSeq(seen, now_s),
            now_s,
            lasts_s,
            begins_s,
        });
        return mint(this.#signer, claims);
    }

    #ask(camera) {
        askPermission({
            label: camera.label,
            hubs: this.#names.hubs(),
            allow: ({ hub, lasts_s, ...choice }) =>
                this.#allow({ camera: camera.id, hubs: [hub], scope: scope(choice) }, lasts_s),
        });
    }
}
