// Compact JWS with ES256, and the thumbprint that names a key. WebCrypto signs to r||s, which is
// what JWS wants.

import { b64, sha256, utf8 } from "./bytes.mjs";
import { dumps } from "./canon.mjs";

const ES256 = { name: "ECDSA", hash: "SHA-256" };

/**
 * @typedef {object} Signer      a key pair as this page holds it; the private half cannot be
 *   read back by any script
 * @property {CryptoKey} privateKey   non-extractable
 * @property {{crv: string, kty: string, x: string, y: string}} jwk   public half
 * @property {string} thumb      RFC 7638 SHA-256 thumbprint of jwk
 */

/** The public members of a P-256 JWK and nothing else (never `d`). @param {JsonWebKey} jwk */
export const publicHalf = ({ crv, kty, x, y }) => ({ crv, kty, x, y });

/** RFC 7638. @param {JsonWebKey} jwk @returns {Promise<string>} 43 characters */
export const thumbprint = (jwk) => sha256(utf8(dumps(publicHalf(jwk))));

/**
 * @param {Signer} signer @param {object} header @param {object} claims
 * @returns {Promise<string>} header.claims.signature
 */
export async function sign(signer, header, claims) {
    const input = `${b64(utf8(dumps(header)))}.${b64(utf8(dumps(claims)))}`;
    const signature = await crypto.subtle.sign(ES256, signer.privateKey, utf8(input));
    return `${input}.${b64(signature)}`;
}
