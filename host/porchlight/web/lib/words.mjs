// The host's short words said in a resident's words. Pure text: nothing here touches the page.

/**
 * Why a stream broke off.
 * @param {Error} error a Problem, or what the browser has to say of a broken connection
 */
export const lostSentence = (error) =>
    error.status === undefined ? "The connection to the host is lost." : error.message;

const GATE = {
    ok: "Pictures go to a viewer you allowed.",
    "not-watched": "Nobody is looking. The sensor is off.",
    "no-grant": "You allow nobody. The sensor is off.",
    "no-clock": "Dark until the board has learned the time.",
    "clock-disagrees": "Dark: the board's two clocks disagree.",
    "clock-behind": "Dark: the board's clock has gone backwards.",
    button: "Stopped by the button on the board.",
    "sensor-fault": "The camera module does not answer.",
    unreadable: "No picture can be read, so none is sent.",
    memory: "The board has too little memory for its pictures.",
    "store-fault": "Dark: the board cannot write to its memory.",
    "too-small": "No camera gives a picture as small as you allowed.",
    paused: "Paused.",
    expired: "The permission has run out.",
    revoked: "You stopped sharing.",
    "outside-window": "Outside the hours you allowed.",
    "not-yet-valid": "Your permission has not begun yet.",
    "wrong-audience": "Somebody looked whom you do not allow.",
    "action-not-granted": "Nobody is allowed to see live pictures.",
    "no-lease": "This permission needs a fresh yes that has not come.",
    "lease-lapsed": "Dark: the last yes has run out, and no new one has come.",
    stopped: "Stopped by you, or by your agent.",
    "not-opened": "Signed for an emergency, which you have not declared.",
    "day-limit": "The daily limit you set is used up.",
};

const PROBLEMS = {
    unreachable: "The host does not answer. Is it running, and are you on its network?",
    "no-grant": "No resident allows this now.",
    "wrong-audience": "No resident allows this now.",
    revoked: "The resident has ended this consent.",
    expired: "The resident's consent has run out.",
    "not-yet-valid": "The resident's consent has not begun yet.",
    "outside-window": "It is outside the hours the resident allowed.",
    "action-not-granted": "The resident does not allow this kind of look.",
    "purpose-not-granted": "The resident does not allow looking for this purpose.",
    "no-lease": "The resident's fresh yes has not come.",
    "lease-lapsed": "The resident's yes has run out, and no new one has come.",
    paused: "The resident has paused this camera.",
    stopped: "The resident has stopped this.",
    "not-opened": "This is for an emergency that the resident has not declared.",
    "seq-replayed": "The camera already knows a newer permission. Reload the page and try again.",
    "too-many": "This camera holds as many permissions as it can. Stop one first.",
    "issued-in-future": "This device's clock is ahead of the host's. Set it right and try again.",
    "stale-proof":
        "This device's clock is more than a minute from the host's. Set it right and try again.",
    "look-stale":
        "This device's clock is more than a minute from the host's. Set it right and try again.",
    "look-unsigned": "This host wants every look signed. Reload the page and try again.",
    "unknown-key": "This host does not know this key.",
    "unknown-hub": "This host does not know such a hub. Check its name with its operator.",
    "operator-missing": "At this hub somebody has to sign in first.",
    "role-missing": "Your role at this hub does not allow that.",
    "no-session": "You are not signed in any more. Sign in again.",
    "bad-code": "Your agency's sign-in did not hold. Try again.",
    "bad-nonce": "That sign-in took too long, or was used before. Try again.",
    "issuer-unreachable": "Your agency's sign-in does not answer. Try again later.",
    "too-many-sign-ins": "Too many sign-ins were begun and not ended. Try again in ten minutes.",
    "approval-pending": "Another operator has to approve this first. It waits for them.",
    "self-approval": "Somebody else has to approve what you asked for.",
    "approval-given": "Somebody has approved it already.",
    "approval-expired": "The ten minutes for approving it are over. Ask again.",
    "approval-used": "What was approved has been used. Ask again.",
    "approval-mismatch": "Something else was approved. Ask again.",
    "no-approval": "This is not asked for any more.",
    "no-clip": "This clip is gone.",
    "too-many-plays": "Too many clips are open. Wait a few minutes.",
    "ticket-expired": "This view is over. Open it again.",
    "ticket-stolen": "This view was opened from another address.",
};

