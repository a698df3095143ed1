// One camera on the hub's stage: its tile, its button, and the view it is shown under, if any.

import { h, say } from "../lib/dom.mjs";
import { endSentence, isConsent } from "../lib/words.mjs";
import { Tile } from "./tile.mjs";

export class Seat {
    /** The view this camera is shown under, as the host answered; null while it is dark. */
    view = null;
    /** Dark by no wish of the operator: to be offered again once it is allowed again. */
    lapsed = false;

    /**
     * @param {object} camera
     * @param {{clock: () => number, onToggle: (seat: Seat) => void,
     *   onLost: (seat: Seat, error: Error | null) => void}} to
     */
    constructor(camera, { clock, onToggle, onLost }) {
        this.camera = camera;
        this.button = h("button.plain", { type: "button", onclick: () => onToggle(this) });
        const onEnd = (error) => onLost(this, error);
        this.tile = new Tile(camera, { clock, buttons: [this.button], onEnd });
        this.leave("Not open", "Nothing is shown until you open it.");
    }

    get id() {
        return this.camera.id;
    }

    /** Reads the stream of this camera's own. */
    show() {
        this.tile.show(this.view.urls.cameras[this.id].stream);
    }

    /** @param {object} view as the host answered */
    enter(view) {
        this.view = view;
        this.lapsed = false;
        this.#label();
    }

    /** Goes dark. @param {string} headline @param {string} why one sentence */
    leave(headline, why) {
        this.view = null;
        this.lapsed = false;
        this.tile.darken(headline, why);
        this.#label();
    }

    /** Goes dark for a reason that is not the operator's. @param {string} reason short word */
    end(reason) {
        this.leave(isConsent(reason) ? "Consent ended" : "View closed", endSentence(reason));
        this.lapsed = true;
    }

    #label() {
        const word = this.view ? "Close" : "Open";
        say(this.button, word);
        this.button.setAttribute("aria-label", `${word} ${this.camera.label}`);
    }
}
