// Many cameras over one WebSocket: a browser gives one host six connections, and a wall of live
// cameras needs more streams than that. The host speaks, the page listens.
//
//   text    {"cameras": [id, …]}                first: how cameras are counted, from 0
//   binary  version u8 = 1 | camera u8 | flags u16 | captured_ms u64 | sequence u32 | score u16 |
//           JPEG
//   text    {"over": camera, "reason": word}    nothing of that camera comes afterwards
//   text    {"now": unix_ms}                    a sign of life

const VERSION = 1;
const HEAD_BYTES = 18;
const REPEATED = 1;
const ALL_OVER = 1000;
const TRY_LATER = 1013;
const SILENCE_MS = 30_000; // the host says something more often than this

/** @typedef {{index: number, repeated: boolean, captured_ms: number, sequence: number,
 *   score: number, jpeg: Uint8Array}} Picture */

/**
 * @param {ArrayBuffer} message
 * @returns {Picture}
 * @throws {Error} when this is none
 */
export function readPicture(message) {
    const view = new DataView(message);
    if (message.byteLength <= HEAD_BYTES || view.getUint8(0) !== VERSION)
        throw new Error("the host sent what is no picture");
    return {
        index: view.getUint8(1),
        repeated: (view.getUint16(2) & REPEATED) !== 0,
        captured_ms: Number(view.getBigUint64(4)),
        sequence: view.getUint32(12),
        score: view.getUint16(16),
        jpeg: new Uint8Array(message, HEAD_BYTES),
    };
}

/** The socket's address beside that of the page. @param {string} path */
export function socketUrl(path, base = location.href) {
    const url = new URL(path, base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return url.href;
}

/**
 * The line broke, or could not be had. `began`: whether the host had said anything. `busy`: it said
 * that it has no room now.
 */
export class LineLost extends Error {
    /** @param {boolean} began @param {boolean} busy */
    constructor(began, busy = false) {
        super("the connection for pictures is lost");
        this.began = began;
        this.busy = busy;
    }
}

/**
 * Listens until the host ends it.
 * @param {string} url of the socket
 * @param {{signal: AbortSignal, onPicture: (camera: string, picture: Picture) => void,
 *   onOver: (camera: string, reason: string) => void, Socket?: typeof WebSocket,
 *   silence_ms?: number}} to
 * @returns {Promise<void>} resolves when every camera is over, or the signal is aborted
 * @throws {LineLost}
 */
export function listen(url, { Socket = WebSocket, ...to }) {
    return new Promise((resolve, reject) => {
        try {
            new Line(new Socket(url), { ...to, resolve, reject });
        } catch {
            reject(new LineLost(false)); // the page's policy, as an older browser reads it
        }
    });
}

/** What the host says; null when it is not its language. @param {string | ArrayBuffer} data */
function understood(data) {
    try {
        return typeof data === "string" ? JSON.parse(data) : readPicture(data);
    } catch {
        return null;
    }
}

class Line {
    #socket;
    #to;
    #cameras = null;
    #over = new Set();
    #heard_ms = performance.now();
    #timer;

    constructor(socket, to) {
        this.#socket = socket;
        this.#to = to;
        socket.binaryType = "arraybuffer";
        socket.onmessage = ({ data }) => this.#hear(data);
        socket.onclose = ({ code }) => this.#end(code === ALL_OVER, code === TRY_LATER);
        const { signal, silence_ms = SILENCE_MS } = to;
        this.#timer = setInterval(() => this.#listenForLife(silence_ms), silence_ms / 3);
        signal.addEventListener("abort", () => this.#end(true), { once: true });
        if (signal.aborted) this.#end(true);
    }

    #hear(data) {
        this.#heard_ms = performance.now();
        const message = understood(data);
        if (message?.jpeg) this.#picture(message);
        else if (message) this.#word(message);
        else this.#end(false); // not the host's language: nothing more is taken from there
    }

    #word({ cameras, over, reason }) {
        this.#cameras ??= cameras;
        const camera = this.#camera(over);
        this.#over.add(over);
        if (camera) this.#to.onOver(camera, reason);
    }

    #picture(picture) {
        const camera = this.#camera(picture.index);
        if (camera) this.#to.onPicture(camera, picture);
    }

    /** A camera that the host told of and that is not over. @param {number} index */
    #camera = (index) => (this.#over.has(index) ? undefined : this.#cameras?.[index]);

    #listenForLife(silence_ms) {
        if (performance.now() - this.#heard_ms > silence_ms) this.#end(false);
    }

    // Whatever comes after this was meant for nobody: the handlers are gone.
    #end(well, busy = false) {
        clearInterval(this.#timer);
        Object.assign(this.#socket, { onmessage: null, onclose: null });
        this.#socket.close();
        if (well) this.#to.resolve();
        else this.#to.reject(new LineLost(this.#cameras !== null, busy));
    }
}
