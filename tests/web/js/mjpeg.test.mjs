import assert from "node:assert/strict";
import test from "node:test";

import { MjpegParser } from "../../../host/porchlight/web/lib/mjpeg.mjs";

const ascii = (text) => Buffer.from(text, "latin1");

// Bodies hold line ends and boundary look-alikes on purpose: only the length may decide.
const BODIES = [
    ascii("\xff\xd8one\r\n--b\r\n\r\n\xff\xd9"),
    ascii(""),
    ascii("\xff\xd8three\xff\xd9"),
];

function stream(bodies) {
    const pieces = [ascii("--b\r\n")];
    bodies.forEach((body, at) => {
        const fields = ["Content-Type: image/jpeg", `Content-Length: ${body.length}`];
        const head = [...fields, `X-Sequence: ${at}`, "\r\n"].join("\r\n");
        pieces.push(ascii(head), body, ascii("\r\n--b\r\n"));
    });
    return Buffer.concat(pieces);
}

function feedIn(chunks) {
    const parser = new MjpegParser();
    return chunks.flatMap((chunk) => parser.feed(chunk));
}

function check(parts) {
    assert.deepEqual(
        parts.map(({ body }) => Buffer.from(body)),
        BODIES,
    );
    assert.deepEqual(
        parts.map(({ headers }) => headers.get("x-sequence")),
        ["0", "1", "2"],
    );
}

test("every cut of the stream gives the same parts", () => {
    const whole = stream(BODIES);
    check(feedIn([whole]));
    check(feedIn([...whole].map((_, at) => whole.subarray(at, at + 1))));
    for (let at = 1; at < whole.length; at += 1)
        check(feedIn([whole.subarray(0, at), whole.subarray(at)]));
});

test("a part is whole at its last byte, before the boundary after it", () => {
    const whole = stream(BODIES.slice(0, 1));
    assert.equal(feedIn([whole.subarray(0, whole.length - "\r\n--b\r\n".length)]).length, 1);
});

test("header names are told in lower case, values trimmed", () => {
    const [{ headers }] = feedIn([
        ascii("--b\r\ncontent-LENGTH:  2  \r\nX-Timestamp: t\r\n\r\nab"),
    ]);
    assert.deepEqual(
        [...headers],
        [
            ["content-length", "2"],
            ["x-timestamp", "t"],
        ],
    );
});

for (const [name, text] of [
    ["no length", "--b\r\nContent-Type: image/jpeg\r\n\r\n"],
    ["a length that is no number", "--b\r\nContent-Length: 1e3\r\n\r\n"],
    ["a negative length", "--b\r\nContent-Length: -1\r\n\r\n"],
    ["a length beyond the cap", "--b\r\nContent-Length: 99999999\r\n\r\n"],
    ["no boundary", "Content-Length: 2\r\n\r\nab"],
    ["a head without end", `--b\r\nX: ${"y".repeat(5000)}`],
]) {
    test(`refused: ${name}`, () => assert.throws(() => feedIn([ascii(text)])));
}
