// What a resident says to the nonce of a camera's board: a status list of 256 places, two bits
// each, of which place 0 is the camera as a whole. Its zlib stream is one stored block, which is
// the only form that boards take: 78 01 01, length, ~length, bytes, Adler-32.

import { b64 } from "./bytes.mjs";
import { sign } from "./jws.mjs";

const LIST_BYTES = 64;
const SUSPENDED = 2;
const CAMERA_IDX = 0;
const RESUME_LEASE_S = 3600; // as `porchlight resume` gives

/**
 * @typedef {{lease_s: number, pause?: boolean, resume?: boolean, opens?: string}} Word
 *   `lease_s`: what needs a lease has one for so long; `opens`: jti of a grant for emergencies
 */

/** @param {number} left_s of the lease there is, which a pause does not prolong @returns {Word} */
export const pausing = (left_s) => ({ lease_s: Math.max(1, left_s), pause: true });

/** @returns {Word} */
export const resuming = () => ({ lease_s: RESUME_LEASE_S, resume: true });

/** @param {string} jti @param {number} left_s as for pausing @returns {Word} */
export const opening = (jti, left_s) => ({ lease_s: Math.max(1, left_s), opens: jti });

/** `lst` of packed statuses. @param {Uint8Array} statuses at most 255 bytes */
export function pack(statuses) {
    let [low, high] = [1, 0];
    for (const byte of statuses) {
        low = (low + byte) % 65521;
        high = (high + low) % 65521;
    }
    const head = [0x78, 1, 1, statuses.length, 0, 255 - statuses.length, 255];
    const sum = [high >> 8, high & 255, low >> 8, low & 255];
    return b64(Uint8Array.from([...head, ...statuses, ...sum]));
}

/**
 * @param {Word} word
 * @param {{issuer: string, camera: string, nonce: string, now_s: number}} to thumbs; base64url
 * @returns {object} claims
 */
export function claimsOf(word, { issuer, camera, nonce, now_s }) {
    const statuses = new Uint8Array(LIST_BYTES);
    if (word.pause) statuses[CAMERA_IDX >> 2] = SUSPENDED << ((CAMERA_IDX & 3) * 2);
    return {
        iss: issuer,
        sub: `urn:optin:lease:${camera}`,
        iat: now_s,
        exp: now_s + word.lease_s,
        status_list: { bits: 2, lst: pack(statuses) },
        nonce,
        lease_s: word.lease_s,
        seq_floor: 0,
        ...(word.resume && { resume: true }),
        ...(word.opens && { open: word.opens }),
    };
}

/**
 * @param {import("./jws.mjs").Signer} signer the resident @param {object} claims
 * @returns {Promise<string>} token
 */
export const answer = (signer, claims) =>
    sign(signer, { alg: "ES256", kid: signer.thumb, typ: "statuslist+jwt" }, claims);
