// What the gate said, in words.

import { HIGHEST_SCORE, KEPT, LEARNING, MOTION, QUIET, UNREADABLE } from "./reel.mjs";

/** "2.3 × the threshold" @param {number} score @param {number} threshold */
export function times(score, threshold) {
    const ratio = score / threshold;
    if (score >= HIGHEST_SCORE) return `more than ${Math.floor(ratio)} × the threshold`;
    // Rounded down, so that nothing kept back reads "1.0 ×".
    return `${(Math.floor(ratio * 10) / 10).toFixed(1)} × the threshold`;
}

/** One sentence about one place on the slider. @param {import("./reel.mjs").Reel} reel */
export function verdict(reel, place) {
    const { frame, reason } = reel.shown[place];
    const state = reel.frames.state[frame];
    const score = `score ${times(reel.frames.score[frame], reel.content.threshold)}`;
    if (state === UNREADABLE) return `Not sent: this JPEG cannot be read (${reason}).`;
    if (state === LEARNING) return `Sent: the gate is still learning what is quiet here; ${score}.`;
    if (state === KEPT) return `Kept back: ${score}.`;
    return `Sent: something moved here, ${score}.`;
}

/** What a person said of it, and whether the gate agrees; empty without labels. */
export function truth(reel, frame) {
    if (!reel.labelled) return "";
    if (reel.past.has(frame)) return "Shown to the gate before the first frame; not counted.";
    const label = reel.label(frame);
    const sent = reel.sent(frame);
    if (label === QUIET) return sent ? "Labelled quiet: a false alarm." : "Labelled quiet: right.";
    if (label === MOTION) return sent ? "Labelled motion: right." : "Labelled motion: missed.";
    return "Labelled don't care: not counted.";
}

/** Where we are: number, file, size. */
export function facts(reel, place) {
    const { frame, bytes } = reel.shown[place];
    const name = reel.frames.title[frame];
    const named = name ? `, ${name}` : "";
    return `Frame ${frame}${named}; the last is ${reel.count - 1}. ${Math.ceil(bytes / 1000)} KB.`;
}
