// A picture stream to a canvas: newest picture wins, nothing is queued, and after clear() nothing
// old appears again.

import { openPictures } from "./api.mjs";
import { MjpegParser } from "./mjpeg.mjs";

/**
 * Reads a stream to its end and hands over the newest whole picture whenever one has come.
 * @param {string} url
 * @param {{signal: AbortSignal, onPart: (part: import("./mjpeg.mjs").Part) => void}} to
 * @returns {Promise<void>} resolves when the host ends the stream
 * @throws {import("./api.mjs").Problem} when the host refuses it; {Error} when the connection
 *   breaks
 */
export async function play(url, { signal, onPart }) {
    const response = await openPictures(url, signal);
    const reader = response.body.getReader();
    const parser = new MjpegParser();
    for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const parts = parser.feed(value);
        if (parts.length) onPart(parts.at(-1));
    }
}

export class Painter {
    #canvas;
    #next = null;
    #busy = false;
    #epoch = 0;
    /** Pictures drawn, and pictures that could not be decoded. */
    drawn = 0;
    broken = 0;

    /** @param {HTMLCanvasElement} canvas */
    constructor(canvas) {
        this.#canvas = canvas;
    }

    /** Draws these JPEG bytes, unless newer ones come first. @param {Uint8Array} jpeg */
    async offer(jpeg) {
        this.#next = jpeg;
        if (this.#busy) return;
        this.#busy = true;
        while (this.#next) await this.#draw();
        this.#busy = false;
    }

    async #draw() {
        const [jpeg, epoch] = [this.#next, this.#epoch];
        this.#next = null;
        const bitmap = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" })).catch(
            () => null,
        );
        if (!bitmap) this.broken += 1;
        else if (epoch === this.#epoch) this.#put(bitmap);
        bitmap?.close();
    }

    #put(bitmap) {
        const { width, height } = bitmap;
        if (this.#canvas.width !== width || this.#canvas.height !== height)
            Object.assign(this.#canvas, { width, height });
        this.#canvas.getContext("2d").drawImage(bitmap, 0, 0);
        this.drawn += 1;
    }

    /** Makes the canvas black at once; a picture still being decoded is dropped. */
    clear() {
        this.#epoch += 1;
        this.#next = null;
        const { width, height } = this.#canvas;
        this.#canvas.getContext("2d").clearRect(0, 0, width, height);
    }
}
