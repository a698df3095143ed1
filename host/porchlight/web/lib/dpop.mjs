// Proof of possession for one HTTP request (RFC 9449 shape): the key never travels, each request
// carries a fresh signature over its method, address and body instead.

import { random, sha256, utf8 } from "./bytes.mjs";
import { sign } from "./jws.mjs";

/**
 * @param {import("./jws.mjs").Signer} signer
 * @param {{method: string, url: string, body?: string, token?: string, now_ms?: number}}
 *   request   url absolute; its query is left out; `token` of an operator's sign-in
 * @returns {Promise<string>} the value of the `DPoP` header
 */
export async function proof(signer, { method, url, body, token, now_ms = Date.now() }) {
    const { origin, pathname } = new URL(url);
    const claims = {
        htm: method,
        htu: origin + pathname,
        iat: Math.floor(now_ms / 1000),
        jti: random(16),
    };
    if (body !== undefined) claims.bh = await sha256(utf8(body));
    if (token) claims.ath = await sha256(utf8(token));
    return sign(signer, { alg: "ES256", jwk: signer.jwk, typ: "dpop+jwt" }, claims);
}
