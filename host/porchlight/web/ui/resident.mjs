// The resident's side: their cameras, what they allow, and their log, kept current by the host's
// events.

import { Consents } from "../lib/consents.mjs";
import { h, say } from "../lib/dom.mjs";
import { scope } from "../lib/grant.mjs";
import { Voice } from "../lib/saying.mjs";
import { follow } from "../lib/sse.mjs";
import { lostSentence } from "../lib/words.mjs";
import { CameraCard } from "./card.mjs";
import { LogList } from "./log.mjs";
import { LogHead } from "./loghead.mjs";
import { askEmergency, askPermission } from "./permission.mjs";
import { Inbox } from "./requests.mjs";
import { ClipShelf } from "./shelf.mjs";

const TICK_MS = 10_000; // "58 min left" and permissions that run out by themselves
const PAGE = 500;

export class ResidentSide {
    #api;
    #key;
    #names;
    #cards = new Map();
    #consents;
    #voice;
    #next = 0;

    /**
     * @param {{api: import("../lib/api.mjs").Api, signer: import("../lib/jws.mjs").Signer, title:
     *   string, names: import("../lib/names.mjs").Names}} with_
     */
    constructor({ api, signer, title, names }) {
        this.#api = api;
        this.#key = signer;
        this.#names = names;
        this.#voice = new Voice(api, signer);
        this.#consents = new Consents({ api, signer, onChange: () => this.#showGrants() });
        this.head = new LogHead(api, signer.thumb);
        this.log = new LogList(names, this.head.element);
        this.shelf = new ClipShelf(api, names);
        this.inbox = new Inbox(names, api, (...answer) => this.#consents.approve(...answer));
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
            this.shelf.element,
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
        for (const { motion, word } of this.#cards.values()) {
            motion.show();
            if (word.opened) this.#guard(() => word.load());
        }
        if (this.head.amber) this.#guard(() => this.head.load());
    }

    #onEvent(name, value) {
        if (name === "camera") this.#showCamera(value);
        const entered = name === "entry" || name === "quiet"; // quiet: told by the weekly digest
        if (name === "camera" || entered) this.#guard(() => this.#consents.refresh());
        if (entered) this.#onEntry(value);
        if (name === "motion") this.#cards.get(value.camera)?.motion.heard(value.buckets);
        if (name === "missed") this.#guard(() => this.#resync());
    }

    #onEntry(entry) {
        this.#showEntry(entry);
        const [about] = entry.type.split(".");
        const card = this.#cards.get(entry.camera);
        const fresh = {
            request: [this.inbox],
            clip: [this.shelf, card?.rule],
            recording: [card?.rule],
            camera: [card?.word],
            lease: [card?.word],
            panic: [card?.word],
            grant: [card?.rule],
        };
        for (const part of [this.head, ...(fresh[about] ?? [])])
            if (part) this.#guard(() => part.load());
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
        await this.#consents.refresh();
        await this.inbox.load();
        cameras.forEach((camera) => this.#showCamera(camera));
        const cards = [...this.#cards.values()];
        const parts = cards.flatMap(({ motion, word, rule }) => [motion, word, rule]);
        await Promise.all([...parts, this.shelf, this.head].map((part) => part.load()));
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
        const path = `/api/v1/cameras/${camera.id}`;
        const card = new CameraCard(camera, this.#names, {
            stop: (grants) => this.#consents.stop(grants),
            again: (grant, lasts_s) => this.#consents.again(grant, lasts_s),
            fresh: () => this.#ask(camera),
            prepare: () => this.#ask(camera, askEmergency),
            motion: (query) => this.#api.get(`${path}/motion${query}`),
            voice: {
                ...this.#voice.of(camera.id),
                close: (grant) => this.#consents.stop([grant]),
            },
            rule: {
                get: () => this.#api.get(`${path}/recording`),
                put: (rule) => this.#api.put(`${path}/recording`, rule),
                key: this.#key,
            },
            now_s: () => this.#api.clock() / 1000,
        });
        this.#cards.set(camera.id, card);
        this.cards.append(card.element);
        this.#showGrants();
    }

    #showGrants() {
        this.#consents.grants.forEach((grant) => this.#names.learnGrant(grant));
        for (const [id, card] of this.#cards) card.setGrants(this.#consents.of(id));
        this.stopAll.hidden = this.#cards.size < 2 || !this.#consents.standing().length;
    }

    #stopAll() {
        return this.#guard(() => this.#consents.stop(this.#consents.standing()));
    }

    #ask(camera, ask = askPermission) {
        ask({
            label: camera.label,
            hubs: this.#names.hubs(),
            allow: ({ hub, lasts_s, panic_s, ...choice }) =>
                this.#consents.allow(
                    {
                        ...{ camera: camera.id, hubs: [hub], scope: scope(choice) },
                        kept: panic_s ? { panic: panic_s } : {},
                    },
                    lasts_s,
                ),
        });
    }
}
