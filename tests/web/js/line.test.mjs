import assert from "node:assert/strict";
import test from "node:test";

import { LineLost, listen, readPicture, socketUrl } from "../../../host/porchlight/web/lib/line.mjs";

function message({ version = 1, index = 0, flags = 0, sequence = 1, jpeg = [0xff, 0xd8] } = {}) {
    const view = new DataView(new ArrayBuffer(18 + jpeg.length));
    view.setUint8(0, version);
    view.setUint8(1, index);
    view.setUint16(2, flags);
    view.setBigUint64(4, 1_700_000_000_123n);
    view.setUint32(12, sequence);
    view.setUint16(16, 4321);
    new Uint8Array(view.buffer, 18).set(jpeg);
    return view.buffer;
}

class FakeSocket {
    static last;
    closed = false;

    constructor(url) {
        this.url = url;
        FakeSocket.last = this;
    }

    close() {
        this.closed = true;
    }

    say(data) {
        this.onmessage?.({ data: typeof data === "string" ? data : (data.buffer ?? data) });
    }

    tell(words) {
        this.say(JSON.stringify(words));
    }
}

function begin(more = {}) {
    const stop = new AbortController();
    const got = { pictures: [], over: [] };
    const done = listen("ws://host/pictures", {
        signal: stop.signal,
        onPicture: (camera, { sequence }) => got.pictures.push([camera, sequence]),
        onOver: (camera, reason) => got.over.push([camera, reason]),
        Socket: FakeSocket,
        ...more,
    });
    return { stop, got, done, socket: FakeSocket.last };
}

test("a picture is read as it was written", () => {
    const { jpeg, ...rest } = readPicture(message({ index: 7, flags: 1, sequence: 0xfffffffe }));
    assert.deepEqual(rest, {
        index: 7,
        repeated: true,
        captured_ms: 1_700_000_000_123,
        sequence: 0xfffffffe,
        score: 4321,
    });
    assert.deepEqual([...jpeg], [0xff, 0xd8]);
});

for (const [name, bytes] of [
    ["another version", message({ version: 2 })],
    ["a head without a picture", message({ jpeg: [] })],
    ["half a head", new ArrayBuffer(9)],
    ["nothing", new ArrayBuffer(0)],
])
    test(`no picture: ${name}`, () => assert.throws(() => readPicture(bytes)));

test("the socket is where the page is, over TLS where the page is", () => {
    assert.equal(socketUrl("/a/b", "https://hub:8443/web/x?y"), "wss://hub:8443/a/b");
    assert.equal(socketUrl("/a/b", "http://127.0.0.1:8080/"), "ws://127.0.0.1:8080/a/b");
});

test("pictures go to the camera they are of, until it is over", async () => {
    const { got, done, socket } = begin();
    socket.tell({ cameras: ["a", "b"] });
    socket.say(message({ index: 1, sequence: 5 }));
    socket.say(message({ index: 0, sequence: 6 }));
    socket.tell({ over: 1, reason: "revoked" });
    socket.say(message({ index: 1, sequence: 7 }));
    socket.tell({ over: 1, reason: "again" });
    socket.tell({ now: 1 });
    socket.say(message({ index: 0, sequence: 8 }));
    socket.onclose({ code: 1000 });
    await done;
    assert.deepEqual(got.pictures, [
        ["b", 5],
        ["a", 6],
        ["a", 8],
    ]);
    assert.deepEqual(got.over, [["b", "revoked"]]);
});

test("a picture of a camera that nobody told of is nobody's", () => {
    const { got, stop, done, socket } = begin();
    socket.say(message({ index: 0 }));
    socket.tell({ cameras: ["a"] });
    socket.say(message({ index: 1 }));
    assert.deepEqual(got.pictures, []);
    stop.abort();
    return done;
});

test("a line that breaks says whether there was one", async () => {
    const first = begin();
    first.socket.onclose({ code: 1006 });
    await assert.rejects(first.done, (error) => error instanceof LineLost && !error.began);
    const second = begin();
    second.socket.tell({ cameras: ["a"] });
    second.socket.onclose({ code: 1006 });
    await assert.rejects(second.done, (error) => error instanceof LineLost && error.began);
});

test("a host without room says so", async () => {
    const { done, socket } = begin();
    socket.onclose({ code: 1013 });
    await assert.rejects(done, ({ began, busy }) => !began && busy);
});

test("what is no word and no picture ends the line", async () => {
    for (const data of ["{", message({ version: 9 })]) {
        const { done, socket } = begin();
        socket.say(data);
        await assert.rejects(done, LineLost);
        assert.ok(socket.closed);
    }
});

test("a line that falls silent is lost", async () => {
    const { done, socket } = begin({ silence_ms: 30 });
    socket.tell({ cameras: ["a"] });
    await assert.rejects(done, LineLost);
    assert.ok(socket.closed);
});

test("nothing is heard after the page let go", async () => {
    const { got, stop, done, socket } = begin();
    socket.tell({ cameras: ["a"] });
    stop.abort();
    await done;
    assert.ok(socket.closed);
    socket.say(message());
    assert.deepEqual(got.pictures, []);
});

test("a browser that forbids sockets is one without a line", async () => {
    class Forbidden {
        constructor() {
            throw new Error("SecurityError");
        }
    }
    await assert.rejects(begin({ Socket: Forbidden }).done, LineLost);
});
