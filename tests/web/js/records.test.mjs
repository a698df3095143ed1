import assert from "node:assert/strict";
import test from "node:test";

import "./webcrypto.mjs";

import {
    placeWords,
    requestClaims,
    standsWords,
} from "../../../host/porchlight/web/lib/asking.mjs";
import { bytesWords, keptWords, recordingWords } from "../../../host/porchlight/web/lib/clips.mjs";
import { headWords, witnessWords } from "../../../host/porchlight/web/lib/loghead.mjs";
import { Names } from "../../../host/porchlight/web/lib/names.mjs";
import { boardWords, Voice } from "../../../host/porchlight/web/lib/saying.mjs";

const NOW_S = 1_795_000_000;
const WISH = {
    circle: { lat: 52.3702, lon: -4.89, radius_m: 300 },
    cause: { case: " 26-1 ", purpose: "fire", reason: " a fire " },
    from_s: NOW_S - 7200,
    until_s: NOW_S - 3600,
    actions: ["clips"],
    open_s: 86_400,
};
const WITH = { issuer: "H", host: "A", jti: "J", now_s: NOW_S };

test("a request is what the form says, in the integers of a signed statement", () => {
    const claims = requestClaims(WISH, WITH);
    assert.deepEqual(claims.area, {
        circle: { lat: 523_702_000, lon: -48_900_000, radius_m: 300 },
    });
    assert.deepEqual([claims.case, claims.reason], ["26-1", "a fire"]);
    assert.equal(claims.exp - claims.iat, 86_400);
    assert.deepEqual(claims.window, [NOW_S - 7200, NOW_S - 3600]);
});

test("what no host takes is refused in the page, with a sentence", () => {
    const wrong = [
        [{ cause: { ...WISH.cause, reason: " " } }, /Say why/],
        [{ actions: [] }, /at least one/],
        [{ from_s: WISH.until_s - 899 }, /15 minutes to 12 hours/],
        [{ from_s: WISH.until_s - 43_201 }, /15 minutes to 12 hours/],
        [{ from_s: NaN }, /15 minutes to 12 hours/],
        [{ from_s: NOW_S - 900, until_s: NOW_S }, /recorded already/],
        [{ circle: { ...WISH.circle, radius_m: 642 } }, /half a square mile/],
        [{ circle: { ...WISH.circle, radius_m: 49 } }, /half a square mile/],
    ];
    for (const [change, sentence] of wrong)
        assert.throws(() => requestClaims({ ...WISH, ...change }, WITH), sentence);
    const most = { ...WISH, circle: { ...WISH.circle, radius_m: 641 } };
    assert.ok(requestClaims({ ...most, from_s: WISH.until_s - 43_200 }, WITH));
});

test("how a request stands, whoever kept silent", () => {
    const request = { state: "open", expires: NOW_S + 7200, approvals: [] };
    const words = (change) => standsWords({ ...request, ...change }, NOW_S * 1000);
    assert.equal(words({}), "No answer. Open for another 2 h.");
    assert.equal(words({ approvals: [{}] }), "1 camera allowed. Open for another 2 h.");
    assert.equal(words({ state: "over" }), "No answer. It is over.");
    const point = { geometry: { coordinates: [4.89, 52.37] }, properties: { accuracy_m: 350 } };
    assert.equal(placeWords(point), "within 350 m of 52.3700, 4.8900");
});

test("sizes, and how long a clip stays", () => {
    const sizes = [0, 999, 1000, 92_400, 1_500_000, 2_147_483_648, 3e15].map(bytesWords);
    const words = ["0 bytes", "999 bytes", "1 kB", "92 kB", "1.5 MB", "2.1 GB", "3000 TB"];
    assert.deepEqual(sizes, words);
    const clip = { bytes: 2000, delete_at: NOW_S + 86_400 };
    assert.equal(keptWords(clip, NOW_S * 1000), "2 kB · deleted by itself in 24 h");
});

test("what is recorded, for whom", () => {
    const names = new Names({ H: "fire-brigade" }, "ME");
    const now = [{ hubs: ["H", "ME"], until: NOW_S }];
    const words = (rule) => recordingWords(rule, names);
    assert.match(words({ enabled: true, now }), /^What moves is recorded for Fire Brigade and your/);
    assert.match(words({ enabled: true, now: [] }), /^Nothing is recorded now\./);
    assert.match(words({ enabled: false, now: [] }), /switched recording off/);
});

test("the head of the log is amber by name", () => {
    const green = { name: "oak", state: "green", size: 9, at: NOW_S, fault: null };
    const amber = { ...green, name: "elm", state: "amber", size: 4, fault: "silent" };
    const long = { ...amber, name: "abcdefghijklmnopqrstuvwxyz/witness" };
    const head = (...witnesses) => headWords({ size: 9, witnesses });
    assert.equal(head(green, amber), "9 lines in your log. Not yet countersigned by elm.");
    assert.match(head(green), /The other host asked to witness has countersigned all of it\.$/);
    assert.match(head(green, green), /All 2 other hosts asked to witness have countersigned/);
    assert.match(head(long), /Not yet countersigned by witness abcdefgh\.$/);
    assert.match(head(), /No other host witnesses it/);
    assert.match(witnessWords(green, 9), /^oak: countersigned all 9 lines, /);
    assert.match(witnessWords(amber, 9), /^elm: countersigned 4 of 9 lines.*did not answer/);
    const none = { ...amber, size: 0, at: null, fault: "differs" };
    assert.match(witnessWords(none, 9), /nothing yet; it was shown another log/);
});

/** A host that answers from a list, and keeps what it was handed. */
class Desk {
    handed = [];

    constructor(...answers) {
        this.answers = answers;
    }

    get = async (path) => (path.endsWith("/nonce") ? { nonce: "N" } : { left_s: 40 });

    post = async (path, { token }) => {
        this.handed.push(JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString()));
        const said = this.answers.shift();
        if (typeof said === "string") return { board: said };
        throw said;
    };
}

async function spoken(...answers) {
    const subtle = globalThis.crypto.subtle;
    const made = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
    const desk = new Desk(...answers);
    return { desk, voice: new Voice(desk, { privateKey: made.privateKey, thumb: "ME" }) };
}

const old = Object.assign(new Error("old"), { reason: "old-nonce", status: 422 });

test("a nonce that somebody else used up is asked for again, four times in all", async () => {
    const { desk, voice } = await spoken(old, "old-nonce", "held");
    assert.equal(await voice.pause("C"), boardWords("held"));
    assert.equal(desk.handed.length, 3);
    assert.deepEqual([desk.handed[0].lease_s, desk.handed[0].seq_floor], [40, 0]);
    const never = await spoken(old, old, old, old, "held");
    await assert.rejects(never.voice.pause("C"), /at the same moment/);
    assert.equal(never.desk.handed.length, 4);
});

test("what the board says is a sentence", async () => {
    const { voice } = await spoken("sent", "bad-signature");
    assert.match(await voice.resume("C"), /has not confirmed it yet/);
    assert.equal(await voice.open("C", "J"), "The camera refuses: bad signature.");
});
