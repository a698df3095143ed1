import assert from "node:assert/strict";
import test from "node:test";

import "./webcrypto.mjs";

import { b64, utf8 } from "../../../host/porchlight/web/lib/bytes.mjs";
import { dumps } from "../../../host/porchlight/web/lib/canon.mjs";
import { claimsOf, nextSeq, scope, termsOf } from "../../../host/porchlight/web/lib/grant.mjs";

const NOW_S = 1_790_000_000;
const WHEN = { issuer: "R", seq: 7, now_s: NOW_S, lasts_s: 3600 };
const TERMS = {
    camera: "C",
    hubs: ["H"],
    scope: scope({ actions: ["live"], purposes: ["theft"] }),
};

test("claims hold from now on, for as long as asked", () => {
    const claims = claimsOf(TERMS, WHEN);
    assert.ok(claims.nbf <= NOW_S && claims.nbf > NOW_S - 60 && claims.iat === claims.nbf);
    assert.equal(claims.exp - claims.nbf, 3600);
    assert.deepEqual([claims.iss, claims.sub, claims.aud, claims.seq], ["R", "C", ["H"], 7]);
    assert.match(claims.jti, /^[\w-]{22}$/);
    assert.notEqual(claims.jti, claimsOf(TERMS, WHEN).jti);
});

test("terms of an earlier grant come back, what tied it to an incident does not", () => {
    const detail = { ...TERMS.scope, limits: { fps: 2 }, tz: "UTC0", windows: [[0, 60]] };
    const earlier = {
        ...claimsOf({ ...TERMS, scope: detail }, WHEN),
        cnf: { jkt: "H" },
        incident: "i",
        req: "q",
    };
    const terms = termsOf(`x.${b64(utf8(dumps(earlier)))}.y`);
    assert.deepEqual(terms, {
        camera: "C",
        hubs: ["H"],
        scope: detail,
        kept: { cnf: { jkt: "H" } },
    });
    const claims = claimsOf(terms, WHEN);
    assert.deepEqual(claims.cnf, { jkt: "H" });
    assert.ok(!("incident" in claims) && !("req" in claims));
});

test("a number is above all that were seen, and above what the clock has passed", () => {
    assert.equal(nextSeq([], NOW_S), NOW_S - 1_577_836_800);
    assert.equal(nextSeq([5, 2 ** 30, 8], NOW_S), 2 ** 30 + 1);
});
