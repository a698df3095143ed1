// A question before what cannot be taken back, on top of the page.

import { during, h, say } from "../lib/dom.mjs";

/**
 * @param {{title: string, words: string, verb: string, loud?: boolean, act: () =>
 *   Promise<void>}} about
 *   `verb`: on the button that does it; `loud`: in the colour of stopping
 */
export function confirmFirst({ title, words, verb, loud = true, act }) {
    const problem = h("p.problem", { role: "alert" });
    const go = h(loud ? "button.stop" : "button.allow", { type: "button" }, verb);
    const dialog = h(
        "dialog.panel.confirm",
        { "aria-label": title, onclose: () => dialog.remove() },
        h("h3", {}, title),
        h("p", {}, words),
        problem,
        h(
            "div.row",
            {},
            go,
            h("button.plain", { type: "button", onclick: () => dialog.close() }, "Cancel"),
        ),
    );
    const done = async () => {
        await act();
        dialog.close();
    };
    go.addEventListener("click", () => during(go, done, (text) => say(problem, text)));
    document.body.append(dialog);
    dialog.showModal();
}
