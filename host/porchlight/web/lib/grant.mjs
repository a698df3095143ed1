// Grants made in the resident's browser: the claims, and the token signed over them. The time is
// this device's own; taking it from the host would let the host move what the resident allows to
// another day.

import { random, unb64 } from "./bytes.mjs";
import { sign } from "./jws.mjs";

export const TYPE = "urn:optin:camera:1";
export const ACTIONS = ["live", "snapshot", "clips", "export"];
export const PURPOSES = [
    "burglary",
    "emergency",
    "fire",
    "medical",
    "missing-person",
    "own-use",
    "theft",
    "traffic-accident",
    "violence",
];
/**
 * Longest a grant of live pictures may run without windows and a daily limit (the profile's
 * "live-too-long").
 */
export const LIVE_MAX_S = 86_400;

const SEQ_EPOCH_S = 1_577_836_800; // 2020-01-01, as the command line counts
/**
 * Boards and hosts may be a little behind this device; a grant must hold from the moment it is
 * given.
 */
const BACKDATE_S = 5;

/**
 * @typedef {object} Terms
 * @property {string} camera      thumb
 * @property {string[]} hubs      1..4 thumbs
 * @property {object} scope       authorization_details[0]
 * @property {object} [kept]      further claims to carry over from an earlier grant (cnf, status)
 */

/**
 * @param {{actions: string[], purposes: string[]}} choice
 * @returns {object} authorization_details[0]
 */
export const scope = ({ actions, purposes }) => ({ type: TYPE, actions, purposes });

/**
 * The terms of an earlier grant, without its time, number, or what tied it to one incident.
 * @param {string} token
 * @returns {Terms}
 */
export function termsOf(token) {
    const claims = JSON.parse(new TextDecoder().decode(unb64(token.split(".")[1])));
    const kept = {};
    for (const name of ["cnf", "status"]) if (name in claims) kept[name] = claims[name];
    return { camera: claims.sub, hubs: claims.aud, scope: claims.authorization_details[0], kept };
}

/**
 * A number that no grant of this camera has reached: one more than the highest the host tells
 * of, and never less than
 * the seconds since 2020, so that a host that hides some cannot make the resident sign a
 * number that is used up.
 * @param {number[]} seen @param {number} now_s
 */
export const nextSeq = (seen, now_s) =>
    Math.max(now_s - SEQ_EPOCH_S, ...seen.map((seq) => seq + 1));

/**
 * @param {Terms} terms
 * @param {{issuer: string, seq: number, now_s: number, lasts_s: number, begins_s?: number}} when
 *   `begins_s`: from then on; else from now on
 * @returns {object} the claims of a grant
 */
export function claimsOf(terms, { issuer, seq, now_s, lasts_s, begins_s }) {
    const signed = now_s - BACKDATE_S;
    const from = begins_s ?? signed;
    return {
        ...terms.kept,
        iss: issuer,
        sub: terms.camera,
        aud: terms.hubs,
        jti: random(16),
        seq,
        iat: signed,
        nbf: from,
        exp: from + lasts_s,
        authorization_details: [terms.scope],
    };
}

/**
 * @param {import("./jws.mjs").Signer} signer the resident
 * @param {object} claims
 * @returns {Promise<string>} token
 */
export const mint = (signer, claims) =>
    sign(signer, { alg: "ES256", kid: signer.thumb, typ: "optin-grant+jwt" }, claims);
