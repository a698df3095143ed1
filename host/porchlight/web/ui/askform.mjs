// The form in which a hub asks the residents of a circle for recordings. It only gathers.

import { during, h, say } from "../lib/dom.mjs";
import { actionsWords, capital, purposeWords } from "../lib/words.mjs";

const HOUR_S = 3600;
const OPEN = [
    [24 * HOUR_S, "1 day"],
    [3 * 24 * HOUR_S, "3 days"],
    [7 * 24 * HOUR_S, "7 days"],
];
const TERMS =
    "Residents who let you ask for this purpose are told within two minutes, once; there are no " +
    "reminders. You are not told whom you asked, or how many. No answer and a refusal look " +
    "the same.";

/**
 * @param {{cause: {case: string, purpose: string, reason: string}, circle: object, send: (wish:
 *   {from_s: number, until_s: number, actions: string[], open_s: number}) => Promise<void>}} about
 */
export function askForRecordings({ cause, circle, send }) {
    const problem = h("p.problem", { role: "alert" });
    const submit = h("button.look", { type: "submit" }, "Sign and ask");
    const title = "Ask for recordings";
    const now_s = Math.floor(Date.now() / 60_000) * 60;
    const form = h(
        "form",
        {},
        h("h3", {}, title),
        h("p", {}, questionOf(cause, circle)),
        h("label", {}, "Recorded from ", timeField("from", now_s - 2 * HOUR_S)),
        h("label", {}, "until (at most 12 hours later) ", timeField("until", now_s - HOUR_S)),
        h(
            "fieldset",
            {},
            h("legend", {}, "What you want to do"),
            ...["clips", "export"].map((value) => choice(value)),
        ),
        h(
            "label",
            {},
            "They may answer for ",
            h("select", { name: "open" }, ...OPEN.map(([value, w]) => h("option", { value }, w))),
        ),
        h("p.small", {}, TERMS),
        problem,
        h(
            "div.row",
            {},
            submit,
            h("button.plain", { type: "button", onclick: () => dialog.close() }, "Cancel"),
        ),
    );
    const dialog = h(
        "dialog.panel",
        { "aria-label": title, onclose: () => dialog.remove() },
        form,
    );
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        const done = async () => {
            await send(wishOf(new FormData(form)));
            dialog.close();
        };
        during(submit, done, (sentence) => say(problem, sentence));
    });
    document.body.append(dialog);
    dialog.showModal();
}

const questionOf = (cause, { lat, lon, radius_m }) =>
    `Case ${cause.case}, ${purposeWords(cause.purpose)}, within ${radius_m} m of ${lat}, ${lon}. ` +
    (cause.reason ? `They read: “${cause.reason}”` : "They read your reason: write one above.");

function choice(value) {
    const checked = value === "clips";
    const box = h("input", { type: "checkbox", name: "actions", value, checked });
    return h("label.choice", {}, box, ` ${capital(actionsWords([value]))}`);
}

const timeField = (name, at_s) =>
    h("input", { type: "datetime-local", name, required: true, value: local(at_s) });

// What such a field wants: this device's own time, without a zone.
function local(at_s) {
    const at = new Date(at_s * 1000);
    return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const wishOf = (form) => ({
    from_s: Math.floor(Date.parse(form.get("from")) / 1000),
    until_s: Math.floor(Date.parse(form.get("until")) / 1000),
    actions: form.getAll("actions"),
    open_s: Number(form.get("open")),
});
