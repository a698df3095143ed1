// What this hub asked residents for, and what was allowed. The page asks now and then: the host
// tells of answers at certain times only, so that nobody learns when one was given.

import { requestClaims, signRequest } from "../lib/asking.mjs";
import { random } from "../lib/bytes.mjs";
import { h } from "../lib/dom.mjs";
import { AskingItem } from "./asking.mjs";

const PATH = "/api/v1/requests";

export class Askings {
    #host = "";
    /** @type {Map<string, AskingItem>} */
    #items = new Map();

    /**
     * @param {import("../lib/api.mjs").Api} api @param {import("../lib/jws.mjs").Signer} signer
     *   the hub @param {import("../lib/looks.mjs").Pen} pen its own
     */
    constructor(api, signer, pen) {
        this.pen = pen;
        this.api = api;
        this.signer = signer;
        this.list = h("ul.askings", { "aria-labelledby": "askings-title" });
        this.element = h(
            "section.panel",
            { hidden: true, "aria-labelledby": "askings-title" },
            h("h3", { id: "askings-title" }, "What you asked for"),
            this.list,
        );
    }

    /** Whether an answer may still come. */
    open = false;

    /** @throws {import("../lib/api.mjs").Problem} */
    async load() {
        const { host, requests } = await this.api.get(PATH);
        this.#host = host;
        this.open = requests.some(({ state }) => state === "open");
        this.element.hidden = requests.length === 0;
        for (const [at, request] of requests.entries()) {
            const item = this.#items.get(request.id);
            if (item) item.update(request);
            else this.#add(request, at);
        }
    }

    #add(request, at) {
        const item = new AskingItem(request, this.api, this.pen);
        this.#items.set(request.id, item);
        this.list.insertBefore(item.element, this.list.children[at] ?? null);
    }

    /**
     * Asks. @param {object} wish as requestClaims wants it
     * @throws {Error} with a sentence
     */
    async send(wish) {
        const now_s = Math.floor(Date.now() / 1000);
        const by = { issuer: this.signer.thumb, host: this.#host, jti: random(16), now_s };
        const token = await signRequest(this.signer, requestClaims(wish, by));
        await this.api.post(PATH, { token });
        await this.load();
    }
}
