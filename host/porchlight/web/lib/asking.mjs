// A hub's request for recordings: what it signs, and how it stands, in words. Pure, but for the
// signature.

import { sign } from "./jws.mjs";
import { span } from "./times.mjs";

const UNIT = 1e7; // of an angle in a request, in a degree
const BACKDATE_S = 5; // hosts may be a little behind this device
const [LEAST_S, MOST_S] = [15 * 60, 12 * 3600];
/** Half a square mile. */
export const MOST_RADIUS_M = 641;
export const LEAST_RADIUS_M = 50;

/** @typedef {{lat: number, lon: number, radius_m: number}} Circle degrees */

/** The circle as searches want it: GeoJSON's order. @param {Circle} circle */
export const drawn = ({ lat, lon, radius_m }) => ({ center: [lon, lat], radius_m });

/**
 * @param {{circle: Circle, cause: {case: string, purpose: string, reason: string}, from_s: number,
 *   until_s: number, actions: string[], open_s: number}} wish
 * @param {{issuer: string, host: string, jti: string, now_s: number}} with_
 * @returns {object} claims
 * @throws {Error} with a sentence, for what no host takes
 */
export function requestClaims({ circle, cause, from_s, until_s, actions, open_s }, with_) {
    const { issuer, host, jti, now_s } = with_;
    const iat = now_s - BACKDATE_S;
    check({ circle, cause, from_s, until_s, actions, now_s: iat });
    return {
        iss: issuer,
        aud: host,
        jti,
        iat,
        exp: iat + open_s,
        case: cause.case.trim(),
        purpose: cause.purpose,
        reason: cause.reason.trim(),
        area: {
            circle: {
                lat: Math.round(circle.lat * UNIT),
                lon: Math.round(circle.lon * UNIT),
                radius_m: Math.round(circle.radius_m),
            },
        },
        window: [from_s, until_s],
        actions,
    };
}

function check({ circle, cause, from_s, until_s, actions, now_s }) {
    const length_s = until_s - from_s;
    const wrong = [
        [!cause.reason.trim(), "Say why you ask: the residents read it."],
        [!actions.length, "Choose at least one thing to ask for."],
        [!(length_s >= LEAST_S && length_s <= MOST_S), "Ask for 15 minutes to 12 hours."],
        [until_s > now_s, "Only what is recorded already can be asked for."],
        [
            circle.radius_m < LEAST_RADIUS_M || circle.radius_m > MOST_RADIUS_M,
            `Ask within ${LEAST_RADIUS_M} to ${MOST_RADIUS_M} m: at most half a square mile.`,
        ],
    ];
    for (const [so, sentence] of wrong) if (so) throw new Error(sentence);
}

/** @param {import("./jws.mjs").Signer} signer the hub @param {object} claims */
export const signRequest = (signer, claims) =>
    sign(signer, { alg: "ES256", kid: signer.thumb, typ: "optin-request+jwt" }, claims);

/**
 * How a request stands. No answer and a refusal are one, here as at the host.
 * @param {{state: string, expires: number, approvals: object[]}} request
 * @param {number} [now_ms]
 */
export function standsWords({ state, expires, approvals }, now_ms = Date.now()) {
    const yes = approvals.length;
    const said = yes ? `${yes} ${yes === 1 ? "camera" : "cameras"} allowed.` : "No answer.";
    const left = span(expires - now_ms / 1000);
    return `${said} ${state === "open" ? `Open for another ${left}.` : "It is over."}`;
}

/**
 * Where a found camera is, as finely as its resident allows.
 * @param {{geometry: {coordinates: [number, number]}, properties: {accuracy_m: number}}} feature
 */
export function placeWords({ geometry, properties }) {
    const [lon, lat] = geometry.coordinates;
    return `within ${distance(properties.accuracy_m)} of ${lat.toFixed(4)}, ${lon.toFixed(4)}`;
}

const distance = (m) => (m < 1000 ? `${m} m` : `${(m / 1000).toFixed(1)} km`);
