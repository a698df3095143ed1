// The frames of the page, what the gate said of each, and what it saw. Frames are numbered from 0;
// where there are too many, some are here with their pictures and have a place on the slider.

export const KEPT = 0;
export const SENT = 1;
export const LEARNING = 2;
export const UNREADABLE = 3;
export const HIGHEST_SCORE = 65535;
export const QUIET = 0;
export const MOTION = 1;
export const DONT_CARE = 2;

export class Reel {
    /**
     * @param {any} content what page.py wrote
     * @param {Uint8Array} looks thumbnail, background and mask of every shown frame, in a row
     */
    constructor(content, looks) {
        this.content = content;
        this.frames = content.frames;
        this.count = this.frames.score.length;
        this.shown = content.shown;
        this.labelled = this.frames.label !== null;
        this.past = new Set(this.frames.past);
        this.looks = cutLooks(content.shown, looks);
    }

    /** Was this frame sent (or would have been)? @param {number} frame */
    sent(frame) {
        const state = this.frames.state[frame];
        return state === SENT || state === LEARNING;
    }

    /** @param {number} frame */
    label(frame) {
        return this.labelled && !this.past.has(frame) ? this.frames.label[frame] : null;
    }

    /** Sent though somebody said that nothing moves. @param {number} frame */
    falseAlarm(frame) {
        return this.sent(frame) && this.label(frame) === QUIET;
    }

    /** The first frame of a stretch of motion: as labelled, else as the gate saw it. */
    event(frame) {
        const moves = (at) =>
            this.labelled
                ? this.frames.label[at] === MOTION
                : this.frames.state[at] === SENT;
        return moves(frame) && (frame === 0 || !moves(frame - 1));
    }

    /**
     * The place on the slider of the nearest frame in a direction that fits; null if none does.
     * @param {number} place
     * @param {(frame: number) => boolean} fits
     * @param {1 | -1} way
     */
    seek(place, fits, way) {
        for (let at = place + way; at >= 0 && at < this.shown.length; at += way) {
            if (fits(this.shown[at].frame)) return at;
        }
        return null;
    }

    /** The place on the slider that shows this frame, or the last before it. */
    place(frame) {
        const after = this.shown.findIndex((shown) => shown.frame > frame);
        return Math.max(0, (after < 0 ? this.shown.length : after) - 1);
    }
}

/** Inflates what page.py deflated. @param {string} base64 */
export async function inflate(base64) {
    const packed = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}

function cutLooks(shown, bytes) {
    let at = 0;
    const next = (size) => bytes.subarray(at, (at += size));
    return shown.map(({ cols, rows }) => {
        const size = cols * rows;
        return { cols, rows, thumbnail: next(size), background: next(size), mask: next(size) };
    });
}
