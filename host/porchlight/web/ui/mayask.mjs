// Who may ask this resident for footage: nobody, until they say so here, for each hub and purpose.

import { during, h, say } from "../lib/dom.mjs";
import { ASKABLE } from "../lib/requests.mjs";
import { listed, purposeWords } from "../lib/words.mjs";

/** @param {{hub: string, hub_name: string, purposes: string[]}[]} asked @param {Names} names */
export function askedWords(asked, names) {
    if (!asked.length) return "Nobody may ask you for recordings.";
    const each = asked.map(
        ({ hub, purposes }) => `${names.hub(hub)} (${listed(purposes.map(purposeWords))})`,
    );
    return `May ask you for recordings: ${listed(each)}.`;
}

/**
 * The form. It only gathers; telling the host is the resident side's work.
 * @param {{hubs: Map<string, string>, asked: {hub: string, purposes: string[]}[], save: (choice:
 *   {hub: string, purposes: string[]}) => Promise<void>}} about
 */
export function chooseWhoMayAsk({ hubs, asked, save }) {
    const problem = h("p.problem", { role: "alert" });
    const submit = h("button.allow", { type: "submit" }, "Save");
    const hub = h(
        "select",
        { name: "hub", onchange: () => tick() },
        ...[...hubs].map(([thumb, name]) => h("option", { value: thumb }, name)),
        h("option", { value: "" }, "Another hub…"),
    );
    const boxes = ASKABLE.map((value) => h("input", { type: "checkbox", name: "purposes", value }));
    const tick = () => {
        const now = asked.find((each) => each.hub === hub.value)?.purposes ?? [];
        for (const box of boxes) box.checked = now.includes(box.value);
    };
    const form = h(
        "form",
        {},
        h("h3", {}, "Who may ask you for recordings"),
        h("p.note", {}, "They are never told that they may, or that you were asked."),
        h("label", {}, "Who ", hub),
        h("label", {}, "Another hub's name (43 characters, from its operator) ", otherHub()),
        h(
            "fieldset",
            {},
            h("legend", {}, "About what (none: they may not ask)"),
            ...boxes.map((box) => h("label.choice", {}, box, ` ${purposeWords(box.value)}`)),
        ),
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
        { "aria-label": "Who may ask you for recordings", onclose: () => dialog.remove() },
        form,
    );
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        during(
            submit,
            async () => {
                await save(choiceOf(new FormData(form)));
                dialog.close();
            },
            (text) => say(problem, text),
        );
    });
    tick();
    document.body.append(dialog);
    dialog.showModal();
}

const otherHub = () =>
    h("input", {
        name: "other",
        pattern: "[A-Za-z0-9_\\-]{43}",
        autocomplete: "off",
        spellcheck: "false",
    });

function choiceOf(form) {
    const choice = { hub: form.get("other") || form.get("hub"), purposes: form.getAll("purposes") };
    if (!choice.hub) throw new Error("Choose who may ask, or give another hub's name.");
    return choice;
}
