// Names of hubs and cameras for the screen. A thumb is what they are; a name is only what they
// are called.

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
    #hubs = new Map();
    #cameras = new Map();

    /**
     * @param {Record<string, string>} [given] thumb -> name, better than what the host calls it
     * @param {string} [self] thumb of the one who reads
     */
    constructor(given = {}, self = "") {
        for (const [thumb, name] of Object.entries(given)) this.#given[thumb] = spoken(name);
        this.#given[self] = "you";
    }

    /** @param {string} thumb @param {string | null} [name] as the host calls it */
    learnHub(thumb, name) {
        if (thumb && name) this.#hubs.set(thumb, spoken(name));
    }

    /** @param {{id: string, label: string}} camera */
    learnCamera({ id, label }) {
        this.#cameras.set(id, label);
    }

    hub = (thumb, name) =>
        this.#given[thumb] ??
        (name ? spoken(name) : this.#hubs.get(thumb)) ??
        `hub ${thumb.slice(0, 8)}`;

    camera = (id) => this.#cameras.get(id) ?? `camera ${id.slice(0, 8)}`;

    /** @returns {Map<string, string>} every hub known by name, thumb -> name */
    hubs() {
        return new Map([...this.#hubs.keys()].map((thumb) => [thumb, this.hub(thumb)]));
    }
}
