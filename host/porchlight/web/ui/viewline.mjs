// The pictures of one view over one socket, for as long as the view is open: comes back when the
// line breaks, and says so when it cannot be had.

import { LineLost, listen, socketUrl } from "../lib/line.mjs";
import { rest } from "../lib/sse.mjs";
import { lostSentence } from "../lib/words.mjs";

const PAUSES_MS = [300, 1000, 2000, 4000, 8000];
const BUSY = "The host has no room for more viewers now. Trying again…";
const REFUSALS = 2; // by a host that answers otherwise: something between does not let it through

export class ViewLine {
    #seats;
    #url;
    #on;
    #stop = new AbortController();

    /**
     * @param {object} view as the host answered
     * @param {import("./seat.mjs").Seat[]} seats
     * @param {{onOver: (seat: object, reason: string) => void, settle: (seats: object[]) =>
     *   Promise<boolean>, onRefused: () => void}} on `settle` asks the host how the view stands,
     *   ends the seats for which it is over, and says whether it got an answer; `onRefused`: there
     *   is no such line here
     */
    constructor(view, seats, on) {
        this.view = view;
        this.#seats = new Map(seats.map((seat) => [seat.id, seat]));
        this.#url = socketUrl(view.urls.pictures);
        this.#on = on;
        this.show();
    }

    /** Begins anew. */
    show() {
        this.#stop.abort();
        this.#stop = new AbortController();
        for (const seat of this.#open()) seat.tile.expect();
        this.#keepListening(this.#stop.signal);
    }

    /** Lets go of the pictures for a while. */
    pause() {
        this.stop();
        for (const seat of this.#open()) seat.tile.rest();
    }

    /** Takes up again what was paused. */
    resume() {
        if (this.#stop.signal.aborted) this.show();
    }

    /** For good, unless it is shown again. */
    stop() {
        this.#stop.abort();
    }

    #open() {
        return [...this.#seats.values()].filter((seat) => seat.view === this.view);
    }

    async #keepListening(signal) {
        let refused = 0;
        for (let tries = 0; this.#open().length && !signal.aborted; tries += 1) {
            const lost = await this.#listen(signal);
            if (!lost || lost.began) tries = 0;
            refused = !lost || lost.began || lost.busy ? 0 : refused + 1;
            await this.#doubt(PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)], signal);
            if (signal.aborted || !this.#open().length) return;
            if (refused >= REFUSALS) return this.#on.onRefused();
            for (const seat of this.#open()) seat.tile.expect();
        }
    }

    /** Until the line ends: how it was lost; null if the host ended it. */
    async #listen(signal) {
        try {
            await listen(this.#url, {
                signal,
                onPicture: (camera, picture) => this.#of(camera)?.tile.take(picture),
                onOver: (camera, reason) => {
                    const seat = this.#of(camera);
                    if (seat) this.#on.onOver(seat, reason);
                },
            });
            return null;
        } catch (error) {
            if (!(error instanceof LineLost)) throw error;
            const why = error.busy ? BUSY : lostSentence(error);
            for (const seat of this.#open()) seat.tile.darken("Picture ended", why);
            return error;
        }
    }

    /** The seat of a camera, while it is shown under this view. @param {string} camera */
    #of(camera) {
        const seat = this.#seats.get(camera);
        return seat?.view === this.view ? seat : undefined;
    }

    // The tiles are dark. Was it the consent, the view or the cable? Ask until somebody knows.
    async #doubt(pause_ms, signal) {
        do await rest(pause_ms * (0.75 + Math.random() / 2), signal);
        while (!signal.aborted && this.#open().length && !(await this.#on.settle(this.#open())));
    }
}
