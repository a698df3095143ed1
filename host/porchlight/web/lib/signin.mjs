// An operator signs in at their agency's own provider (OpenID Connect, authorization code with
// PKCE), and comes back to this page with a code. The host changes the code for an ID token: this
// page may connect to nobody else. What it gets is a token that is bound to the hub's key.

import { random, sha256, utf8 } from "./bytes.mjs";

const BEGUN = "sign-in";
const VERIFIER_BYTES = 32;

/** @typedef {{code?: string, state?: string, error?: string, iss?: string}} Return */

/**
 * What the provider has put into this page's address; it is gone from there afterwards.
 * @returns {Return | null}
 */
export function takeReturn() {
    const query = new URLSearchParams(location.search);
    if (!query.has("state")) return null;
    history.replaceState(null, "", location.pathname + location.hash);
    return Object.fromEntries(query);
}

export class SignIn {
    #api;
    #kept;
    #name;

    /**
     * @param {import("./api.mjs").Api} api of the hub @param {string} thumb the hub's
     * @param {Storage} [kept] of this tab alone
     */
    constructor(api, thumb, kept = sessionStorage) {
        this.#api = api;
        this.#kept = kept;
        this.#name = `operator:${thumb}`;
        api.token = kept.getItem(this.#name) ?? "";
    }

    /**
     * Begins one. @param {string} [page] where the provider sends the operator back to
     * @returns {Promise<string>} where the operator has to go
     * @throws {import("./api.mjs").Problem}
     */
    async begin(page = pageAddress()) {
        const { authorization_endpoint } = await this.#api.get("/api/v1/operators/issuer");
        const { nonce, client_id, issuer } = await this.#api.post("/api/v1/operators/sign-in");
        const [state, verifier] = [random(VERIFIER_BYTES), random(VERIFIER_BYTES)];
        const begun = { state, verifier, issuer, redirect_uri: page, hub: this.#name };
        this.#kept.setItem(BEGUN, JSON.stringify(begun));
        const url = new URL(authorization_endpoint);
        const asked = {
            response_type: "code",
            scope: "openid",
            client_id,
            redirect_uri: page,
            state,
            nonce,
            code_challenge: await sha256(utf8(verifier)),
            code_challenge_method: "S256",
        };
        for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
        return url.href;
    }

    /**
     * Ends the one that was begun here, if the provider's answer is to that.
     * @param {Return | null} returned
     * @throws {Error} with a sentence
     */
    async arrive(returned) {
        const begun = JSON.parse(this.#kept.getItem(BEGUN) ?? "null");
        if (!returned || begun?.hub !== this.#name) return;
        this.#kept.removeItem(BEGUN);
        check(returned, begun);
        const { token } = await this.#api.post("/api/v1/operators/code", {
            code: returned.code,
            code_verifier: begun.verifier,
            redirect_uri: begun.redirect_uri,
        });
        this.#kept.setItem(this.#name, token);
        this.#api.token = token;
    }

    /** Signs out, here and at the host. @throws {import("./api.mjs").Problem} */
    async out() {
        await this.#api.remove("/api/v1/operators/session");
        this.forget();
    }

    /** Knows nobody any more. */
    forget() {
        this.#kept.removeItem(this.#name);
        this.#api.token = "";
    }
}

const pageAddress = () => `${location.origin}/`;

// Whoever could make this page take another's answer could sign the operator in as somebody else.
function check({ state, error, iss, code }, begun) {
    if (state !== begun.state || (iss && iss !== begun.issuer))
        throw new Error("That sign-in was not begun in this tab. Try again.");
    if (error || !code) throw new Error(`Your agency did not sign you in (${error ?? "no code"}).`);
}
