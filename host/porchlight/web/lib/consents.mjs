// What one resident allows, as the host holds it, and the ways to change that. Grants are signed
// here.

import { claimsOf, mint, nextSeq, termsOf } from "./grant.mjs";
import { beginning, termsFor } from "./requests.mjs";
import { unixMs } from "./times.mjs";

/**
 * Standing of a grant now, also when nobody has told us yet that it ran out.
 * @param {object} grant
 * @param {number} now_ms
 */
export function standing(grant, now_ms = Date.now()) {
    const past = unixMs(grant.exp) <= now_ms;
    return past && grant.state !== "revoked" ? "expired" : grant.state;
}

/** @param {object} grant @returns {boolean} it allows something now or later */
export const stands = (grant) => ["active", "waiting"].includes(standing(grant));

export class Consents {
    #api;
    #signer;
    #refreshing = null;
    #again = false;
    /** @type {object[]} grants as the API gives them, any state */
    grants = [];

    /**
     * @param {{api: import("./api.mjs").Api, signer: import("./jws.mjs").Signer, onChange: () =>
     *   void}} with_
     */
    constructor({ api, signer, onChange }) {
        this.#api = api;
        this.#signer = signer;
        this.onChange = onChange;
    }

    /** @param {string} camera thumb */
    of = (camera) => this.grants.filter((grant) => grant.camera === camera);

    /** Those that allow something now or later. */
    standing = () => this.grants.filter((grant) => stands(grant));

    /**
     * Asks the host. Events come in bunches: one request answers all that came while it was under
     * way, and one more those after it.
     */
    refresh() {
        if (this.#refreshing) {
            this.#again = true;
            return this.#refreshing;
        }
        this.#refreshing = this.#fetch().finally(() => {
            this.#refreshing = null;
        });
        return this.#refreshing;
    }

    async #fetch() {
        do {
            this.#again = false;
            this.grants = (await this.#api.get("/api/v1/grants")).grants;
            this.onChange();
        } while (this.#again);
    }

    /** @param {object[]} grants */
    async stop(grants) {
        const ended = grants.map(({ jti }) => this.#api.post(`/api/v1/grants/${jti}/revoke`));
        await Promise.all(ended);
        await this.refresh();
    }

    /** @param {import("./grant.mjs").Terms} terms @param {number} lasts_s */
    async allow(terms, lasts_s) {
        await this.#api.post("/api/v1/grants", { token: await this.#sign(terms, lasts_s) });
        await this.refresh();
    }

    /** The same as an earlier grant, anew. @param {object} grant @param {number} lasts_s */
    async again({ jti }, lasts_s) {
        const { token } = await this.#api.get(`/api/v1/grants/${jti}`);
        await this.allow(termsOf(token), lasts_s);
    }

    /**
     * Says yes to a request, for one camera.
     * @param {object} request @param {string} camera @param {string[]} actions
     * @param {number} lasts_s
     */
    async approve(request, camera, actions, lasts_s) {
        const path = `/api/v1/me/requests/${request.id}`;
        const begins_s = beginning(await this.#api.get(path), Math.floor(Date.now() / 1000));
        const token = await this.#sign(termsFor(request, camera, actions), lasts_s, begins_s);
        await this.#api.post(`${path}/approve`, { token });
        await this.refresh();
    }

    #sign(terms, lasts_s, begins_s) {
        const now_s = Math.floor(Date.now() / 1000);
        const seen = this.of(terms.camera).map((grant) => grant.seq);
        const issuer = this.#signer.thumb;
        const seq = nextSeq(seen, now_s);
        return mint(this.#signer, claimsOf(terms, { issuer, seq, now_s, lasts_s, begins_s }));
    }
}
