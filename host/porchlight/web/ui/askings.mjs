// What this hub asked residents for, and what was allowed. The page asks now and then: the host
// tells of answers at certain times only, so that nobody learns when one was given.

import { random } from "../lib/bytes.mjs";
import { h } from "../lib/dom.mjs";
import { requestClaims, signRequest, standsWords } from "../lib/asking.mjs";
import { areaWords, causeWords, windowWords } from "../lib/requests.mjs";
import { moment } from "../lib/times.mjs";
import { actionsWords, capital } from "../lib/words.mjs";

const PATH = "/api/v1/requests";

export class Askings {
    #host = "";

    /**
     * @param {import("../lib/api.mjs").Api} api @param {import("../lib/jws.mjs").Signer} signer
     *   the hub
     */
    constructor(api, signer) {
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
        const lines = requests.map((request) => this.#line(request));
        const text = (list) => list.map((line) => line.textContent).join("\n");
        if (text(lines) !== text([...this.list.children])) this.list.replaceChildren(...lines);
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

    #line(request) {
        const what = capital(actionsWords(request.actions));
        const where = areaWords(request.area);
        return h(
            "li",
            { "data-request": request.id, "data-state": request.state },
            h("p", {}, causeWords(request)),
            h("p.small", {}, `${what}, ${windowWords(request.window)}, ${where}.`),
            h("strong", {}, standsWords(request)),
            ...request.approvals.map((yes) => this.#yes(yes)),
        );
    }

    #yes({ camera, released_at }) {
        const words = `Camera ${camera.slice(0, 8)}, since ${moment(released_at)}.`;
        return h("p.small", { "data-camera": camera }, words);
    }
}
