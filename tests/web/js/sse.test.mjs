import assert from "node:assert/strict";
import test from "node:test";

import { SseParser, follow } from "../../../host/porchlight/web/lib/sse.mjs";

const STREAM =
    'event: entry\ndata: {"n":1}\n\n: a comment\n\n' +
    'event:view\r\ndata:{"a":\r\ndata: 2}\r\n\r\ndata: "x"\n\n';
const EVENTS = [
    { event: "entry", data: '{"n":1}' },
    { event: "view", data: '{"a":\n2}' },
    { event: "message", data: '"x"' },
];

test("every cut of the stream gives the same events", () => {
    for (let at = 0; at <= STREAM.length; at += 1) {
        const parser = new SseParser();
        assert.deepEqual(
            [...parser.feed(STREAM.slice(0, at)), ...parser.feed(STREAM.slice(at))],
            EVENTS,
        );
    }
});

test("an event without data is none, and its name does not stick to the next", () => {
    const parser = new SseParser();
    assert.deepEqual(parser.feed("event: entry\n\ndata: 1\n\n"), [{ event: "message", data: "1" }]);
});

test("a line without end is refused", () => {
    assert.throws(() => new SseParser().feed("x".repeat(1024 * 1024 + 1)));
});

test("follow comes back after an end and after a refusal, and stops with its signal", async () => {
    const stop = new AbortController();
    const seen = [];
    let tries = 0;
    let ready = true;
    const connect = async () => {
        tries += 1;
        if (tries === 2) throw new Error("refused");
        return new Response(`event: entry\ndata: ${tries}\n\n`);
    };
    await follow(connect, {
        signal: stop.signal,
        pauses_ms: { first: 1, most: 2 },
        onOpen: async () => {
            seen.push("open");
            ready = false;
            await new Promise((done) => setTimeout(done, 1));
            ready = true;
        },
        onEvent: (name, value) => {
            assert.ok(ready);
            seen.push(`${name} ${value}`);
            if (value === 3) stop.abort();
        },
        onLost: (error) => seen.push(error.message),
    });
    assert.deepEqual(seen, [
        "open",
        "entry 1",
        "the event stream ended",
        "refused",
        "open",
        "entry 3",
    ]);
});
