// The hub's tiles and the views behind them. A browser gives one host six connections over
// HTTP/1.1, and events and requests need some of them: up to three cameras get a stream each,
// more share the host's wall, which is one stream.

import { during, h, say } from "../lib/dom.mjs";
import { rest } from "../lib/sse.mjs";
import { isConsent } from "../lib/words.mjs";
import { Seat } from "./seat.mjs";
import { Tile } from "./tile.mjs";

const MAX_STREAMS = 3;
const EVENT_GRACE_MS = 700; // a stream often ends a moment before the event that says why
const WATCH_MS = 2000;
const HIDDEN_MS = 5000; // nobody looks at a page in the background: cameras need not film for it

export class Stage {
    #api;
    #reopen;
    #tell;
    #cause = null;
    /** @type {Map<string, Seat>} */
    #seats = new Map();
    #wall = null;
    #away = 0;
    onChange = () => {};

    /**
     * @param {{api: import("../lib/api.mjs").Api, reopen: boolean,
     *   tell: (sentence: string) => void}} with_
     */
    constructor({ api, reopen, tell }) {
        this.#api = api;
        this.#reopen = reopen;
        this.#tell = tell;
        this.tiles = h("div.tiles", { "data-mode": "single" });
        this.news = h("p.unseen", { role: "status" });
        this.element = h("div", {}, this.tiles, this.news);
    }

    /** How many cameras are being looked at. */
    get showing() {
        return this.#shown().length;
    }

    /**
     * Takes other cameras on stage, all dark.
     * @param {object[]} cameras @param {import("./casebook.mjs").Cause} cause
     */
    set(cameras, cause) {
        this.#cause = cause;
        this.#seats = new Map(cameras.map((camera) => [camera.id, this.#seat(camera)]));
        const tiles = [...this.#seats.values()].map((seat) => seat.tile.element);
        this.tiles.replaceChildren(...tiles);
    }

    #seat(camera) {
        return new Seat(camera, {
            clock: this.#api.clock,
            onToggle: (seat) => during(seat.button, () => this.#toggle(seat), this.#tell),
            onLost: (seat, error) => this.#lost(seat, error),
        });
    }

    #toggle(seat) {
        return seat.view ? this.#close([seat]) : this.open([seat.id]);
    }

    /**
     * Opens these cameras besides those that are open.
     * @param {string[]} ids
     * @throws {import("../lib/api.mjs").Problem}
     */
    async open(ids) {
        const fresh = ids.map((id) => this.#seats.get(id)).filter((seat) => seat && !seat.view);
        if (!fresh.length) return;
        const shown = this.#shown();
        const all = [...shown, ...fresh];
        if (all.length > MAX_STREAMS || this.#wall) await this.#leave(shown);
        if (all.length > MAX_STREAMS) await this.#openWall(all);
        else await this.#openSingle(all.filter((seat) => !seat.view));
        this.onChange();
    }

    async #openSingle(seats) {
        this.tiles.dataset.mode = "single";
        const view = await this.#post(seats);
        for (const seat of seats) {
            seat.enter(view);
            seat.show();
        }
    }

    async #openWall(seats) {
        const view = await this.#post(seats);
        this.tiles.dataset.mode = "wall";
        const on = { clock: this.#api.clock, onEnd: () => this.#lostWall() };
        this.#wall ??= new Tile({ id: "wall", label: "Wall" }, on);
        this.tiles.prepend(this.#wall.element);
        for (const seat of seats) {
            seat.enter(view);
            seat.tile.mark("on the wall");
        }
        this.#wall.show(view.urls.wall);
    }

    #post(seats) {
        const cameras = seats.map((seat) => seat.id);
        return this.#api.post("/api/v1/views", { cameras, action: "live", ...this.#cause });
    }

    /**
     * The host says that one camera of a view is over.
     * @param {{id: string, camera: string, reason: string}} closed
     */
    ended({ id, camera, reason }) {
        const seat = this.#seats.get(camera);
        if (seat?.view?.id === id) this.#end(seat, reason);
    }

    #end(seat, reason) {
        seat.end(reason);
        say(this.news, `${seat.camera.label}: ${seat.tile.headline.textContent}.`);
        this.#tidy();
    }

