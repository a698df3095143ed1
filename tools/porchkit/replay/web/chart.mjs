// The score of every frame as bars, the threshold as a line, labels as a strip below.

import { DONT_CARE, HIGHEST_SCORE, MOTION, UNREADABLE } from "./reel.mjs";
import { colour } from "./draw.mjs";

const STRIP = 18; // height of the strip of labels, in CSS pixels
// A score on a logarithmic scale, from 0 to 1: one person and one lorry both have their place.
const FINE = 100;
const high = (score) => Math.log1p(score / FINE) / Math.log1p(HIGHEST_SCORE / FINE);

// In the order of KEPT, SENT, LEARNING, UNREADABLE.
const COLOURS = ["--kept", "--sent", "--learning", "--stop"];

export class Chart {
    #reel;
    #canvas;
    #still = document.createElement("canvas"); // all but the mark: there may be many bars

    /**
     * @param {HTMLCanvasElement} canvas
     * @param {import("./reel.mjs").Reel} reel
     * @param {(frame: number) => void} onSeek a frame was pointed at
     */
    constructor(canvas, reel, onSeek) {
        this.#canvas = canvas;
        this.#reel = reel;
        canvas.ariaLabel = `Score of ${reel.count} frames. ${reel.content.summary}`;
        const seek = (event) => {
            const { left, width } = canvas.getBoundingClientRect();
            const share = (event.clientX - left) / width;
            onSeek(Math.max(0, Math.min(reel.count - 1, Math.floor(share * reel.count))));
        };
        canvas.addEventListener("pointerdown", (event) => {
            canvas.setPointerCapture(event.pointerId);
            seek(event);
        });
        canvas.addEventListener("pointermove", (event) => {
            if (canvas.hasPointerCapture(event.pointerId)) seek(event);
        });
    }

    /** Where we are. @param {number} frame */
    mark(frame) {
        const canvas = this.#canvas;
        const step = canvas.width / this.#reel.count;
        const pen = canvas.getContext("2d");
        pen.clearRect(0, 0, canvas.width, canvas.height);
        pen.drawImage(this.#still, 0, 0);
        pen.fillStyle = colour("--ink");
        pen.fillRect((frame + 0.5) * step - 1, 0, 2 * devicePixelRatio, canvas.height);
    }

    /** Everything anew: another size, or other colours. @param {number} frame */
    draw(frame) {
        const canvas = this.#canvas;
        const scale = devicePixelRatio;
        for (const each of [canvas, this.#still]) {
            each.width = Math.round(canvas.clientWidth * scale);
            each.height = Math.round(canvas.clientHeight * scale);
        }
        const pen = this.#still.getContext("2d");
        pen.scale(scale, scale);
        const strip = this.#reel.labelled ? STRIP : 0;
        const size = { width: canvas.clientWidth, height: canvas.clientHeight - strip };
        this.#bars(pen, size);
        if (strip) this.#strip(pen, size);
        this.#threshold(pen, size);
        this.mark(frame);
    }

    #bars(pen, { width, height }) {
        const { score, state } = this.#reel.frames;
        const shades = COLOURS.map(colour);
        const step = width / this.#reel.count;
        for (let frame = 0; frame < this.#reel.count; frame++) {
            const lost = state[frame] === UNREADABLE;
            const tall = lost ? height : Math.max(2, high(score[frame]) * height);
            pen.fillStyle = shades[state[frame]];
            pen.fillRect(frame * step, height - tall, Math.max(1, step - 0.5), tall);
        }
    }

    /** Two rows: above what is labelled, motion thick and don't care thin; below false alarms. */
    #strip(pen, { width, height }) {
        const step = width / this.#reel.count;
        const [motion, doubt, wrong] = ["--allow", "--dim", "--stop"].map(colour);
        for (let frame = 0; frame < this.#reel.count; frame++) {
            const label = this.#reel.label(frame);
            const bar = (shade, top, tall) => {
                pen.fillStyle = shade;
                pen.fillRect(frame * step, height + top, Math.max(1, step), tall);
            };
            if (label === MOTION) bar(motion, 3, 6);
            else if (label === DONT_CARE) bar(doubt, 5, 2);
            else if (this.#reel.falseAlarm(frame)) bar(wrong, 11, 6);
        }
    }

    #threshold(pen, { width, height }) {
        const y = height - high(this.#reel.content.threshold) * height;
        pen.strokeStyle = colour("--ink");
        pen.setLineDash([5, 4]);
        pen.beginPath();
        pen.moveTo(0, y);
        pen.lineTo(width, y);
        pen.stroke();
        pen.setLineDash([]);
    }

}
