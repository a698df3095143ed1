// Composition root of the page: takes the keys, asks the host whose they are, and builds a side
// for each.

import { Api } from "./lib/api.mjs";
import { say } from "./lib/dom.mjs";
import { fromFile, KeyStore, takeDemo } from "./lib/keys.mjs";
import { Names, spoken } from "./lib/names.mjs";
import { rest } from "./lib/sse.mjs";
import { HubSide } from "./ui/hub.mjs";
import { ResidentSide } from "./ui/resident.mjs";
import { keyBadge, welcome } from "./ui/welcome.mjs";

const KINDS = ["resident", "hub"];
const DEMO_CAUSE = { case: "demo", reason: "to show how it works" };
const RETRY_MS = 1500;

class Page {
    #store;
    #sides = new Map();

    constructor(store) {
        this.#store = store;
        this.main = document.getElementById("main");
        this.badges = document.getElementById("keys");
        this.notice = document.getElementById("notice");
    }

    /** @param {Awaited<ReturnType<typeof takeDemo>>} demo */
    async start(demo) {
        if (demo) await this.#store.put("demo", demo.names);
        const kept = demo
            ? demo.signers
            : await Promise.all(KINDS.map((kind) => this.#store.get(kind)));
        this.demo = await this.#store.get("demo");
        for (const signer of kept.filter(Boolean)) await this.#admit(signer);
        this.#arrange();
    }

    /**
     * Takes a key once the host says whose it is, and keeps it; waits for a host that does not
     * answer yet.
     */
    async #admit(signer) {
        const api = new Api(signer);
        for (;;) {
            try {
                const me = await api.get("/api/v1/me");
                await this.#store.put(me.kind, signer);
                return this.#join(me, api, signer);
            } catch (error) {
                say(this.notice, error.message);
                if (error.status !== 0) return undefined;
                await rest(RETRY_MS);
            }
        }
    }

    #join(me, api, signer) {
        say(this.notice, "");
        this.#leave(me.kind);
        const stop = new AbortController();
        const title = spoken(this.demo?.[me.thumb] ?? me.name);
        const names = new Names(this.demo, me.thumb);
        const side =
            me.kind === "hub"
                ? new HubSide({ api, signer, host: me.host, title, reopen: Boolean(this.demo) })
                : new ResidentSide({ api, signer, title, names });
        const badge = keyBadge({ kind: me.kind, title, thumb: me.thumb }, () =>
            this.#forget(me.kind),
        );
        this.#sides.set(me.kind, { side, stop, badge });
        side.run(stop.signal);
        if (this.demo && me.kind === "hub") side.lookOnceAllowed(DEMO_CAUSE, stop.signal);
    }

    async #forget(kind) {
        await this.#store.forget(kind);
        await this.#store.forget("demo");
        this.#leave(kind);
        this.#arrange();
    }

    #leave(kind) {
        this.#sides.get(kind)?.stop.abort();
        this.#sides.delete(kind);
    }

    #arrange() {
        const joined = KINDS.map((kind) => this.#sides.get(kind)).filter(Boolean);
        this.badges.replaceChildren(...joined.map(({ badge }) => badge));
        this.main.replaceChildren(...joined.map(({ side }) => side.element));
        this.main.dataset.count = joined.length;
        if (joined.length === 0) this.main.append(welcome((text) => this.#takeFile(text)));
    }

    async #takeFile(text) {
        const signer = await fromFile(text);
        const before = this.#sides.size;
        await this.#admit(signer);
        if (this.#sides.size === before) throw new Error(this.notice.textContent);
        this.#arrange();
    }
}

const demo = takeDemo(); // first of all: this wipes the keys from the address
demo.then(async (found) => new Page(await KeyStore.open()).start(found)).catch((error) => {
    say(document.getElementById("notice"), `This page could not start: ${error.message}`);
});
