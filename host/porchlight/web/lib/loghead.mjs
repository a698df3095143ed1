// The head of a log in words. Pure.

import { listed } from "./words.mjs";
import { moment } from "./times.mjs";

const SHORT = 24; // characters of a witness's name that a sentence can bear

const short = (name) => (name.length > SHORT ? `witness ${name.slice(0, 8)}` : name);

const ALONE =
    "No other host witnesses it: keep its checkpoint, so that you would notice a change.";

/** @param {{size: number, witnesses: {name: string, state: string}[]}} about */
export function headWords({ size, witnesses }) {
    const lines = `${size} ${size === 1 ? "line" : "lines"} in your log.`;
    if (!witnesses.length) return `${lines} ${ALONE}`;
    const amber = witnesses.filter(({ state }) => state !== "green");
    const missing = amber.map(({ name }) => short(name));
    if (missing.length) return `${lines} Not yet countersigned by ${listed(missing)}.`;
    const one = witnesses.length === 1;
    const who = one ? "The other host" : `All ${witnesses.length} other hosts`;
    return `${lines} ${who} asked to witness ${one ? "has" : "have"} countersigned all of it.`;
}

const FAULTS = {
    silent: "did not answer the last time",
    differs: "was shown another log than this one: ask who runs your host",
};

/**
 * One witness. @param {{name: string, state: string, size: number, at: number | null, fault:
 *   string | null}} witness @param {number} size of the log @param {number} [now_ms]
 */
export function witnessWords({ name, state, size: seen, at, fault }, size, now_ms = Date.now()) {
    const when = at === null ? "" : `, ${moment(at, now_ms)}`;
    const what = state === "green" ? `all ${size}` : `${seen} of ${size}`;
    const said = seen ? `countersigned ${what} lines${when}` : "has countersigned nothing yet";
    return `${name}: ${said}${fault ? `; it ${FAULTS[fault] ?? fault}` : ""}`;
}
