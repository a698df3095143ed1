// The hub's side: case and purpose first, then the cameras that residents allow for it, then live
// pictures.

import { drawn } from "../lib/asking.mjs";
import { during, h, say } from "../lib/dom.mjs";
import { Pen } from "../lib/looks.mjs";
import { follow, rest } from "../lib/sse.mjs";
import { lostSentence } from "../lib/words.mjs";
import { Approvals } from "./approvals.mjs";
import { askForRecordings } from "./askform.mjs";
import { Askings } from "./askings.mjs";
import { caseForm } from "./casebook.mjs";
import { Ground } from "./ground.mjs";
import { allowance, operatorBar, signInPanel } from "./operator.mjs";
import { Stage } from "./stage.mjs";

const WAIT_MS = 1000;
const ANSWERS_MS = 20_000; // between two looks at whether residents answered

export class HubSide {
    #api;
    #me;
    #cameras = [];

    /**
     * @param {{api: import("../lib/api.mjs").Api, signer: import("../lib/jws.mjs").Signer, me:
     *   object, title: string, reopen: boolean, begin: () => Promise<void>, out: () =>
     *   Promise<void>}} with_
     *   `me`: as the host gives it; `reopen`: look again by itself once allowed (the demo);
     *   `begin`, `out`: an operator signs in and out
     */
    constructor({ api, signer, me, title, reopen, begin, out }) {
        this.#api = api;
        this.#me = me;
        const pen = new Pen(signer, me.host, me.operator);
        const tell = (sentence) => say(this.problem, sentence);
        this.askings = new Askings(api, signer, pen);
        this.stage = new Stage({ api, pen, reopen, tell });
        this.problem = h("p.problem", { role: "alert" });
        this.link = h("span.link", { role: "status" }, "connecting…");
        this.found = h("p.found", { role: "status" });
        this.open = h(
            "button.look",
            {
                type: "button",
                hidden: true,
                onclick: () => this.#run(this.open, () => this.#openAll()),
            },
            "Open all",
        );
        this.close = h(
            "button.plain",
            {
                type: "button",
                hidden: true,
                onclick: () => this.#run(this.close, () => this.stage.closeAll()),
            },
            "Close all",
        );
        const { form, fill } = caseForm((cause) =>
            this.#run(form.querySelector("button"), () => this.#find(cause)),
        );
        this.fill = fill;
        const said = () => Object.fromEntries(new FormData(form));
        this.ground = new Ground({
            ready: () => form.reportValidity(),
            search: (circle) => this.#search(circle, said()),
            ask: (circle) => this.#ask(circle, said()),
            open: (id) => this.stage.open([id]),
        });
        this.stage.onChange = () => this.#showButtons();
        this.approvals = new Approvals(api, me, {
            label: (id) => this.#label(id),
            open: (asked) => this.#openApproved(asked),
        });
        this.#offer(form);
        this.element = h(
            "section.side",
            { "aria-labelledby": "hub-title", "data-side": "hub" },
            h("header", {}, h("h2", { id: "hub-title" }, title), this.link),
            ...(this.#locked
                ? [signInPanel(me.issuer, begin)]
                : [
                      me.operator ? operatorBar(me, out) : null,
                      form,
                      this.ground.element,
                      this.problem,
                      h("div.row", {}, this.found, this.open, this.close),
                      this.approvals.element,
                      this.stage.element,
                      this.askings.element,
                  ]),
        );
    }

    /** Whether somebody has to sign in before anything else. */
    get #locked() {
        return Boolean(this.#me.issuer && !this.#me.operator);
    }

    // What the role lacks is not offered; the host refuses it in any case.
    #offer(form) {
        const can = allowance(this.#me);
        form.hidden = !["look", "search", "request"].some(can);
        form.querySelector("button").hidden = !can("look");
        this.ground.offer({ search: can("search"), ask: can("request") });
    }

