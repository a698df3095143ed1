// Clips and recording in words. Pure: nothing here touches the page or the host.

import { moment, span } from "./times.mjs";

const STEP = 1000;
const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** "340 kB", "1.2 GB". @param {number} count */
export function bytesWords(count) {
    let [size, unit] = [count, 0];
    for (; size >= STEP && unit < UNITS.length - 1; unit += 1) size /= STEP;
    return `${size < 10 && unit > 1 ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`;
}

/** When a clip was recorded. @param {object} clip @returns {string} "14:05, 12 s" */
export const whenWords = ({ started_ms, ended_ms }) =>
    `${moment(started_ms / 1000)}, ${span(Math.max(1, (ended_ms - started_ms) / 1000))}`;

/** How large it is, and how long it stays. @param {object} clip @param {number} [now_ms] */
export function keptWords({ bytes, delete_at }, now_ms = Date.now()) {
    const left = span(delete_at - now_ms / 1000);
    return `${bytesWords(bytes)} · deleted by itself in ${left}`;
}

const OFF = "You switched recording off: nothing is recorded, whoever you allow clips.";
const NOTHING =
    "Nothing is recorded now. What moves is, while the camera is connected and you allow " +
    "somebody clips.";

/**
 * How recording stands at a camera.
 * @param {{enabled: boolean, now: {hubs: string[], until: number}[]}} rule
 * @param {import("./names.mjs").Names} names
 */
export function recordingWords({ enabled, now }, names) {
    if (!enabled) return OFF;
    if (!now.length) return NOTHING;
    const hubs = [...new Set(now.flatMap((one) => one.hubs))];
    const until = Math.max(...now.map((one) => one.until));
    return `What moves is recorded for ${names.whom(hubs)} until ${moment(until)}.`;
}