    #tidy() {
        if (this.#wall && this.showing === 0) {
            this.#wall.darken("Closed", "");
            this.#wall.element.remove();
            this.#wall = null;
        }
        this.onChange();
    }

    // The tile is dark already. Was it the consent, the view or the cable? The event says; if
    // none comes, ask, until somebody knows.
    async #lost(seat, error) {
        const { view } = seat;
        if (error && isConsent(error.reason)) this.#end(seat, error.reason);
        await rest(EVENT_GRACE_MS);
        while (view && seat.view === view && !(await this.#settle(seat, view)))
            await rest(WATCH_MS);
    }

    /** Whether it is known how a view stands, and acted upon. */
    async #settle(seat, view) {
        try {
            const reason = await this.#ending(seat, view);
            if (seat.view !== view) return true;
            if (reason === null) seat.show();
            else this.#end(seat, reason);
            return true;
        } catch {
            return false; // no answer: the tile stays dark
        }
    }

    /** Why a view of a camera is over; null if it is not. */
    async #ending(seat, view) {
        const { views } = await this.#api.get("/api/v1/views");
        const look = views.find(({ id }) => id === view.id)?.cameras[seat.id];
        if (look?.state === "open") return null;
        return look?.reason || ((await this.#granted(seat)) ? "closed" : "revoked");
    }

    async #lostWall() {
        await rest(EVENT_GRACE_MS);
        const [seat] = this.#shown();
        if (seat && this.#wall) this.#wall.show(seat.view.urls.wall);
    }

    async #granted(seat) {
        const { grants } = await this.#api.get("/api/v1/grants");
        return grants.some(
            ({ camera, state, actions }) =>
                camera === seat.id && state === "active" && actions.includes("live"),
        );
    }

    /** Closes every view, here and at the host. */
    closeAll() {
        return this.#close(this.#shown());
    }

    // A view may hold several cameras and closes as a whole: the others open again in a new one.
    async #close(seats) {
        const views = new Set(seats.map((seat) => seat.view));
        const others = this.#shown().filter(
            (seat) => views.has(seat.view) && !seats.includes(seat),
        );
        await this.#leave([...seats, ...others]);
        await this.open(others.map((seat) => seat.id));
    }

    async #leave(seats) {
        const views = new Set(seats.map((seat) => seat.view));
        for (const seat of seats) seat.leave("Closed", "You closed this view.");
        this.#tidy();
        await Promise.all([...views].map((view) => this.#api.remove(`/api/v1/views/${view.id}`)));
    }

    #shown() {
        return [...this.#seats.values()].filter((seat) => seat.view);
    }

    /**
     * Watches for consent that comes back, and closes all in the end. Asking for grants is no
     * look: it writes no entry.
     * @param {AbortSignal} signal
     */
    async run(signal) {
        document.addEventListener("visibilitychange", () => this.#turnToOrAway(), { signal });
        for (; !signal.aborted; await rest(WATCH_MS, signal)) {
            const lapsed = [...this.#seats.values()].filter((seat) => seat.lapsed);
            if (document.hidden) continue;
            for (const seat of lapsed) await this.#retry(seat).catch(() => {});
        }
        await this.closeAll();
    }

    #turnToOrAway() {
        clearTimeout(this.#away);
        const tiles = [this.#wall, ...this.#shown().map((seat) => seat.tile)].filter(Boolean);
        if (!document.hidden) tiles.forEach((tile) => tile.resume());
        else this.#away = setTimeout(() => tiles.forEach((tile) => tile.pause()), HIDDEN_MS);
    }

    async #retry(seat) {
        if (!(await this.#granted(seat)) || !seat.lapsed) return;
        seat.leave("Allowed again", "Open it if you still need it.");
        // Once: a refusal is an entry in the resident's log and must not be repeated.
        if (this.#reopen) await this.open([seat.id]);
    }
}
