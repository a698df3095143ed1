// Painting zones on the picture: with a pointer, or with the arrow keys and space.

import { Zones } from "./zones.mjs";

const STEPS = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
};

export class Painter {
    #canvas;
    #onChange;
    #brush = null; // what a drag paints: true ignores, false watches, null is no drag

    /**
     * @param {HTMLCanvasElement} canvas over the picture
     * @param {Zones} zones
     * @param {(said: string) => void} onChange something is to be drawn anew; words for a
     *   screen reader
     */
    constructor(canvas, zones, onChange) {
        this.#canvas = canvas;
        this.#onChange = onChange;
        this.zones = zones;
        this.painting = false;
        this.cursor = null;
        canvas.addEventListener("pointerdown", (event) => this.#down(event));
        canvas.addEventListener("pointermove", (event) => this.#move(event));
        for (const end of ["pointerup", "pointercancel"]) {
            canvas.addEventListener(end, () => (this.#brush = null));
        }
        canvas.addEventListener("keydown", (event) => this.#key(event));
    }

    /** @param {boolean} painting */
    enable(painting) {
        this.painting = painting;
        this.cursor = painting ? [0, 0] : null;
        this.#canvas.tabIndex = painting ? 0 : -1;
        this.#canvas.classList.toggle("painting", painting);
        if (painting) this.#canvas.focus({ preventScroll: true });
        this.#onChange("");
    }

    /** @param {Zones} zones */
    replace(zones) {
        this.zones = zones;
        if (this.cursor) this.cursor = [0, 0];
        this.#onChange("");
    }

    #down(event) {
        if (!this.painting) return;
        this.#canvas.setPointerCapture(event.pointerId);
        const [col, row] = this.#block(event);
        this.#brush = !this.zones.has(col, row);
        this.#put(col, row, this.#brush);
    }

    #move(event) {
        if (this.#brush !== null) this.#put(...this.#block(event), this.#brush);
    }

    #key(event) {
        if (!this.painting || !this.cursor) return;
        const [col, row] = this.cursor;
        if (event.key === " ") {
            this.#put(col, row, !this.zones.has(col, row));
        } else if (event.key in STEPS) {
            const [right, down] = STEPS[event.key];
            this.cursor = [
                Math.max(0, Math.min(this.zones.cols - 1, col + right)),
                Math.max(0, Math.min(this.zones.rows - 1, row + down)),
            ];
            this.#onChange(this.#spot());
        } else {
            return;
        }
        event.preventDefault();
        event.stopPropagation();
    }

    #put(col, row, ignore) {
        this.cursor = [col, row];
        this.zones.put(col, row, ignore);
        this.#onChange(this.#spot());
    }

    #spot() {
        const [col, row] = this.cursor;
        const how = this.zones.has(col, row) ? "ignored" : "watched";
        return `Row ${row + 1}, column ${col + 1}: ${how}.`;
    }

    #block(event) {
        const { left, top, width, height } = this.#canvas.getBoundingClientRect();
        return this.zones.at((event.clientX - left) / width, (event.clientY - top) / height);
    }
}
