// How the host says that views and grants stand. Asking is no look: it writes no entry.

export class Standing {
    #api;

    /** @param {import("./api.mjs").Api} api */
    constructor(api) {
        this.#api = api;
    }

    /**
     * Why cameras of a view are over; those that are not are left out.
     * @param {{id: string}} view @param {string[]} cameras
     * @returns {Promise<Map<string, string>>} reason by camera
     * @throws {import("./api.mjs").Problem}
     */
    async endings(view, cameras) {
        const { views } = await this.#api.get("/api/v1/views");
        const looks = views.find(({ id }) => id === view.id)?.cameras ?? {};
        const over = cameras.filter((camera) => looks[camera]?.state !== "open");
        const granted = over.length ? await this.granted() : new Set();
        const reason = (camera) =>
            looks[camera]?.reason || (granted.has(camera) ? "closed" : "revoked");
        return new Map(over.map((camera) => [camera, reason(camera)]));
    }

    /** The cameras that may be watched live now. @returns {Promise<Set<string>>} */
    async granted() {
        const { grants } = await this.#api.get("/api/v1/grants");
        const live = grants.filter(
            ({ state, actions }) => state === "active" && actions.includes("live"),
        );
        return new Set(live.map(({ camera }) => camera));
    }
}
