// A few words for building the page. Text only ever becomes text: nothing here parses HTML, and
// the page's policy (Trusted Types) forbids it.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag "p", or with classes "p.note.quiet"
 * @param {Record<string, any>} [props] attributes; a function is a listener ("onclick"); false
 *   and undefined are left out
 * @param {...(Node | string | null)} children
 */
export function h(tag, props = {}, ...children) {
    const [name, ...classes] = tag.split(".");
    const element = document.createElement(name);
    if (classes.length) element.className = classes.join(" ");
    for (const [key, value] of Object.entries(props)) assign(element, key, value);
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
}

function assign(element, key, value) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== undefined) element.setAttribute(key, value);
}

/** @param {string} tag @param {Record<string, string>} props @param {...Node} children */
export function svg(tag, props, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(props)) element.setAttribute(key, value);
    element.append(...children);
    return element;
}

/**
 * Sets text only when it differs, so that a screen reader hears changes and not repeats.
 * @param {Node} node
 * @param {string} text
 */
export function say(node, text) {
    if (node.textContent !== text) node.textContent = text;
}

/** The porch light. It is lit by the attribute data-lamp="sharing" on an element around it. */
export const lamp = () =>
    svg(
        "svg",
        { class: "lamp", viewBox: "0 0 24 32", "aria-hidden": "true" },
        svg("path", { class: "lamp-iron", d: "M12 1v4M7 8l2-3h6l2 3zM6 25h12l-2 4H8z" }),
        svg("path", { class: "lamp-glass", d: "M7 9h10l2 15H5z" }),
        svg("path", {
            class: "lamp-flame",
            d: "M12 12c3 3.4 3 5 3 6a3 3 0 0 1-6 0c0-1 0-2.600 3-6z",
        }),
    );

/**
 * Runs an action behind a button: disabled meanwhile, failures as a sentence.
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} action
 * @param {(sentence: string) => void} tell
 */
export async function during(button, action, tell) {
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    try {
        await action();
        tell("");
    } catch (error) {
        tell(error.message);
    } finally {
        button.ariaBusy = null;
    }
}
