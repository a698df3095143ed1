// multipart/x-mixed-replace, read incrementally. Each part says its length, so a picture is whole
// the moment its last byte is here: an <img> would show it one part late, and would not darken
// when the stream ends.
//
//   --boundary CRLF  name: value CRLF … CRLF  <Content-Length bytes>  CRLF  --boundary CRLF  …

import { concat } from "./bytes.mjs";

const MAX_HEAD_BYTES = 4096;
const MAX_PART_BYTES = 4 * 1024 * 1024; // a wall of many cameras is one picture

/** @typedef {{headers: Map<string, string>, body: Uint8Array}} Part */

export class MjpegParser {
    #rest = new Uint8Array(0);
    #searched = 0;
    #headers = null;
    #length = 0;

    /**
     * @param {Uint8Array} chunk any cut of the stream
     * @returns {Part[]} the parts that are now whole, oldest first
     * @throws {Error} when this is not such a stream; the parser must not be fed again
     */
    feed(chunk) {
        this.#rest = concat(this.#rest, chunk);
        const parts = [];
        for (let part = this.#next(); part; part = this.#next()) parts.push(part);
        return parts;
    }

    #next() {
        if (!this.#headers && !this.#readHead()) return null;
        if (this.#rest.length < this.#length) return null;
        const part = { headers: this.#headers, body: this.#rest.slice(0, this.#length) };
        this.#rest = this.#rest.subarray(this.#length);
        this.#headers = null;
        return part;
    }

    #readHead() {
        const end = this.#headEnd();
        if (end < 0) return false;
        this.#headers = parseHead(this.#rest.subarray(0, end));
        this.#length = lengthOf(this.#headers);
        this.#rest = this.#rest.subarray(end + 4);
        this.#searched = 0;
        return true;
    }

    // Remembers how far it looked, so that a stream fed byte by byte still costs linear time.
    #headEnd() {
        const rest = this.#rest;
        for (let at = this.#searched; at + 3 < rest.length; at += 1) {
            if (
                rest[at] === 13 &&
                rest[at + 1] === 10 &&
                rest[at + 2] === 13 &&
                rest[at + 3] === 10
            )
                return at;
        }
        if (rest.length > MAX_HEAD_BYTES) throw new Error("part head too long");
        this.#searched = Math.max(0, rest.length - 3);
        return -1;
    }
}

function parseHead(bytes) {
    if (bytes.length > MAX_HEAD_BYTES) throw new Error("part head too long");
    const lines = new TextDecoder("latin1")
        .decode(bytes)
        .split("\r\n")
        .filter((line) => line !== "");
    if (lines.length === 0 || !lines[0].startsWith("--")) throw new Error("no boundary");
    const headers = new Map();
    for (const line of lines.slice(1)) {
        const colon = line.indexOf(":");
        if (colon > 0)
            headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    }
    return headers;
}

function lengthOf(headers) {
    const text = headers.get("content-length") ?? "";
    const length = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    if (length < 0 || length > MAX_PART_BYTES) throw new Error("part length missing or too large");
    return length;
}