const ENDED = {
    revoked: "The resident stopped sharing.",
    expired: "The permission ran out.",
    "outside-window": "The hours the resident allowed are over.",
    "lease-lapsed": "The resident's yes ran out, and no new one came.",
    paused: "The resident paused this camera.",
    stopped: "The resident stopped this.",
    "not-opened": "The emergency it was opened for is over.",
    "session-over": "The longest time for one view is over.",
    "profile-forbids": "The rules of this place forbid it from now on.",
    "area-held": "The rules of this place hold this area from now on.",
    "approval-missing": "From now on a second operator has to agree first.",
    "host-stopped": "The host is being stopped.",
    unreachable: "The host does not answer.",
};

/** Reasons for which a view ends because consent did, not because of a cable. */
const CONSENT = new Set([
    "revoked",
    "expired",
    "outside-window",
    "not-yet-valid",
    "no-grant",
    "no-lease",
    "lease-lapsed",
    "paused",
    "stopped",
    "not-opened",
    "wrong-audience",
    "action-not-granted",
    "purpose-not-granted",
    "clock-behind",
]);

/** @param {string} reason @returns {boolean} */
export const isConsent = (reason) => CONSENT.has(reason);

/** Why a picture ended. @param {string} reason @returns {string} one sentence */
export const endSentence = (reason) =>
    ENDED[reason] ?? PROBLEMS[reason] ?? `The view was closed (${reason}).`;

/**
 * @param {{reason?: string, title?: string, detail?: string}} problem RFC 9457 document
 * @param {number} [status]
 * @returns {string} one sentence
 */
export function problemSentence({ reason, title, detail }, status) {
    if (reason in PROBLEMS) return PROBLEMS[reason];
    if (detail) return sentenceCase(detail);
    return sentenceCase(title ?? `The host answered with an error (${status})`);
}

/**
 * Whether pictures go out. The board's word on its light covers the moment since its last
 * word, so
 * right after the end it still says "lit": with the sensor off nothing goes out.
 * @param {object} camera
 * @returns {"sharing" | "ready" | "dark" | "offline"}
 */
export function lampState(camera) {
    if (!camera.online) return "offline";
    if (camera.light && camera.sensor_powered) return "sharing";
    return camera.state === "dark" || !camera.state ? "dark" : "ready";
}

const LAMPS = {
    sharing: "Sharing now",
    ready: "Ready, light off",
    dark: "Dark",
    offline: "Not connected",
};

/** @param {object} camera @returns {{title: string, why: string}} */
export function cameraWords(camera) {
    const lamp = lampState(camera);
    const why =
        lamp === "offline" ? "The board is not connected; nothing leaves." : GATE[camera.reason];
    return {
        title: LAMPS[lamp],
        why: why ?? sentenceCase(camera.reason || "the board has not said yet"),
    };
}

const ACTS = {
    live: "watch live",
    snapshot: "take snapshots",
    clips: "see recorded clips",
    export: "keep recordings",
    register: "list the camera",
};

/** @param {string[]} actions @returns {string} */
export const actionsWords = (actions) => listed(actions.map((action) => ACTS[action] ?? action));

/** @param {string} purpose @returns {string} */
export const purposeWords = (purpose) => (purpose ?? "").replaceAll("-", " ");

/** @param {string[]} words @returns {string} "a, b and c" */
export const listed = (words) =>
    words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

/** @param {string} text @returns {string} a sentence: capital first, full stop last */
export function sentenceCase(text) {
    const words = text.trim();
    return capital(words) + (/[.!?]$/.test(words) ? "" : ".");
}

/** @param {string} words @returns {string} */
export const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
