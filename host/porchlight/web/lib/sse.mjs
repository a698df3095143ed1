// Server-sent events over fetch(): EventSource cannot carry a DPoP proof. The parser is pure;
// follow() keeps a stream open for as long as its signal lets it, with a fresh proof and a
// growing, jittered pause at each try.

const MAX_BUFFER_CHARS = 1024 * 1024;
const SILENCE_MS = 45_000; // the host pings more often than this
const PAUSES_MS = { first: 500, most: 15_000 };

/** @typedef {{event: string, data: string}} ServerEvent */

export class SseParser {
    #rest = "";
    #event = "";
    #data = [];

    /**
     * @param {string} text any cut of the stream
     * @returns {ServerEvent[]}
     * @throws {Error} when one line has no end in sight
     */
    feed(text) {
        const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
        this.#rest = lines.pop();
        if (this.#rest.length > MAX_BUFFER_CHARS) throw new Error("event too long");
        return lines.map((line) => this.#line(line)).filter((event) => event !== null);
    }

    #line(line) {
        if (line === "") return this.#dispatch();
        const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
        if (field === "event") this.#event = value ?? "";
        if (field === "data") this.#data.push(value ?? "");
        return null;
    }

    #dispatch() {
        const event = this.#data.length
            ? { event: this.#event || "message", data: this.#data.join("\n") }
            : null;
        this.#event = "";
        this.#data = [];
        return event;
    }
}

/**
 * @param {(signal: AbortSignal) => Promise<Response>} connect opens the stream; a rejection
 *   means "try again"
 * @param {{onOpen: () => void | Promise<void>, onEvent: (name: string, value: any) => void,
 *   onLost: (error: Error) => void, signal: AbortSignal, pauses_ms?: typeof PAUSES_MS}} on
 *   events wait until onOpen is done; if it rejects, the stream counts as lost
 * @returns {Promise<void>} resolves when the signal is aborted
 */
export async function follow(connect, { onOpen, onEvent, onLost, signal, pauses_ms = PAUSES_MS }) {
    let pause_ms = pauses_ms.first;
    while (!signal.aborted) {
        try {
            await once(
                connect,
                signal,
                async () => {
                    await onOpen();
                    pause_ms = pauses_ms.first;
                },
                onEvent,
            );
            throw new Error("the event stream ended");
        } catch (error) {
            if (signal.aborted) return;
            onLost(error);
        }
        await rest(pause_ms * (0.5 + Math.random()), signal);
        pause_ms = Math.min(pause_ms * 2, pauses_ms.most);
    }
}

async function once(connect, signal, onOpen, onEvent) {
    const ended = new AbortController();
    try {
        const response = await connect(AbortSignal.any([signal, ended.signal]));
        await onOpen(); // events that come meanwhile wait in the stream
        const parser = new SseParser();
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        for (;;) {
            const timer = setTimeout(() => ended.abort(), SILENCE_MS);
            const { done, value } = await reader.read().finally(() => clearTimeout(timer));
            if (done) return;
            for (const { event, data } of parser.feed(value)) onEvent(event, JSON.parse(data));
        }
    } finally {
        ended.abort();
    }
}

/**
 * Sleeps, or stops sleeping when the signal says so.
 * @param {number} ms
 * @param {AbortSignal} signal
 */
export function rest(ms, signal) {
    return new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        signal?.addEventListener(
            "abort",
            () => {
                clearTimeout(timer);
                resolve();
            },
            { once: true },
        );
    });
}
