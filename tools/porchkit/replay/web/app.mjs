// The page: the slider and its buttons, one frame side by side with what the gate saw of it.

import { Chart } from "./chart.mjs";
import { drawGreys, drawMask, drawOverlay } from "./draw.mjs";
import { Painter } from "./painter.mjs";
import { LEARNING, Reel, inflate } from "./reel.mjs";
import { facts, truth, verdict } from "./words.mjs";
import { Zones } from "./zones.mjs";

const FRAME_MS = 200; // five frames a second
const GRIDS = [
    [8, 6],
    [16, 12],
    [32, 24],
];
const at = (id) => document.getElementById(id);

class Page {
    #place = 0;
    #timer = 0;

    /** @param {Reel} reel */
    constructor(reel) {
        this.reel = reel;
        const given = reel.content.zones;
        const zones = given ? Zones.from(given) : new Zones(...GRIDS[1]);
        this.painter = new Painter(at("overlay"), zones, (said) => this.#painted(said));
        this.chart = new Chart(at("chart"), reel, (frame) => this.go(reel.place(frame)));
        this.#words();
        this.#buttons();
        this.#zoneButtons(given);
        at("picture").addEventListener("load", () => this.#fitOverlay());
        addEventListener("resize", () => this.chart.draw(this.#frame));
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
            this.chart.draw(this.#frame),
        );
        document.addEventListener("keydown", (event) => this.#key(event));
        this.chart.draw(0);
        this.go(0);
        this.#painted("");
    }

    get #frame() {
        return this.reel.shown[this.#place].frame;
    }

    /** Shows one place of the slider; past the ends nothing happens. @param {number | null} place */
    go(place) {
        const { reel } = this;
        if (place === null || place < 0 || place >= reel.shown.length) return;
        this.#place = place;
        const frame = this.#frame;
        const said = `${verdict(reel, place)} ${truth(reel, frame)}`.trim();
        at("picture").src = `data:image/jpeg;base64,${reel.content.jpegs[place]}`;
        at("picture").alt = `Frame ${frame}`;
        const looks = reel.looks[place];
        drawGreys(at("thumbnail"), looks, looks.thumbnail);
        drawGreys(at("background"), looks, looks.background);
        drawMask(at("mask"), looks);
        at("slider").value = place;
        at("slider").ariaValueText = `frame ${frame}: ${said}`;
        at("verdict").textContent = said;
        at("verdict").dataset.state = reel.frames.state[frame];
        at("facts").textContent = facts(reel, place);
        this.#drawOverlay();
        this.chart.mark(frame);
    }

    #words() {
        const { content, count, shown, labelled } = this.reel;
        const zones = content.zones ? ", with zones" : "";
        at("summary").textContent =
            `${content.summary} Sensitivity ${content.sensitivity}${zones}.`;
        at("slider").max = shown.length - 1;
        at("command").textContent = content.command;
        at("next-false").hidden = !labelled;
        for (const key of document.querySelectorAll("[data-truth]")) key.hidden = !labelled;
        at("thinned").hidden = shown.length === count;
        at("thinned").textContent =
            `Of ${count} frames ${shown.length} are on this page with their pictures, those around` +
            " motion first; the chart has them all.";
    }

    #buttons() {
        at("slider").addEventListener("input", () => this.go(Number(at("slider").value)));
        at("back").addEventListener("click", () => this.#step(-1));
        at("forth").addEventListener("click", () => this.#step(1));
        at("play").addEventListener("click", () => this.#play(!this.#timer));
        for (const key of ["s", "f", "e"]) {
            const id = { s: "next-sent", f: "next-false", e: "next-event" }[key];
            at(id).addEventListener("click", () => this.#jump(key, 1));
        }
    }

    #jump(key, way) {
        const fits = {
            s: (frame) => this.reel.sent(frame),
            f: (frame) => this.reel.falseAlarm(frame),
            e: (frame) => this.reel.event(frame),
        }[key];
        const place = this.reel.seek(this.#place, fits, way);
        this.#play(false);
        if (place === null) at("facts").textContent = `None ${way > 0 ? "after" : "before"} this.`;
        this.go(place);
    }

    #step(way) {
        this.#play(false);
        this.go(this.#place + way);
    }

    #play(on) {
        clearInterval(this.#timer);
        this.#timer = on ? setInterval(() => this.#tick(), FRAME_MS) : 0;
        at("play").textContent = on ? "Pause" : "Play";
        at("verdict").ariaLive = on ? "off" : "polite";
        if (on && this.#place === this.reel.shown.length - 1) this.go(0);
    }

    #tick() {
        if (this.#place === this.reel.shown.length - 1) this.#play(false);
        else this.go(this.#place + 1);
    }

    #key(event) {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        if (["INPUT", "SELECT", "BUTTON"].includes(event.target.tagName)) {
            // These have an own use for arrows and space, but none for letters.
            if (event.key === " " || event.key.startsWith("Arrow")) return;
        }
        const way = event.shiftKey ? -1 : 1;
        const key = event.key.toLowerCase();
        if (key === "arrowleft" || key === "arrowright") this.#step(key === "arrowleft" ? -1 : 1);
        else if (key === " ") this.#play(!this.#timer);
        else if ("sfe".includes(key)) this.#jump(key, way);
        else return;
        event.preventDefault();
    }

    #zoneButtons(given) {
        const grids = given ? [[given[0].length, given.length], ...GRIDS] : GRIDS;
        const names = new Set(grids.map((grid) => grid.join(" x ")));
        at("grid").append(...[...names].map((name) => new Option(name, name)));
        at("grid").value = `${this.painter.zones.cols} x ${this.painter.zones.rows}`;
        at("grid").addEventListener("change", () => {
            const [cols, rows] = at("grid").value.split(" x ").map(Number);
            this.painter.replace(this.painter.zones.regrid(cols, rows));
        });
        at("paint").addEventListener("click", () => {
            this.#play(false);
            this.painter.enable(!this.painter.painting);
            at("paint").ariaPressed = String(this.painter.painting);
        });
        at("clear").addEventListener("click", () => {
            const { cols, rows } = this.painter.zones;
            this.painter.replace(new Zones(cols, rows));
        });
        at("download").addEventListener("click", () => download(this.painter.zones.text));
    }

    #painted(said) {
        const { count } = this.painter.zones;
        at("painted").textContent = [said, count ? this.#effect() : "Nothing is ignored."]
            .join(" ")
            .trim();
        this.#drawOverlay();
    }

    /** An estimate that needs no gate; the command gives the truth. */
    #effect() {
        const { reel, painter } = this;
        const sent = reel.shown.filter(({ frame }) => reel.sent(frame) && !this.#learns(frame));
        const lost = sent.filter(({ frame }) => painter.zones.cover(reel.looks[reel.place(frame)]));
        const part = Math.round((100 * painter.zones.count) / painter.zones.ignored.length);
        return (
            `${part} % of the picture is ignored. Of ${sent.length} frames here sent for motion,` +
            ` ${lost.length} have all of their region in there.`
        );
    }

    #learns(frame) {
        return this.reel.frames.state[frame] === LEARNING;
    }

    #fitOverlay() {
        const picture = at("picture");
        at("overlay").width = picture.naturalWidth;
        at("overlay").height = picture.naturalHeight;
        this.#drawOverlay();
    }

    #drawOverlay() {
        const { box } = this.reel.shown[this.#place];
        const { cols, rows } = this.reel.looks[this.#place];
        const sent = this.reel.sent(this.#frame);
        drawOverlay(at("overlay"), this.painter, { box, cols, rows, sent });
    }
}

function download(text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = "zones.txt";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const content = JSON.parse(at("content").textContent);
inflate(content.looks).then((looks) => {
    new Page(new Reel(content, looks));
});