    #label(id) {
        const known = this.#cameras.find((camera) => camera.id === id);
        return known?.label ?? `camera ${id.slice(0, 8)}`;
    }

    async #openApproved(asked) {
        const cause = { case: asked.case, purpose: asked.purpose, reason: asked.reason };
        this.fill(cause);
        if (!this.stage.holds(asked.cameras, cause)) await this.#find(cause);
        await this.stage.open(asked.cameras, asked.approval);
    }

    /** Keeps the side current until the signal is aborted. @param {AbortSignal} signal */
    run(signal) {
        this.link.hidden = this.#locked;
        if (this.#locked) return undefined;
        this.stage.run(signal);
        this.#awaitAnswers(signal);
        return follow((inner) => this.#api.open("/api/v1/events", inner), {
            signal,
            onOpen: async () => {
                if (allowance(this.#me)("request")) await this.askings.load();
                await this.approvals.load();
                say(this.link, "live");
                say(this.problem, "");
            },
            onEvent: (name, value) => {
                if (name === "view" && value.state === "closed") this.stage.ended(value);
                if (name === "approval") this.approvals.load().catch(() => {});
            },
            onLost: (error) => {
                say(this.link, "reconnecting…");
                say(this.problem, lostSentence(error));
            },
        });
    }

    /**
     * Asks and opens without a click, as soon as anybody allows this hub anything, for a purpose
     * they allow. Grants are
     * asked for until then, and not cameras: a search is an entry in residents' logs.
     * @param {{case: string, reason: string}} why @param {AbortSignal} signal
     */
    async lookOnceAllowed(why, signal) {
        let purpose = await this.#allowedPurpose();
        for (; !purpose && !signal.aborted; purpose = await this.#allowedPurpose())
            await rest(WAIT_MS, signal);
        if (signal.aborted) return;
        const cause = { ...why, purpose };
        this.fill(cause);
        await this.#run(this.open, async () => {
            await this.#find(cause);
            await this.#openAll();
        });
    }

    async #allowedPurpose() {
        try {
            const { grants } = await this.#api.get("/api/v1/grants");
            const { purposes = [] } = grants.find(({ state }) => state === "active") ?? {};
            return purposes.find((purpose) => purpose !== "own-use");
        } catch {
            return undefined; // asked again in a moment
        }
    }

    async #awaitAnswers(signal) {
        for (; !signal.aborted; await rest(ANSWERS_MS, signal))
            if (this.askings.open && !document.hidden) await this.askings.load().catch(() => {});
    }

    #ask(circle, cause) {
        const send = (wish) => this.askings.send({ circle, cause, ...wish });
        askForRecordings({ cause, circle, send });
    }

    #run(button, action) {
        return during(button, action, (sentence) => say(this.problem, sentence));
    }

    async #find(cause) {
        const query = new URLSearchParams({ case: cause.case, purpose: cause.purpose });
        const { cameras } = await this.#api.get(`/api/v1/cameras?${query}`);
        await this.#put(
            cameras.filter((camera) => camera.actions.includes("live")),
            cause,
        );
    }

    async #search(circle, cause) {
        const wish = { circle: drawn(circle), action: "live", ...cause };
        const { features } = await this.#api.post("/api/v1/search", wish);
        const cameras = features.map(({ id, properties }) => ({ id, ...properties }));
        await this.#put(cameras, cause);
        return features;
    }

    async #put(cameras, cause) {
        await this.stage.closeAll();
        this.#cameras = cameras;
        this.stage.set(cameras, cause);
        say(this.found, foundWords(cameras.length, cause));
        this.#showButtons();
    }

    async #openAll() {
        await this.stage.open(this.#cameras.map((camera) => camera.id));
    }

    #showButtons() {
        this.open.hidden =
            this.#cameras.length === 0 || this.stage.showing === this.#cameras.length;
        this.close.hidden = this.stage.showing === 0;
    }
}

function foundWords(count, cause) {
    if (count === 0) return "No resident allows live pictures for this purpose now.";
    return `${count} camera${count === 1 ? "" : "s"} for case ${cause.case}.`;
}
