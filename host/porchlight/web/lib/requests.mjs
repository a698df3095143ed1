// Requests of hubs for footage, as words for the resident and as the terms of the grant that says
// yes. Pure: nothing here touches the page or the host.

import { scope } from "./grant.mjs";
import { moment } from "./times.mjs";
import { actionsWords, purposeWords } from "./words.mjs";

const UNIT = 1e7; // of an angle in a request, in a degree
const EARTH_M = 6_371_008.8;
const SLOT_S = 60;
const LATEST_S = 2 * 3600 + 5; // with the longest slots that a host may have

/** What a hub may be let ask for; a resident's own use is none. */
export const ASKABLE = [
    "burglary",
    "emergency",
    "fire",
    "medical",
    "missing-person",
    "theft",
    "traffic-accident",
    "violence",
];

const STANDS = {
    approved: "You allowed it. They are told in a minute or two.",
    denied: "You put it aside. To them that is the same as no answer.",
    expired: "It is over. They were not told anything about you.",
};

/** How a request stands, if nothing is to be done about it. @param {string} state */
export const standWords = (state) => STANDS[state] ?? "";

/**
 * From when the grant that answers should hold: as the host says, for hubs are told of answers at
 * certain times only; but by this device's clock that is soon, or it is not taken from the host.
 * @param {{begins: number}} request as the host gave it just now
 * @param {number} now_s
 */
export function beginning({ begins }, now_s) {
    const soon = begins > now_s && begins <= now_s + LATEST_S;
    return soon ? begins : (Math.floor(now_s / SLOT_S) + 2) * SLOT_S;
}

/**
 * @param {object} request as the host gives it
 * @param {string} camera thumb
 * @param {string[]} actions of those asked for
 * @returns {import("./grant.mjs").Terms}
 */
export function termsFor(request, camera, actions) {
    const asked = actions.filter((action) => request.actions.includes(action));
    if (!asked.length) throw new Error("Choose at least one thing they may do.");
    return {
        camera,
        hubs: [request.hub],
        scope: scope({ actions: asked, purposes: [request.purpose] }),
        kept: { req: request.id },
    };
}

/** @param {object} area as requests spell it @returns {string} "within 300 m of 52.3702, 4.8900" */
export function areaWords(area) {
    if (area.circle) {
        const { lat, lon, radius_m } = area.circle;
        return `within ${radius_m} m of ${degrees(lat)}, ${degrees(lon)}`;
    }
    const corners = area.polygon;
    const [lat, lon] = [0, 1].map(
        (at) => corners.reduce((sum, corner) => sum + corner[at], 0) / corners.length,
    );
    const km2 = (squareMetres(corners) / 1e6).toFixed(2);
    return `in ${km2} km² around ${degrees(lat)}, ${degrees(lon)}`;
}

/** @param {[number, number]} window unix s @param {number} [now_ms] */
export const windowWords = ([start, end], now_ms) =>
    `${moment(start, now_ms)} to ${moment(end, now_ms)}`;

/** The whole question as one sentence. @param {object} request @param {string} hub its name */
export function questionWords(request, hub) {
    const what = actionsWords(request.actions);
    const when = windowWords(request.window);
    return `${hub} asks to ${what} from ${when}, ${areaWords(request.area)}.`;
}

/** What it is for. @param {object} request */
export const causeWords = ({ case: number, purpose, reason }) =>
    `Case ${number}, ${purposeWords(purpose)}: “${reason}”`;

const degrees = (angle) => (angle / UNIT).toFixed(4);

// On a plane: an area as small as these is flat enough to be spoken of.
function squareMetres(corners) {
    const narrow = Math.cos((corners[0][0] / UNIT) * (Math.PI / 180));
    const metres = (EARTH_M * Math.PI) / 180 / UNIT;
    let twice = 0;
    for (const [at, [lat, lon]] of corners.entries()) {
        const [next_lat, next_lon] = corners[(at + 1) % corners.length];
        twice += lon * next_lat - next_lon * lat;
    }
    return (Math.abs(twice) / 2) * metres * metres * narrow;
}
