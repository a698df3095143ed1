import assert from "node:assert/strict";
import test from "node:test";

import "./webcrypto.mjs";

import { b64, concat, sha256, unb64, utf8 } from "../../../host/porchlight/web/lib/bytes.mjs";

test("base64url has no padding and comes back", () => {
    for (let length = 0; length < 40; length += 1) {
        const bytes = Uint8Array.from({ length }, (_, at) => (at * 67 + length) & 255);
        const text = b64(bytes);
        assert.equal(text, Buffer.from(bytes).toString("base64url"));
        assert.deepEqual(unb64(text), bytes);
    }
});

test("text that is not canonical base64url is refused", () => {
    for (const text of ["A", "AB==", "A+B/", "AB\n", "AQ=", "AR", "é"])
        assert.throws(() => unb64(text), text);
});

test("joining keeps order and does not copy for nothing", () => {
    const right = utf8("right");
    assert.equal(concat(new Uint8Array(0), right), right);
    assert.deepEqual(concat(utf8("left "), right), utf8("left right"));
});

test("sha256 is base64url", async () => {
    assert.equal(await sha256(utf8("abc")), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
});
