// What moved before one camera, over time: which buckets there are, where they stand in a chart,
// and the same in words. Pure: nothing here touches the page.

import { clockTime } from "./times.mjs";
import { listed } from "./words.mjs";

export const BUCKET_S = 10; // what the host's events tell of
const TOP = 8000; // a score from here on fills the chart

/** Spans to choose from: seconds, words, seconds a bar (a multiple of BUCKET_S), its beginning. */
export const SPANS = [
    [3600, "the last hour", 10, "1 hour ago"],
    [6 * 3600, "the last six hours", 60, "6 hours ago"],
    [24 * 3600, "the last day", 240, "1 day ago"],
];

/** Why a frame was sent, in the order in which one bar takes its colour. */
export const REASONS = [
    ["motion", "motion"],
    ["learning", "while it was learning"],
    ["pre-roll", "just before motion"],
    ["post-roll", "just after motion"],
    ["always", "always on"],
];
export const KEPT_BACK = "kept-back";

/** @typedef {{at: number, score: number, sent: Record<string, number>, kept_back: number}} Bucket */

/** Buckets by time, as fetched and then kept current by events. */
export class MotionLog {
    #buckets = new Map();

    /** @param {Bucket[]} buckets all there are */
    replace(buckets) {
        this.#buckets = new Map(buckets.map((bucket) => [bucket.at, bucket]));
    }

    /** Takes a bucket in place of the one of its time. @param {Bucket} bucket */
    put(bucket) {
        this.#buckets.set(bucket.at, bucket);
    }

    /** Those from a time on, oldest first; older ones are forgotten. @param {number} start */
    since(start) {
        for (const at of this.#buckets.keys()) if (at < start) this.#buckets.delete(at);
        return [...this.#buckets.values()].sort((a, b) => a.at - b.at);
    }
}

/** How high a score stands, 0 to 1: square root, so that small ones can be told apart. */
export const height = (score) => Math.sqrt(Math.min(score, TOP) / TOP);

/** Which colour a bucket has: its first reason to send, or that all was kept back. */
export function kind(bucket) {
    const found = REASONS.find(([reason]) => bucket.sent[reason] > 0);
    return found ? found[0] : KEPT_BACK;
}

/**
 * One path for each kind: a bar a bucket, in a field `wide` by `high`.
 * @param {Bucket[]} buckets
 * @param {{start: number, step: number, wide: number, high: number, bars: number}} field `bars`:
 *   how many steps are shown
 * @returns {Record<string, string>} kind -> path data
 */
export function paths(buckets, { start, step, wide, high, bars }) {
    const bar = wide / bars;
    const found = Object.fromEntries([...REASONS.map(([r]) => r), KEPT_BACK].map((k) => [k, ""]));
    for (const bucket of buckets) {
        const x = ((bucket.at - start) / step) * bar;
        const y = high - Math.max(height(bucket.score) * high, 1); // a heard silence is a dot
        found[kind(bucket)] += `M${x.toFixed(1)} ${high}V${y.toFixed(1)}h${bar.toFixed(1)}V${high}z`;
    }
    return found;
}

/** @param {Bucket[]} buckets @returns {{sent: Record<string, number>, all: number, kept: number}} */
export function totals(buckets) {
    const sent = Object.fromEntries(REASONS.map(([reason]) => [reason, 0]));
    let kept = 0;
    for (const bucket of buckets) {
        for (const reason in sent) sent[reason] += bucket.sent[reason] ?? 0;
        kept += bucket.kept_back;
    }
    return { sent, all: Object.values(sent).reduce((sum, count) => sum + count, 0), kept };
}

/** The chart in one or two sentences. @param {Bucket[]} buckets @param {string} when */
export function motionWords(buckets, when) {
    const { sent, all, kept } = totals(buckets);
    if (all + kept === 0) return `No picture was taken in ${when}.`;
    const why = REASONS.filter(([reason]) => sent[reason]).map(
        ([reason, words]) => `${count(sent[reason])} ${words}`,
    );
    const first = all ? `${frames(all)} sent in ${when}: ${listed(why)}.` : `Nothing sent in ${when}.`;
    return `${first} ${keptWords(kept, all)}`;
}

/** "Kept back 1,234 frames (97.9 %)", the last space one that does not break. @param {number} kept @param {number} sent */
export function keptWords(kept, sent) {
    const share = (100 * kept) / (kept + sent || 1);
    // Neither all nor nothing is said of what is not quite that.
    const shown = kept && sent ? Math.min(99.9, Math.max(0.1, share)).toFixed(1) : share;
    return `Kept back ${frames(kept)} (${String(shown).replace(/\.0$/, "")}\u00a0%).`;
}

/**
 * When something moved, newest first: what the bars say to who does not see them.
 * @param {Bucket[]} buckets @param {number} threshold @param {number} most
 */
export const moments = (buckets, threshold, most) =>
    buckets
        .filter(({ score }) => score >= threshold)
        .slice(-most)
        .reverse()
        .map((bucket) => `${clockTime(bucket.at)}: score ${bucket.score}, ${momentWords(bucket)}`);

function momentWords({ sent, kept_back }) {
    const all = Object.values(sent).reduce((sum, one) => sum + one, 0);
    return all ? `${frames(all)} sent` : `${frames(kept_back)} kept back`;
}

const count = (number) => number.toLocaleString("en");
const frames = (number) => `${count(number)} ${number === 1 ? "frame" : "frames"}`;
