// Times and spans in words.

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const CLOCK_S = new Intl.DateTimeFormat(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
});
const DAY = new Intl.DateTimeFormat(undefined, {
    weekday: "short",
    day: "numeric",
    month: "short",
});

/** Unix ms of what the API gives: RFC 3339 text or unix seconds. @param {string | number} time */
export const unixMs = (time) => (typeof time === "number" ? time * 1000 : Date.parse(time));

/** @param {string | number} time @returns {string} with seconds, for the log */
export const clockTime = (time) => CLOCK_S.format(unixMs(time));

/** @param {string | number} time @returns {string} "Mon 3 Nov" */
export const day = (time) => DAY.format(unixMs(time));

/**
 * "14:05", with the day when it is not today.
 * @param {string | number} time
 * @param {number} now_ms
 */
export function moment(time, now_ms = Date.now()) {
    const clock = CLOCK.format(unixMs(time));
    return day(time) === DAY.format(now_ms) ? clock : `${day(time)}, ${clock}`;
}

/** "45 s", "12 min", "3 h", "2 d". @param {number} seconds */
export function span(seconds) {
    if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
    if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
    if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
    return `${Math.round(seconds / 86400)} d`;
}

/** Age of a picture, finer below ten seconds. @param {number} seconds */
export const age = (seconds) =>
    seconds < 9.95 ? `${Math.max(0, seconds).toFixed(1)} s` : span(seconds);
