// What the page shows while it holds no key, and the badges of those it holds.

import { during, h, say } from "../lib/dom.mjs";

/**
 * @param {(text: string) => Promise<void>} onFile takes the text of a key file
 * @returns {HTMLElement}
 */
export function welcome(onFile) {
    const problem = h("p.problem", { role: "alert" });
    const input = h("input", {
        type: "file",
        id: "key-file",
        accept: ".pem,.jwk,.json,application/json,application/x-pem-file",
    });
    input.addEventListener("change", () =>
        during(
            input,
            async () => {
                const [file] = input.files;
                if (file) await onFile(await file.text());
                input.value = "";
            },
            (sentence) => say(problem, sentence),
        ),
    );
    return h(
        "section.panel.welcome",
        { "aria-labelledby": "welcome-title" },
        h("h2", { id: "welcome-title" }, "Who are you?"),
        h(
            "p",
            {},
            "Choose your key file: a resident sees their own cameras and who looked, " +
                "a hub sees what residents allow.",
        ),
        h("label.file", { for: "key-file" }, "Key file (PEM or JWK) "),
        input,
        problem,
        h(
            "p.small",
            {},
            "A resident's is the one that “porchlight resident new” made: residents/NAME.pem " +
                "in the host's folder.",
        ),
        h(
            "p.small",
            {},
            "The file is read in this browser and never uploaded. The key is kept here in a form " +
                "that no script can read back; the page only signs with it. Forget it when you " +
                "use somebody else's computer.",
        ),
    );
}

/** @param {{kind: string, title: string, thumb: string}} key @param {() => void} onForget */
export const keyBadge = ({ kind, title, thumb }, onForget) =>
    h(
        "li",
        { "data-kind": kind, title: `key ${thumb}` },
        h("span", {}, `${title} · ${kind}`),
        h(
            "button.plain",
            { type: "button", "aria-label": `Forget the ${kind}'s key`, onclick: onForget },
            "Forget",
        ),
    );
