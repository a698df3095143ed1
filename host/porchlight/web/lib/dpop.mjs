// Proof of possession for one HTTP request (RFC 9449 shape): the key never travels, each request
// carries a fresh signature over its method, address and body instead.

import { random, sha256, utf8 } from "./bytes.mjs";
import { sign } from "./jws.mjs";

/**
 * @param {import("./jws.mjs").Signer} signer
 * @param {{method: string, url: string, body?: string, now_ms?: number}} request   url
 *   absolute; its query is left out
 * @returns {Promise<string>} the value of the `DPoP` header
 */
export async function proof(signer, { method, url, body, now_ms = Date.now() }) {
    const { origin, pathname } = new URL(url);
    const claims = {
        htm: method,
        htu: origin + pathname,
        iat: Math.floor(now_ms / 1000),
        jti: random(16),
    };
    if (body !== undefined) claims.bh = await sha256(utf8(body));
    return sign(signer, { alg: "ES256", jwk: signer.jwk, typ: "dpop+jwt" }, claims);
}
