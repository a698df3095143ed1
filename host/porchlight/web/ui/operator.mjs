// Who is at the hub: the way to sign in, who did, and the way out.

import { during, h, say } from "../lib/dom.mjs";
import { moment } from "../lib/times.mjs";
import { listed } from "../lib/words.mjs";

const TASKS = ["look", "search", "request", "approve"];

/** A pseudonym as people can tell it from another. @param {string} id */
export const called = (id) => `operator ${id.slice(0, 6)}`;

/**
 * @param {object} me as the host gives it
 * @returns {(what: string) => boolean} whether the one at the hub may do that
 */
export function allowance({ issuer, may }) {
    const all = new Set(may);
    return (what) => !issuer || all.has(what);
}

/**
 * Shown while nobody is signed in.
 * @param {string} issuer address of the agency's provider @param {() => Promise<void>} begin
 */
export function signInPanel(issuer, begin) {
    const problem = h("p.problem", { role: "alert" });
    const go = h("button.look", { type: "button" }, "Sign in");
    go.addEventListener("click", () => during(go, begin, (text) => say(problem, text)));
    return h(
        "section.panel.sign-in",
        { "aria-labelledby": "sign-in-title" },
        h("h3", { id: "sign-in-title" }, "Who is there?"),
        h("p", {}, `This hub's operators sign in at ${new URL(issuer).host}.`),
        go,
        problem,
        h(
            "p.small",
            {},
            "Residents see a pseudonym of yours with every look, and never your name.",
        ),
    );
}

/**
 * Who is signed in, and the way out.
 * @param {object} me as the host gives it @param {() => Promise<void>} out
 */
export function operatorBar(me, out) {
    const problem = h("p.problem", { role: "alert" });
    const button = h("button.plain", { type: "button" }, "Sign out");
    button.addEventListener("click", () => during(button, out, (text) => say(problem, text)));
    const roles = me.roles.length ? listed(me.roles) : "no role at this hub";
    const nothing = !TASKS.some((task) => me.may.includes(task));
    return h(
        "div.operator",
        { role: "group", "aria-label": "Signed in", "data-operator": me.operator },
        h("p", {}, h("b", {}, `You are ${called(me.operator)}`), `: ${roles}.`),
        h("p.small", {}, `Signed in until ${moment(me.expires)}.`),
        button,
        problem,
        nothing ? h("p.note", {}, "There is nothing for your role to do on this page.") : null,
    );
}
