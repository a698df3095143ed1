// Bytes and text: UTF-8, base64url without padding (RFC 4648 §5), joining. Nothing here knows
// what the bytes mean.

const encoder = new TextEncoder();
const B64URL = /^[A-Za-z0-9_-]*$/;

/** @param {string} text @returns {Uint8Array} */
export const utf8 = (text) => encoder.encode(text);

/** base64url without padding. @param {Uint8Array | ArrayBuffer} bytes @returns {string} */
export function b64(bytes) {
    let binary = "";
    for (const byte of new Uint8Array(bytes)) binary += String.fromCharCode(byte);
    return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * Strict inverse of b64: no padding, no other alphabet, no loose bits at the end.
 * @param {string} text
 * @returns {Uint8Array}
 * @throws {Error} when the text is not canonical base64url
 */
export function unb64(text) {
    if (!B64URL.test(text) || text.length % 4 === 1) throw new Error("not base64url");
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    if (b64(bytes) !== text) throw new Error("not canonical base64url");
    return bytes;
}

/** @param {Uint8Array} left @param {Uint8Array} right @returns {Uint8Array} */
export function concat(left, right) {
    if (left.length === 0) return right;
    const joined = new Uint8Array(left.length + right.length);
    joined.set(left);
    joined.set(right, left.length);
    return joined;
}

/** base64url of the SHA-256. @param {Uint8Array} bytes @returns {Promise<string>} */
export const sha256 = async (bytes) => b64(await crypto.subtle.digest("SHA-256", bytes));

/** @param {number} count @returns {string} that many random bytes, base64url */
export const random = (count) => b64(crypto.getRandomValues(new Uint8Array(count)));
