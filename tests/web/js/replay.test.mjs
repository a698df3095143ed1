// What the page of `porchlight gate replay` counts, before it draws anything.

import assert from "node:assert/strict";
import { test } from "node:test";

const web = new URL("../../../tools/porchkit/replay/web/", import.meta.url);
const { Reel } = await import(new URL("reel.mjs", web));
const { times, truth, verdict } = await import(new URL("words.mjs", web));
const { Zones } = await import(new URL("zones.mjs", web));

const [KEPT, SENT, LEARNING, UNREADABLE] = [0, 1, 2, 3];

function reel({ state, score = state.map(() => 0), label = null, past = [], left = [] }) {
    const shown = state.flatMap((_, frame) =>
        left.includes(frame) ? [] : [{ frame, bytes: 9, reason: "truncated", box: [], cols: 0, rows: 0 }],
    );
    const frames = { score, state, label, past, title: [] };
    return new Reel({ frames, shown, threshold: 1000 }, new Uint8Array());
}

test("zones stay as they were through a file", () => {
    const zones = Zones.from(["..#", "#.."]);
    assert.equal(zones.text, "..#\n#..\n");
    assert.equal(zones.count, 2);
    assert.deepEqual(Zones.from(zones.lines).ignored, zones.ignored);
});

test("a finer grid and back changes nothing", () => {
    const zones = Zones.from(["..#.", "#..."]);
    assert.deepEqual(zones.regrid(16, 12).regrid(4, 2).lines, zones.lines);
});

test("a point at the very edge, or past it, is the last block's", () => {
    const zones = new Zones(16, 12);
    assert.deepEqual(zones.at(1, 1), [15, 11]);
    assert.deepEqual(zones.at(-0.1, 0.999), [0, 11]);
    zones.put(16, 0, true);
    assert.equal(zones.count, 0);
});

test("only a whole region in what is ignored counts as covered", () => {
    const looks = (...mask) => ({ cols: 2, rows: 2, mask: Uint8Array.from(mask) });
    const left = Zones.from(["#."]);
    assert.equal(left.cover(looks(2, 0, 2, 1)), true);
    assert.equal(left.cover(looks(2, 2, 0, 0)), false);
    assert.equal(left.cover(looks(1, 1, 0, 0)), false);
});

test("jumps find the next frame that fits, and none past the last", () => {
    const film = reel({ state: [LEARNING, KEPT, SENT, SENT, KEPT, SENT], label: [0, 0, 1, 0, 0, 2] });
    const sent = (frame) => film.sent(frame);
    assert.equal(film.seek(0, sent, 1), 2);
    assert.equal(film.seek(3, sent, 1), 5);
    assert.equal(film.seek(5, sent, 1), null);
    assert.equal(film.seek(2, sent, -1), 0);
    assert.equal(film.seek(0, (frame) => film.falseAlarm(frame), 1), 3);
    assert.equal(film.seek(0, (frame) => film.event(frame), 1), 2);
});

test("where frames are left out, a jump leads to one that is here and fits", () => {
    const film = reel({ state: [KEPT, SENT, KEPT, SENT, KEPT, KEPT], left: [1, 4] });
    assert.deepEqual(film.shown.map(({ frame }) => frame), [0, 2, 3, 5]);
    assert.equal(film.seek(0, (frame) => film.sent(frame), 1), 2);
    assert.equal(film.seek(3, (frame) => film.sent(frame), 1), null);
    assert.deepEqual([0, 1, 2, 4, 5].map((frame) => film.place(frame)), [0, 0, 1, 2, 3]);
});

test("nothing kept back is said to reach the threshold", () => {
    assert.equal(times(999, 1000), "0.9 × the threshold");
    assert.equal(times(2300, 1000), "2.3 × the threshold");
    assert.equal(times(65535, 1000), "more than 65 × the threshold");
});

test("words for every kind of verdict and label", () => {
    const film = reel({
        state: [SENT, KEPT, LEARNING, UNREADABLE, SENT],
        score: [2300, 400, 10, 0, 1000],
        label: [0, 1, 2, 1, 1],
        past: [4],
    });
    assert.equal(verdict(film, 0), "Sent: something moved here, score 2.3 × the threshold.");
    assert.equal(verdict(film, 1), "Kept back: score 0.4 × the threshold.");
    assert.match(verdict(film, 2), /^Sent: the gate is still learning/);
    assert.equal(verdict(film, 3), "Not sent: this JPEG cannot be read (truncated).");
    assert.equal(truth(film, 0), "Labelled quiet: a false alarm.");
    assert.equal(truth(film, 1), "Labelled motion: missed.");
    assert.equal(truth(film, 2), "Labelled don't care: not counted.");
    assert.match(truth(film, 4), /not counted/);
    assert.equal(truth(reel({ state: [SENT] }), 0), "");
});
