// The question before every look: which case, what for, and why.

import { h } from "../lib/dom.mjs";
import { PURPOSES } from "../lib/grant.mjs";
import { purposeWords } from "../lib/words.mjs";

/** @typedef {{case: string, purpose: string, reason: string}} Cause */

/**
 * @param {(cause: Cause) => void} onSubmit
 * @returns {{form: HTMLFormElement, fill: (cause: Cause) => void}}
 */
export function caseForm(onSubmit) {
    const purposes = PURPOSES.filter((purpose) => purpose !== "own-use");
    const form = h(
        "form.case.panel",
        { "aria-label": "Case and purpose, before anything is shown" },
        h(
            "label",
            {},
            "Case ",
            h("input", {
                name: "case",
                required: true,
                maxlength: 64,
                autocomplete: "off",
                placeholder: "24-117",
            }),
        ),
        h(
            "label",
            {},
            "Purpose ",
            h(
                "select",
                { name: "purpose", required: true },
                h("option", { value: "" }, "choose…"),
                ...purposes.map((value) => h("option", { value }, purposeWords(value))),
            ),
        ),
        h(
            "label.wide",
            {},
            "Reason ",
            h("input", {
                name: "reason",
                maxlength: 280,
                autocomplete: "off",
                placeholder: "what you hope to see",
            }),
        ),
        h("button.look", { type: "submit" }, "Find cameras"),
        h("p.small", {}, "The resident reads this in their log before the first picture is shown."),
    );
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        onSubmit(Object.fromEntries(new FormData(form)));
    });
    return {
        form,
        fill: (cause) => {
            for (const [name, value] of Object.entries(cause)) form.elements[name].value = value;
        },
    };
}
