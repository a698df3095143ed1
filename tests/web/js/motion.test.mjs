import assert from "node:assert/strict";
import test from "node:test";

import {
    height,
    kind,
    moments,
    MotionLog,
    motionWords,
    paths,
    SPANS,
    totals,
} from "../../../host/porchlight/web/lib/motion.mjs";

const NONE = { always: 0, motion: 0, learning: 0, "pre-roll": 0, "post-roll": 0 };
const bucket = (at, score, sent = {}, kept_back = 0) => ({
    at,
    score,
    sent: { ...NONE, ...sent },
    kept_back,
});

test("the words say what was sent, why, and what was kept back", () => {
    const seen = [
        bucket(0, 40, {}, 1200),
        bucket(10, 2400, { motion: 20, "pre-roll": 5 }, 0),
        bucket(20, 10, { "post-roll": 1 }, 34),
    ];
    assert.equal(
        motionWords(seen, "the last hour"),
        "26 frames sent in the last hour: 20 motion, 5 just before motion and 1 just after motion." +
            " Kept back 1,234 frames (97.9\u00a0%).",
    );
    assert.deepEqual(totals(seen).kept, 1234);
});

test("all and nothing are said only of what is all or nothing", () => {
    const said = (sent, kept) =>
        motionWords([bucket(0, 0, { motion: sent }, kept)], "the last day").split(". ").pop();
    assert.equal(said(0, 9), "Kept back 9 frames (100\u00a0%).");
    assert.equal(said(1, 99_999), "Kept back 99,999 frames (99.9\u00a0%).");
    assert.equal(said(99_999, 1), "Kept back 1 frame (0.1\u00a0%).");
    assert.equal(said(7, 0), "Kept back 0 frames (0\u00a0%).");
    assert.equal(said(1, 1), "Kept back 1 frame (50\u00a0%).");
    assert.equal(motionWords([bucket(0, 0)], "the last hour"), "No picture was taken in the last hour.");
    assert.equal(motionWords([], "the last hour"), "No picture was taken in the last hour.");
});

test("a bar has the colour of the strongest reason, or that of silence", () => {
    assert.equal(kind(bucket(0, 0, { "post-roll": 3, motion: 1 })), "motion");
    assert.equal(kind(bucket(0, 0, { always: 3 })), "always");
    assert.equal(kind(bucket(0, 9000)), "kept-back");
});

test("higher scores stand higher, within the field", () => {
    const scores = [0, 1, 400, 999, 1000, 1001, 8000, 65_535];
    const shown = scores.map(height);
    assert.deepEqual(shown, [...shown].sort((a, b) => a - b));
    assert.ok(shown[0] === 0 && shown.at(-1) === 1);
});

test("every bar has its place in time", () => {
    const field = { start: 100, step: 10, wide: 720, high: 72, bars: 360 };
    const drawn = paths([bucket(100, 8000, { motion: 1 }), bucket(3690, 0)], field);
    assert.equal(drawn.motion, "M0.0 72V0.0h2.0V72z");
    assert.equal(drawn["kept-back"], "M718.0 72V71.0h2.0V72z");
    assert.equal(drawn.always, "");
});

test("a log forgets what is too old and takes the newest of the same time", () => {
    const log = new MotionLog();
    log.replace([bucket(30, 1), bucket(10, 1), bucket(20, 1)]);
    log.put(bucket(20, 5));
    assert.deepEqual(
        log.since(20).map(({ at, score }) => [at, score]),
        [
            [20, 5],
            [30, 1],
        ],
    );
    assert.deepEqual(log.since(0).length, 2);
});

test("the moments are told newest first, a few of them", () => {
    const seen = [bucket(0, 999), bucket(10, 1000, {}, 7), bucket(20, 3000, { motion: 1 })];
    const told = moments(seen, 1000, 20);
    assert.equal(told.length, 2);
    assert.match(told[0], /: score 3000, 1 frame sent$/);
    assert.match(told[1], /: score 1000, 7 frames kept back$/);
    assert.equal(moments(seen, 1000, 1).length, 1);
});

test("every span is a whole number of bars that the host can make", () => {
    for (const [seconds, , step] of SPANS) {
        assert.equal(seconds % step, 0);
        assert.equal(step % 10, 0);
        assert.ok(seconds / step <= 1440);
    }
});
