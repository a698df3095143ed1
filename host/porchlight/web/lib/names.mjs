// Names of hubs and cameras for the screen. A thumb is what they are; a name is only what they
// are called.

import { listed } from "./words.mjs";

/**
 * A short name such as "maple-street" as one would say it: "Maple Street". Other names stay.
 * @param {string} name @returns {string}
 */
export function spoken(name) {
    if (!/^[a-z0-9_-]+$/.test(name)) return name;
    const words = name.replaceAll(/[-_]+/g, " ").trim();
    return words.replaceAll(/(^| )[a-z]/g, (letter) => letter.toUpperCase());
}

export class Names {
    #given = {};
    #self;
    #hubs = new Map();
    #cameras = new Map();
    #grants = new Map();

    /**
     * @param {Record<string, string>} [given] thumb -> name, better than what the host calls it
     * @param {string} [self] thumb of the one who reads
     */
    constructor(given = {}, self = "") {
        for (const [thumb, name] of Object.entries(given)) this.#given[thumb] = spoken(name);
        this.#given[self] = "you";
        this.#self = self;
    }

    /** @param {string} thumb @param {string | null} [name] as the host calls it */
    learnHub(thumb, name) {
        if (thumb && name) this.#hubs.set(thumb, spoken(name));
    }

    /** @param {{id: string, label: string}} camera */
    learnCamera({ id, label }) {
        this.#cameras.set(id, label);
    }

    /** An entry tells what a hub is called, and of a new permission whom it names. */
    learnEntry({ type, jti, hub, hub_name, detail }) {
        this.learnHub(hub, hub_name);
        if (type === "grant.seen") this.learnGrant({ jti, hubs: detail.hubs });
    }

    /** @param {{jti: string, hubs: string[]}} grant */
    learnGrant({ jti, hubs }) {
        this.#grants.set(jti, hubs);
    }

    /** Whom a grant names; nobody when it is not known here. @param {string} jti */
    hubsOf = (jti) => this.#grants.get(jti) ?? [];

    /** @param {string} thumb */
    hub = (thumb) => this.#given[thumb] ?? this.#hubs.get(thumb) ?? `hub ${thumb.slice(0, 8)}`;

    camera = (id) => this.#cameras.get(id) ?? `camera ${id.slice(0, 8)}`;

    /**
     * @param {string[]} thumbs
     * @returns {string} "Fire Brigade and you", as who does something
     */
    who = (thumbs) => listed(thumbs.map((thumb) => this.hub(thumb)));

    /**
     * @param {string[]} thumbs
     * @returns {string} "Fire Brigade and yourself", as who is allowed it
     */
    whom = (thumbs) =>
        listed(thumbs.map((thumb) => (this.isSelf(thumb) ? "yourself" : this.hub(thumb))));

    /** Whether a thumb is that of the one who reads. @param {string} thumb */
    isSelf = (thumb) => thumb === this.#self;

    /** @returns {Map<string, string>} every hub known by name, thumb -> name */
    hubs() {
        return new Map([...this.#hubs.keys()].map((thumb) => [thumb, this.hub(thumb)]));
    }
}
