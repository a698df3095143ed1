// The host's public HTTP API as one key sees it: a proof for each request, and one kind of
// failure (Problem) whose message is a sentence for the screen.

import { proof } from "./dpop.mjs";
import { problemSentence } from "./words.mjs";

export class Problem extends Error {
    /**
     * @param {string} reason short word, as in the log
     * @param {string} sentence
     * @param {number} status HTTP status, 0 = no answer
     */
    constructor(reason, sentence, status) {
        super(sentence);
        this.reason = reason;
        this.status = status;
    }
}

/** What is not refused, and not done either: somebody else has to approve it. */
export const pendingProblem = () =>
    new Problem("approval-pending", problemSentence({ reason: "approval-pending" }), 202);

export class Api {
    #signer;
    #base;
    #ahead_ms = 0;
    /** An operator's sign-in, which is worth nothing without the key; empty: nobody's. */
    token = "";
    /** The host does not know the sign-in any more. */
    /** @type {(problem: Problem) => void} */
    onSignedOut = () => {};

    /** @param {import("./jws.mjs").Signer} signer @param {string} base the host's origin */
    constructor(signer, base = location.origin) {
        this.#signer = signer;
        this.#base = base;
    }

    /** @param {string} path @returns {Promise<any>} @throws {Problem} */
    async get(path, signal) {
        return (await this.#send("GET", path, { signal })).json();
    }

    /** @param {string} path @param {object} [body] @returns {Promise<any>} @throws {Problem} */
    async post(path, body) {
        return (await this.#send("POST", path, { body: body && JSON.stringify(body) })).json();
    }

    /** @param {string} path @param {object} body @returns {Promise<any>} @throws {Problem} */
    async put(path, body) {
        return (await this.#send("PUT", path, { body: JSON.stringify(body) })).json();
    }

    /**
     * A request whose answer says nothing that is needed.
     * @param {string} method @param {string} path @param {object} [body] @throws {Problem}
     */
    async send(method, path, body) {
        await this.#send(method, path, { body: body && JSON.stringify(body) });
    }

    /** @param {string} path @throws {Problem} */
    async remove(path) {
        await this.#send("DELETE", path, {});
    }

    /**
     * A response whose body is still coming.
     * @param {string} path
     * @param {AbortSignal} signal
     * @returns {Promise<Response>}
     */
    async open(path, signal) {
        return this.#send("GET", path, { signal });
    }

    /** Unix ms by the host's clock, near enough to tell how old a picture is. */
    clock = () => Date.now() + this.#ahead_ms;

    // A browser asks once more by itself, and with the same proof, where a connection broke under
    // a question that changes nothing: that proof was used, so a new one is signed.
    async #send(method, path, given) {
        try {
            return await this.#ask(method, path, given);
        } catch (error) {
            if (method !== "GET" || error.reason !== "replayed-proof") throw error;
            return this.#ask(method, path, given);
        }
    }

    async #ask(method, path, { body, signal }) {
        const url = this.#base + path;
        const token = this.token;
        const headers = { DPoP: await proof(this.#signer, { method, url, body, token }) };
        if (token) headers.Authorization = `DPoP ${token}`;
        if (body !== undefined) headers["Content-Type"] = "application/json";
        const response = await answered(
            fetch(url, { method, headers, body, signal, cache: "no-store" }),
        ).catch((error) => {
            if (token && error.reason === "no-session") this.onSignedOut(error);
            throw error;
        });
        this.#compare(response.headers.get("date"));
        return response;
    }

    // `Date` has whole seconds: a smaller difference than its own grain says nothing.
    #compare(date) {
        const ahead_ms = Date.parse(date) - Date.now();
        this.#ahead_ms = Math.abs(ahead_ms) > 2000 ? ahead_ms : 0;
    }
}

/**
 * A picture stream: its ticket is the authority, no proof is added.
 * @param {string} url
 * @param {AbortSignal} signal
 * @throws {Problem}
 */
export const openPictures = (url, signal) => answered(fetch(url, { signal, cache: "no-store" }));

async function answered(request) {
    let response;
    try {
        response = await request;
    } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new Problem("unreachable", problemSentence({ reason: "unreachable" }), 0);
    }
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    throw new Problem(
        problem.reason ?? "unknown",
        problemSentence(problem, response.status),
        response.status,
    );
}
