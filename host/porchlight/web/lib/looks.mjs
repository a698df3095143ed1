// What a hub signs for each camera or clip it asks to see; the resident's log keeps it. As in
// porchlight/client/looks.py.

import { random, sha256, utf8 } from "./bytes.mjs";
import { sign } from "./jws.mjs";

/**
 * @param {{action: string, purpose: string, case: string, reason?: string}} why trimmed
 * @param {{cam: string} | {clip: string}} what
 * @returns {Promise<object>} claims that say exactly this
 */
export async function lookClaims(why, what) {
    const said = { act: why.action, purpose: why.purpose, ...what };
    said.case = await sha256(utf8(why.case)); // hashed: any text can be signed
    if (why.reason) said.reason = await sha256(utf8(why.reason));
    return said;
}

/** Signs a hub's looks at one host. */
export class Pen {
    #signer;
    #host;
    #operator;

    /**
     * @param {import("./jws.mjs").Signer} signer @param {string} host its thumb: GET /me
     * @param {string | null} operator the pseudonym of who is signed in: GET /me as well
     */
    constructor(signer, host, operator = null) {
        this.#signer = signer;
        this.#host = host;
        this.#operator = operator;
    }

    /** The body of a POST /views. @param {{cameras: string[], action: string}} wish */
    async view(wish) {
        const said = trimmed(wish);
        const pairs = wish.cameras.map(async (cam) => [cam, await this.#sign(said, { cam })]);
        return { ...said, looks: Object.fromEntries(await Promise.all(pairs)) };
    }

    /** The body of a POST /clips/CLIP/plays. @param {string} clip @param {object} wish */
    async clip(clip, wish) {
        const said = trimmed(wish);
        return { ...said, look: await this.#sign(said, { clip }) };
    }

    async #sign(why, what) {
        const header = { alg: "ES256", kid: this.#signer.thumb, typ: "optin-look+jwt" };
        const itself = { iss: this.#signer.thumb, aud: this.#host, jti: random(16) };
        const claims = { ...itself, iat: Math.floor(Date.now() / 1000) };
        if (this.#operator) claims.op = this.#operator;
        return sign(this.#signer, header, { ...claims, ...(await lookClaims(why, what)) });
    }
}

// The host trims what people wrote before it compares.
function trimmed(wish) {
    const texts = ["case", "purpose", "reason"].map((name) => [name, wish[name]?.trim() ?? ""]);
    return { ...wish, ...Object.fromEntries(texts) };
}
