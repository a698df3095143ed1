// Canonical JSON, byte for byte what accord.canon makes: compact, keys sorted, integers, and text
// of printable ASCII without the two characters that JSON would escape. A grant is verified as
// the bytes it was signed as, so the page refuses to sign what a board could not read back to the
// same bytes.

const PLAIN = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/;

/**
 * @param {unknown} value
 * @returns {string}
 * @throws {TypeError} when the value has no canonical form
 */
export function dumps(value) {
    if (value === null || typeof value === "boolean") return String(value);
    if (typeof value === "number") return integer(value);
    if (typeof value === "string") return text(value);
    if (Array.isArray(value)) return `[${value.map(dumps).join(",")}]`;
    if (typeof value === "object") return object(value);
    throw new TypeError(`no canonical form for a ${typeof value}`);
}

function integer(value) {
    if (!Number.isSafeInteger(value))
        throw new TypeError("only whole numbers have a canonical form");
    return String(value === 0 ? 0 : value);
}

function text(value) {
    if (!PLAIN.test(value))
        throw new TypeError('only printable ASCII without " and \\ has a canonical form');
    return `"${value}"`;
}

function object(value) {
    const members = Object.keys(value)
        .sort()
        .map((key) => `${text(key)}:${dumps(value[key])}`);
    return `{${members.join(",")}}`;
}
