// For how long a permission may run: the choices, as a field.

import { h } from "../lib/dom.mjs";

const CHOICES = [
    [3600, "1 hour"],
    [4 * 3600, "4 hours"],
    [86_400, "24 hours"], // live pictures for longer need hours of the week; the command line asks
];

/** @param {Record<string, any>} props @returns {HTMLSelectElement} its value is in seconds */
export const spanSelect = (props) =>
    h("select", props, ...CHOICES.map(([value, words]) => h("option", { value }, words)));
