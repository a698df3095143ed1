import assert from "node:assert/strict";
import test from "node:test";

import "./webcrypto.mjs";

import { Api } from "../../../host/porchlight/web/lib/api.mjs";
import { fromJwk } from "../../../host/porchlight/web/lib/keys.mjs";

const said = (status, body) =>
    new Response(JSON.stringify(body), { status, headers: { Date: new Date().toUTCString() } });

async function signer() {
    const p256 = { name: "ECDSA", namedCurve: "P-256" };
    const { privateKey } = await crypto.subtle.generateKey(p256, true, ["sign", "verify"]);
    return fromJwk(await crypto.subtle.exportKey("jwk", privateKey));
}

/** An Api whose host answers so, one after the other; and the proofs that came. */
async function asked(...answers) {
    const proofs = [];
    globalThis.fetch = async (_url, { headers }) => {
        proofs.push(headers.DPoP);
        return answers.shift();
    };
    return [new Api(await signer(), "http://127.0.0.1:1"), proofs];
}

const replayed = () => said(401, { reason: "replayed-proof" });

test("what the browser asked twice is asked once more, with a new proof", async () => {
    const [api, proofs] = await asked(replayed(), said(200, { ok: 1 }));
    assert.deepEqual(await api.get("/x"), { ok: 1 });
    assert.equal(new Set(proofs).size, 2);
});

test("once, and not for ever", async () => {
    const [api, proofs] = await asked(replayed(), replayed(), said(200, {}));
    await assert.rejects(api.get("/x"), { reason: "replayed-proof" });
    assert.equal(proofs.length, 2);
});

test("what changes something is never asked again by itself", async () => {
    const [api, proofs] = await asked(replayed(), said(200, {}));
    await assert.rejects(api.post("/x", {}), { reason: "replayed-proof" });
    assert.equal(proofs.length, 1);
});
