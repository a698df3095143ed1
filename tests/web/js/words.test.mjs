import assert from "node:assert/strict";
import test from "node:test";

import { entrySentence, tone } from "../../../host/porchlight/web/lib/entries.mjs";
import { Names, spoken } from "../../../host/porchlight/web/lib/names.mjs";
import { age, span } from "../../../host/porchlight/web/lib/times.mjs";
import {
    actionsWords,
    cameraWords,
    endSentence,
    isConsent,
    lampState,
    listed,
    problemSentence,
} from "../../../host/porchlight/web/lib/words.mjs";

const names = new Names({ HUB: "Maple Street hub" });
names.learnCamera({ id: "CAM", label: "Front door" });

test("an opened view reads like a neighbour's note", () => {
    const entry = {
        type: "view.open",
        camera: "CAM",
        hub: "HUB",
        case: "24-117",
        purpose: "theft",
        detail: null,
    };
    assert.equal(
        entrySentence(entry, names),
        "Maple Street hub opened a live view of Front door, case 24-117, purpose theft.",
    );
    assert.equal(tone(entry), "look");
});

test("a resident's look at their own clip is told, and is not loud", () => {
    const who = new Names({}, "ME");
    who.learnCamera({ id: "CAM", label: "Front door" });
    const own = { type: "clip.played", camera: "CAM", hub: "ME", purpose: "own-use" };
    const small = { ...own, detail: { what: "thumbnail" } };
    assert.equal(entrySentence(own, who), "You opened a clip of Front door.");
    assert.equal(entrySentence(small, who), "You looked at the small picture of a clip of Front door.");
    assert.deepEqual([tone(own), tone({ ...own, purpose: "fire" })], ["quiet", "look"]);
});

test("what somebody wrote is quoted, and a refusal is in our words", () => {
    const detail = { operator: "Xy12345678901234567890" };
    const why = { case: "7", purpose: "theft", detail };
    const said = { hub: "HUB", hub_name: "Oak hub", camera: "CAM", ...why };
    const asked = entrySentence({ ...said, type: "approval.asked", reason: "a car" }, names);
    assert.match(asked, /a second one there has to agree, case 7, purpose theft, operator Xy1234, “a car”\.$/);
    const refused = { ...said, type: "approval.refused", reason: "self-approval" };
    assert.match(entrySentence(refused, names), /another one than who asked/);
    assert.equal(tone(refused), "refused");
});

test("an entry of a kind this page does not know is still told", () => {
    assert.equal(
        entrySentence({ type: "lease.issued", reason: "later-part" }, names),
        "Lease issued (later part).",
    );
});

test("a board that the host refused did not refuse anything", () => {
    assert.equal(
        entrySentence({ type: "board.refused", camera: "CAM", reason: "old-boot" }, names),
        "Front door was sent away by the host " +
            "(it has forgotten how often it started; provision it with --new-key).",
    );
});

test("a permission taken back says whose it was, also where the entry does not", () => {
    const who = new Names({ HUB: "Maple Street hub" }, "ME");
    who.learnCamera({ id: "CAM", label: "Front door" });
    who.learnGrant({ jti: "J", hubs: ["HUB", "ME"] });
    const entry = { type: "grant.revoked", camera: "CAM", jti: "J", hub: null, detail: null };
    assert.equal(
        entrySentence(entry, who),
        "You stopped sharing Front door with Maple Street hub and yourself.",
    );
    assert.equal(entrySentence({ ...entry, jti: "K" }, who), "You stopped sharing Front door.");
});

test("a hub is called by its name, and by its key when it has none", () => {
    assert.equal(names.hub("HUB"), "Maple Street hub");
    assert.equal(names.hub("abcdefghijk"), "hub abcdefgh");
    names.learnHub("abcdefghijk", "fire-dept");
    names.learnHub("HUB", "other");
    assert.equal(names.who(["abcdefghijk", "HUB"]), "Fire Dept and Maple Street hub");
    assert.equal(spoken("maple-street_2"), "Maple Street 2");
});

test("the light is lit only by what the board says of its light", () => {
    assert.equal(
        lampState({ online: true, light: true, sensor_powered: true, state: "sending" }),
        "sharing",
    );
    assert.equal(lampState({ online: true, light: false, state: "sending" }), "ready");
    assert.equal(
        lampState({ online: true, light: true, sensor_powered: false, state: "dark" }),
        "dark",
    );
    assert.equal(lampState({ online: true, light: null, state: null }), "dark");
    assert.equal(lampState({ online: false, light: true, state: "sending" }), "offline");
    assert.deepEqual(
        cameraWords({ online: true, light: false, state: "dark", reason: "no-clock" }),
        { title: "Dark", why: "Dark until the board has learned the time." },
    );
    assert.equal(cameraWords({ online: true, state: "dark", reason: "new word" }).why, "New word.");
});

test("a problem document is one sentence, known or not", () => {
    assert.equal(
        problemSentence({ reason: "purpose-not-granted" }),
        "The resident does not allow looking for this purpose.",
    );
    assert.equal(
        problemSentence({ reason: "odd", detail: "the case is missing" }),
        "The case is missing.",
    );
    assert.equal(problemSentence({}, 502), "The host answered with an error (502).");
});

test("consent ending and a cable are told apart", () => {
    assert.ok(
        isConsent("revoked") &&
            isConsent("expired") &&
            !isConsent("unreachable") &&
            !isConsent("board-offline"),
    );
    assert.equal(endSentence("revoked"), "The resident stopped sharing.");
});

test("a week is told by hub, purpose and number", () => {
    const detail = {
        lines: [
            { hub: "HUB", purpose: "theft", views: 1, snapshots: 2, plays: 0, seconds: 600 },
            { hub: null, purpose: null, refused: 3 },
        ],
    };
    assert.equal(
        entrySentence({ type: "digest", detail }, names),
        "Your week in short: Maple Street hub, for theft: 1 live view, 2 single pictures and " +
            "10 min watched; Others: 3 tries refused.",
    );
    const empty = entrySentence({ type: "digest", detail: {} }, names);
    assert.equal(empty, "Your week in short: nobody looked.");
});

test("lists and spans", () => {
    assert.equal(listed(["a", "b", "c"]), "a, b and c");
    assert.equal(actionsWords(["live", "snapshot"]), "watch live and take snapshots");
    assert.deepEqual([0.26, 12, 600, 7200, 200_000].map(age), [
        "0.3 s",
        "12 s",
        "10 min",
        "2 h",
        "2 d",
    ]);
    assert.equal(span(-5), "0 s");
});
