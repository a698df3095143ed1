// The hub's piece of ground: a circle to be searched, or whose residents are asked for recordings.
// Case and purpose come from the form above it, which has to be filled in first.

import { during, h, say } from "../lib/dom.mjs";
import { placeWords } from "../lib/asking.mjs";
import { moment } from "../lib/times.mjs";

const NUMBERS = [
    { name: "lat", words: "Latitude ", min: -90, max: 90, step: "any", placeholder: "52.3702" },
    { name: "lon", words: "Longitude ", min: -180, max: 180, step: "any", placeholder: "4.8952" },
    { name: "radius_m", words: "Radius in metres ", min: 1, max: 100_000, step: 1, value: 300 },
];

export class Ground {
    /**
     * @param {{search: (circle: import("../lib/asking.mjs").Circle) => Promise<object[]>, ask:
     *   (circle: import("../lib/asking.mjs").Circle) => void, open: (id: string) =>
     *   Promise<void>, ready: () => boolean}} act
     *   `search` gives GeoJSON features; `ready`: whether case and purpose are there
     */
    constructor(act) {
        this.act = act;
        this.problem = h("p.problem", { role: "alert" });
        this.said = h("p.note", { role: "status" });
        this.list = h("ul.finds", { "aria-label": "Cameras found in this circle" });
        this.search = h("button.look", { type: "submit" }, "Search here");
        this.ask = h("button.plain", { type: "button" }, "Ask for recordings…");
        this.ask.addEventListener("click", () => this.#whenReady((circle) => this.act.ask(circle)));
        this.form = h(
            "form.circle",
            { "aria-label": "A circle on the map", onsubmit: (event) => this.#submit(event) },
            ...NUMBERS.map(({ words, ...number }) =>
                h("label", {}, words, h("input", { type: "number", required: true, ...number })),
            ),
            h("div.row", {}, this.search, this.ask),
        );
        this.element = h(
            "details.panel.ground",
            {},
            h("summary", {}, "Search a circle, or ask its residents for recordings"),
            this.form,
            this.problem,
            this.said,
            this.list,
        );
    }

    /** What whoever is there may do here. @param {{search: boolean, ask: boolean}} may */
    offer({ search, ask }) {
        this.search.hidden = !search;
        this.ask.hidden = !ask;
        this.element.hidden = !search && !ask;
    }

    #submit(event) {
        event.preventDefault();
        this.#whenReady((circle) => this.#search(circle));
    }

    #whenReady(action) {
        if (!this.act.ready() || !this.form.reportValidity()) return;
        const fields = Object.fromEntries(new FormData(this.form));
        const [lat, lon, radius_m] = NUMBERS.map(({ name }) => Number(fields[name]));
        const tell = (sentence) => say(this.problem, sentence);
        during(this.search, async () => action({ lat, lon, radius_m }), tell);
    }

    async #search(circle) {
        const features = await this.act.search(circle);
        say(
            this.said,
            features.length
                ? "Each of these residents has this search in their log."
                : "No resident in this circle allows live pictures for this purpose now.",
        );
        this.list.replaceChildren(...features.map((feature) => this.#line(feature)));
    }

    #line(feature) {
        const { label, online, until, enforced_at } = feature.properties;
        const facts = [placeWords(feature), `allowed until ${moment(until)}`];
        if (!online) facts.push("not connected");
        if (enforced_at === "host") facts.push("consent kept by the host");
        const words = `Open ${label}`;
        const open = h("button.look", { type: "button", "aria-label": words }, "Open");
        const tell = (sentence) => say(this.problem, sentence);
        open.addEventListener("click", () => during(open, () => this.act.open(feature.id), tell));
        return h(
            "li",
            { "data-camera": feature.id },
            h("div", {}, h("strong", {}, label), h("p.small", {}, facts.join(" · "))),
            open,
        );
    }
}
