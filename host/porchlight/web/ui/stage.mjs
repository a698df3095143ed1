// The hub's tiles and the views behind them. The cameras of a view come over one socket. Where
// there is none to be had the page makes do with streams: a browser gives one host six connections
// over HTTP/1.1, and events and requests need some of them, so up to three cameras get a stream
// each and more share the host's wall, which is one stream.

import { pendingProblem } from "../lib/api.mjs";
import { during, h, say } from "../lib/dom.mjs";
import { rest } from "../lib/sse.mjs";
import { Standing } from "../lib/standing.mjs";
import { isConsent } from "../lib/words.mjs";
import { Seat } from "./seat.mjs";
import { Tile } from "./tile.mjs";
import { ViewLine } from "./viewline.mjs";

const MAX_STREAMS = 3;
const MANY = 9; // cameras, from which on tiles are small
const EVENT_GRACE_MS = 700; // a stream often ends a moment before the event that says why
const WATCH_MS = 2000;
const PLAIN_MS = 60_000; // how long streams are made do with, at least
const HIDDEN_MS = 5000; // nobody looks at a page in the background: cameras need not film for it

export class Stage {
    #api;
    #pen;
    #standing;
    #reopen;
    #tell;
    #cause = null;
    /** @type {Map<string, Seat>} */
    #seats = new Map();
    /** @type {Map<object, ViewLine>} by view */
    #lines = new Map();
    #plain = false; // no sockets here
    #plain_ms = 0; // when that was found
    #wall = null;
    #away = 0;
    onChange = () => {};

    /**
     * @param {{api: import("../lib/api.mjs").Api, pen: import("../lib/looks.mjs").Pen,
     *   reopen: boolean, tell: (sentence: string) => void}} with_
     */
    constructor({ api, pen, reopen, tell }) {
        this.#api = api;
        this.#pen = pen;
        this.#standing = new Standing(api);
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
        this.tiles.dataset.size = tiles.length > MANY ? "small" : "large";
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

    /** Whether these cameras are on stage for this. @param {string[]} ids @param {object} cause */
    holds(ids, cause) {
        const same = Object.entries(cause).every(([name, value]) => this.#cause?.[name] === value);
        return same && ids.every((id) => this.#seats.has(id));
    }

    /**
     * Opens these cameras besides those that are open.
     * @param {string[]} ids @param {string} [approval] of a second operator, for just these
     * @throws {import("../lib/api.mjs").Problem}
     */
    async open(ids, approval) {
        const fresh = ids.map((id) => this.#seats.get(id)).filter((seat) => seat && !seat.view);
        if (!fresh.length) return;
        const shown = this.#shown();
        // With nothing shown, nothing is lost by another try.
        if (!shown.length && performance.now() - this.#plain_ms > PLAIN_MS) this.#plain = false;
        const all = [...shown, ...fresh];
        const joined = this.#plain && !approval && (all.length > MAX_STREAMS || this.#wall);
        if (joined) await this.#leave(shown);
        const seats = joined ? all : fresh;
        const view = await this.#post(seats, approval);
        if (this.#plain) this.#stream(view, seats);
        else this.#listen(view, seats);
        this.onChange();
    }

    async #post(seats, approval) {
        const cameras = seats.map((seat) => seat.id);
        const wish = { cameras, action: "live", ...this.#cause, ...(approval && { approval }) };
        const view = await this.#api.post("/api/v1/views", await this.#pen.view(wish));
        if (!view.urls) throw pendingProblem(); // an approval, which has to be given first
        for (const seat of seats) seat.enter(view);
        return view;
    }

    #listen(view, seats) {
        this.tiles.dataset.mode = "single";
        const line = new ViewLine(view, seats, {
            onOver: (seat, reason) => this.#end(seat, reason),
            settle: (open) => this.#settle(view, open),
            onRefused: () => this.#makeDo(view).catch(({ message }) => this.#tell(message)),
        });
        this.#lines.set(view, line);
    }

    // One view is shown as it is, for another would be one more in the residents' logs.
    async #makeDo(view) {
        this.#plain = true;
        this.#plain_ms = performance.now();
        const shown = this.#shown();
        if (shown.every((seat) => seat.view === view)) return this.#stream(view, shown);
        await this.#leave(shown);
        return this.open(shown.map((seat) => seat.id));
    }

    #stream(view, seats) {
        this.#lines.delete(view);
        const many = seats.length > MAX_STREAMS;
        this.tiles.dataset.mode = many ? "wall" : "single";
        if (!many) return seats.forEach((seat) => seat.show());
        const on = { clock: this.#api.clock, onEnd: () => this.#lostWall() };
        this.#wall ??= new Tile({ id: "wall", label: "Wall" }, on);
        this.tiles.prepend(this.#wall.element);
        for (const seat of seats) seat.tile.mark("on the wall");
        return this.#wall.show(view.urls.wall);
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
        const used = new Set(this.#shown().map((seat) => seat.view));
        for (const view of this.#lines.keys()) if (!used.has(view)) this.#lines.delete(view);
        this.onChange();
    }

    // The tile is dark already. Was it the consent, the view or the cable? The event says; if
    // none comes, ask, until somebody knows.
    async #lost(seat, error) {
        const { view } = seat;
        if (error && isConsent(error.reason)) this.#end(seat, error.reason);
        await rest(EVENT_GRACE_MS);
        while (view && seat.view === view && !(await this.#settle(view, [seat])))
            await rest(WATCH_MS);
        if (view && seat.view === view) seat.show();
    }

    /** Asks how a view stands and ends the seats it is over for. Whether there was an answer. */
    async #settle(view, seats) {
        try {
            const ids = seats.map((seat) => seat.id);
            const endings = await this.#standing.endings(view, ids);
            for (const seat of seats)
                if (endings.has(seat.id) && seat.view === view)
                    this.#end(seat, endings.get(seat.id));
            return true;
        } catch {
            return false; // none: the tiles stay dark
        }
    }

    async #lostWall() {
        await rest(EVENT_GRACE_MS);
        const [seat] = this.#shown();
        if (seat && this.#wall) this.#wall.show(seat.view.urls.wall);
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
        for (const view of views) this.#lines.get(view)?.stop();
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
        const tiles = this.#shown().map((seat) => seat.tile);
        const all = [this.#wall, ...tiles, ...this.#lines.values()].filter(Boolean);
        if (!document.hidden) all.forEach((shown) => shown.resume());
        else this.#away = setTimeout(() => all.forEach((shown) => shown.pause()), HIDDEN_MS);
    }

    async #retry(seat) {
        const granted = await this.#standing.granted();
        if (!granted.has(seat.id) || !seat.lapsed) return;
        seat.leave("Allowed again", "Open it if you still need it.");
        // Once: a refusal is an entry in the resident's log and must not be repeated.
        if (this.#reopen) await this.open([seat.id]);
    }
}
