// The form for a new permission: who, what, what for, how long. It only gathers; signing is the
// resident side's work.

import { during, h, say } from "../lib/dom.mjs";
import { ACTIONS, PURPOSES } from "../lib/grant.mjs";
import { actionsWords, purposeWords } from "../lib/words.mjs";
import { spanSelect } from "./spans.mjs";

const USUAL = new Set(["live", "snapshot"]);
const CHECKED = new Set(["burglary", "emergency", "fire", "medical", "theft", "violence"]);

/**
 * @param {{label: string, hubs: Map<string, string>, allow: (wish: {hub: string, actions:
 *   string[], purposes: string[], lasts_s: number}) => Promise<void>}} about
 *   `hubs`: known thumbs and their names
 */
export function askPermission({ label, hubs, allow }) {
    const problem = h("p.problem", { role: "alert" });
    const submit = h("button.allow", { type: "submit" }, "Sign and allow");
    const form = h(
        "form",
        {},
        h("h3", {}, `Allow ${label}`),
        ...fields(hubs),
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
        { "aria-label": `Allow ${label}`, onclose: () => dialog.remove() },
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

function fields(hubs) {
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
        h("label", {}, "For how long ", spanSelect({ name: "lasts" })),
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
    };
    if (!wish.hub) throw new Error("Choose who may look, or give another hub's name.");
    if (!wish.actions.length || !wish.purposes.length)
        throw new Error("Choose at least one thing they may do, and what for.");
    return wish;
}
