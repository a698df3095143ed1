// Composition root of the page: takes the keys, asks the host whose they are, and builds a side
// for each.

import { Api } from "./lib/api.mjs";
import { say } from "./lib/dom.mjs";
import { fromFile, KeyStore, takeDemo } from "./lib/keys.mjs";
import { Names, spoken } from "./lib/names.mjs";
import { SignIn, takeReturn } from "./lib/signin.mjs";
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

    /** @param {KeyStore} store @param {import("./lib/signin.mjs").Return | null} returned */
    constructor(store, returned) {
        this.#store = store;
        this.returned = returned;
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
    async #admit(signer, words = "") {
        const api = new Api(signer);
        const signIn = new SignIn(api, signer.thumb);
        words ||= await signIn.arrive(this.returned).then(() => "", toldOf);
        for (;;) {
            try {
                const me = await api.get("/api/v1/me");
                await this.#store.put(me.kind, signer);
                this.#join(me, api, signer, signIn);
                return say(this.notice, words);
            } catch (error) {
                if (error.reason === "no-session") {
                    signIn.forget();
                    words = error.message;
                    continue;
                }
                say(this.notice, error.message);
                if (error.status !== 0) return undefined;
                await rest(RETRY_MS);
            }
        }
    }

    #join(me, api, signer, signIn) {
        this.#leave(me.kind);
        const stop = new AbortController();
        const title = spoken(this.demo?.[me.thumb] ?? me.name);
        const names = new Names(this.demo, me.thumb);
        const side =
            me.kind === "hub"
                ? new HubSide({
                      ...{ api, signer, me, title, reopen: Boolean(this.demo) },
                      begin: async () => location.assign(await signIn.begin()),
                      out: () => this.#signOut(signer, () => signIn.out()),
                  })
                : new ResidentSide({ api, signer, title, names });
        const badge = keyBadge({ kind: me.kind, title, thumb: me.thumb }, () =>
            this.#forget(me.kind),
        );
        this.#sides.set(me.kind, { side, stop, badge });
        api.onSignedOut = ({ message }) => {
            api.onSignedOut = () => {}; // once: what was under way ends with the same word
            this.#signOut(signer, async () => signIn.forget(), message);
        };
        side.run(stop.signal);
        if (this.demo && me.kind === "hub") side.lookOnceAllowed(DEMO_CAUSE, stop.signal);
    }

    /**
     * Lets go of every stream. A browser may keep a page that somebody leaves, frozen, with all its
     * connections: a board would film for nobody, and a host gets only six of them.
     */
    freeze() {
        for (const kind of [...this.#sides.keys()]) this.#leave(kind);
    }

    // Whatever was open is closed first, as whoever opened it.
    async #signOut(signer, end, words = "") {
        const hub = this.#sides.get("hub");
        await hub?.side.stage.closeAll().catch(() => {}); // the host closes them in any case
        hub?.stop.abort();
        await end();
        this.returned = null;
        await this.#admit(signer, words);
        this.#arrange();
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

const toldOf = (error) => error.message;

const demo = takeDemo(); // first of all: this wipes the keys from the address
const returned = takeReturn(); // and the code of a sign-in
const start = async (found) => {
    const page = new Page(await KeyStore.open(), returned);
    addEventListener("pagehide", () => page.freeze());
    addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
    await page.start(found);
};
demo.then(start).catch((error) => {
    say(document.getElementById("notice"), `This page could not start: ${error.message}`);
});
