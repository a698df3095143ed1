// The form for a new permission: who, what, what for, how long. It only gathers; signing is the
// resident side's work.

import { during, h, say } from "../lib/dom.mjs";
import { ACTIONS, PURPOSES } from "../lib/grant.mjs";
import { actionsWords, purposeWords } from "../lib/words.mjs";
import { spanSelect } from "./spans.mjs";

const USUAL = new Set(["live", "snapshot"]);
const EMERGENCY = [
    [600, "10 minutes"],
    [1800, "30 minutes"],
    [3600, "1 hour"],
];
const READY = [
    [30 * 86_400, "30 days"],
    [90 * 86_400, "90 days"],
    [7 * 86_400, "7 days"],
];
const EMERGENCY_WORDS =
    "It allows nothing until you open it: here, by the button on the camera (three seconds), or " +
    "by “porchlight panic”. Nobody else can. It closes by itself, and you can close it before.";
const CHECKED = new Set(["burglary", "emergency", "fire", "medical", "theft", "violence"]);

/**
 * @param {{label: string, hubs: Map<string, string>, allow: (wish: {hub: string, actions:
 *   string[], purposes: string[], lasts_s: number}) => Promise<void>}} about
 *   `hubs`: known thumbs and their names
 */
export function askPermission({ label, hubs, allow }) {
    const when = [h("label", {}, "For how long ", spanSelect({ name: "lasts" }))];
    show({ title: `Allow ${label}`, verb: "Sign and allow", hubs, when, allow });
}

/** The same for a permission that allows nothing until its resident opens it. */
export function askEmergency({ label, hubs, allow }) {
    const choice = (name, choices) =>
        h("select", { name }, ...choices.map(([value, words]) => h("option", { value }, words)));
    const when = [
        h("label", {}, "Once you open it, for ", choice("panic", EMERGENCY)),
        h("label", {}, "Keep it ready for ", choice("lasts", READY)),
        h("p.small", {}, EMERGENCY_WORDS),
    ];
    const title = `Prepare ${label} for an emergency`;
    show({ title, verb: "Sign, and keep it closed", hubs, when, allow });
}

function show({ title, verb, hubs, when, allow }) {
    const problem = h("p.problem", { role: "alert" });
    const submit = h("button.allow", { type: "submit" }, verb);
    const form = h(
        "form",
        {},
        h("h3", {}, title),
        ...fields(hubs, when),
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
        during(
            submit,
            async () => {
                await allow(wishOf(new FormData(form)));
                dialog.close();
            },
            (text) => say(problem, text),
        );
    });
    document.body.append(dialog);
    dialog.showModal();
}

function fields(hubs, when) {
    const known = [...hubs].map(([thumb, name]) => h("option", { value: thumb }, name));
    return [
        h(
            "label",
            {},
            "Who may look ",
            h("select", { name: "hub" }, ...known, h("option", { value: "" }, "Another hub…")),
        ),
        h(
            "label",
            {},
            "Another hub's name (43 characters, from its operator) ",
            h("input", {
                name: "other",
                pattern: "[A-Za-z0-9_\\-]{43}",
                autocomplete: "off",
                spellcheck: "false",
            }),
        ),
        choices(
            "actions",
            "What they may do",
            ACTIONS,
            (action) => actionsWords([action]),
            USUAL,
        ),
        h("p.small", {}, "Clips: the camera records what moves while the permission runs."),
        choices("purposes", "What for", PURPOSES, purposeWords, CHECKED),
        ...when,
    ];
}

function choices(name, legend, values, words, checked) {
    const boxes = values.map((value) =>
        h(
            "label.choice",
            {},
            h("input", { type: "checkbox", name, value, checked: checked.has(value) }),
            ` ${words(value)}`,
        ),
    );
    return h("fieldset", {}, h("legend", {}, legend), ...boxes);
}

function wishOf(form) {
    const wish = {
        hub: form.get("other") || form.get("hub"),
        actions: form.getAll("actions"),
        purposes: form.getAll("purposes"),
        lasts_s: Number(form.get("lasts")),
        panic_s: Number(form.get("panic")),
    };
    if (!wish.hub) throw new Error("Choose who may look, or give another hub's name.");
    if (!wish.actions.length || !wish.purposes.length)
        throw new Error("Choose at least one thing they may do, and what for.");
    return wish;
}
