import assert from "node:assert/strict";
import test from "node:test";

import "./webcrypto.mjs";

import { claimsOf } from "../../../host/porchlight/web/lib/grant.mjs";
import {
    areaWords,
    beginning,
    causeWords,
    questionWords,
    standWords,
    termsFor,
} from "../../../host/porchlight/web/lib/requests.mjs";

const NOW_S = 1_795_000_030; // half past a minute
const CIRCLE = { circle: { lat: 523_702_000, lon: 48_900_000, radius_m: 300 } };
const ASKED = {
    id: "Q",
    hub: "H",
    case: "26-1",
    purpose: "missing-person",
    reason: "a child",
    area: CIRCLE,
    window: [NOW_S - 7200, NOW_S - 3600],
    actions: ["clips", "export"],
};

test("the answer holds less than was asked, never more", () => {
    const terms = termsFor(ASKED, "C", ["clips", "live"]);
    assert.deepEqual([terms.camera, terms.hubs, terms.kept], ["C", ["H"], { req: "Q" }]);
    assert.deepEqual(terms.scope.actions, ["clips"]);
    assert.deepEqual(terms.scope.purposes, ["missing-person"]);
    assert.throws(() => termsFor(ASKED, "C", ["live"]), /at least one/);
    assert.throws(() => termsFor(ASKED, "C", []), /at least one/);
});

test("it begins when the host says, if that is soon", () => {
    for (const begins of [NOW_S + 1, NOW_S + 4, NOW_S + 90, NOW_S + 7_205])
        assert.equal(beginning({ begins }, NOW_S), begins);
    for (const begins of [undefined, 0, NOW_S - 1, NOW_S, NOW_S + 7_206, 2 ** 40]) {
        const begins_s = beginning({ begins }, NOW_S);
        assert.equal(begins_s % 60, 0);
        assert.ok(begins_s > NOW_S + 60 && begins_s <= NOW_S + 120, String(begins));
    }
    const begins_s = beginning({}, NOW_S);
    const when = { issuer: "R", seq: 1, now_s: NOW_S, lasts_s: 600, begins_s };
    const claims = claimsOf(termsFor(ASKED, "C", ["clips"]), when);
    assert.deepEqual([claims.nbf, claims.exp - claims.nbf, claims.req], [begins_s, 600, "Q"]);
    assert.ok(claims.iat <= NOW_S);
});

test("areas in words", () => {
    assert.equal(areaWords(CIRCLE), "within 300 m of 52.3702, 4.8900");
    const polygon = [
        [0, 0],
        [0, 89_932],
        [89_932, 89_932],
        [89_932, 0],
    ];
    assert.equal(areaWords({ polygon }), "in 1.00 km² around 0.0045, 0.0045");
});

test("the question, its cause, and how it stands", () => {
    const asked = questionWords(ASKED, "Fire Brigade");
    assert.match(asked, /^Fire Brigade asks to see recorded clips and keep recordings from /);
    assert.match(asked, /within 300 m of 52.3702, 4.8900\.$/);
    assert.equal(causeWords(ASKED), "Case 26-1, missing person: “a child”");
    assert.equal(standWords("open"), "");
    for (const state of ["approved", "denied", "expired"]) assert.ok(standWords(state));
});
