// One camera as its resident sees it: the porch light, what the board says, who may look, and the
// button that stops it.

import { standing, stands } from "../lib/consents.mjs";
import { during, h, lamp, say } from "../lib/dom.mjs";
import { moment, span, unixMs } from "../lib/times.mjs";
import { actionsWords, cameraWords, capital, lampState } from "../lib/words.mjs";
import { MotionChart } from "./motion.mjs";
import { PauseControl } from "./pause.mjs";
import { RecordingRule } from "./recording.mjs";
import { spanSelect } from "./spans.mjs";

export class CameraCard {
    /**
     * @param {object} camera @param {import("../lib/names.mjs").Names} names
     * @param {{stop: (grants: object[]) => Promise<void>, again: (grant: object, lasts_s:
     *   number) => Promise<void>, fresh: () => void, prepare: () => void, motion: (query: string) =>
     *   Promise<object>, now_s: () => number, voice: object, rule: object}} act
     *   `voice`: as PauseControl wants it; `rule`: as RecordingRule does
     */
    constructor(camera, names, act) {
        this.names = names;
        this.act = act;
        this.grants = [];
        this.#build(camera);
        this.update(camera);
    }

    #build(camera) {
        this.title = h("strong", { role: "status" });
        this.why = h("p.why", {});
        this.facts = h("p.facts", {});
        this.list = h("ul.grants", { "aria-label": `Who may use ${camera.label}` });
        this.stop = h(
            "button.stop",
            {
                type: "button",
                "aria-label": `Stop sharing ${camera.label}`,
                onclick: () => this.#run(this.stop, () => this.act.stop(this.standing())),
            },
            "Stop sharing",
        );
        this.span = spanSelect({ "aria-label": "For how long" });
        this.again = h(
            "button.allow",
            {
                type: "button",
                onclick: () =>
                    this.#run(this.again, () =>
                        this.act.again(this.latest(), Number(this.span.value)),
                    ),
            },
            "Allow again",
        );
        this.row = h("div.row.again", {}, this.again, h("label", {}, "for ", this.span));
        this.fresh = h(
            "button.plain",
            { type: "button", onclick: () => this.act.fresh() },
            "New permission…",
        );
        this.prepare = h(
            "button.plain",
            { type: "button", onclick: () => this.act.prepare() },
            "Prepare for an emergency…",
        );
        this.motion = new MotionChart(camera.label, {
            fetch: this.act.motion,
            now_s: this.act.now_s,
        });
        this.problem = h("p.problem", { role: "alert" });
        const tell = (sentence) => say(this.problem, sentence);
        this.word = new PauseControl(camera.label, this.names, this.act.voice, tell);
        this.rule = new RecordingRule(camera.label, this.names, this.act.rule);
        this.element = h(
            "article.card.panel",
            { "data-camera": camera.id, "aria-label": camera.label },
            lamp(),
            h("div.says", {}, h("h3", {}, camera.label), this.title, this.why),
            h("div.acts", {}, this.stop, this.word.button),
            this.row,
            this.word.element,
            h("div.allowed", {}, this.list, this.facts, this.fresh, this.prepare),
            this.rule.element,
            this.motion.element,
            this.problem,
        );
    }

    #run(button, action) {
        return during(button, action, (sentence) => say(this.problem, sentence));
    }

    /** @param {object} camera as the API gives it */
    update(camera) {
        this.camera = camera;
        const { title, why } = cameraWords(camera);
        this.element.dataset.lamp = lampState(camera);
        say(this.title, title);
        say(this.why, why);
        say(this.facts, factsOf(camera));
    }

    /** @param {object[]} grants of this camera, any state */
    setGrants(grants) {
        this.grants = [...grants].sort((a, b) => b.seq - a.seq);
        const standing = this.standing();
        const lines = standing.map((grant) => this.#grantLine(grant));
        this.#showLines(lines.length ? lines : [this.#nobody()]);
        this.#swap(standing.length > 0);
        this.word.setGrants(standing);
        if (this.latest()) say(this.again, `Allow ${this.names.whom(this.latest().hubs)} again`);
    }

    // One of the two buttons is there; who used one by keyboard finds the other in its place.
    #swap(shared) {
        const [shown, gone] = shared ? [this.again, this.stop] : [this.stop, this.again];
        const held = document.activeElement === shown;
        this.stop.hidden = !shared;
        this.row.hidden = shared || !this.latest();
        if (held) gone.focus();
    }

    // Only what changed: a button that is in use must not be swapped under the finger.
    #showLines(lines) {
        const [now, before] = [lines, [...this.list.children]].map((list) =>
            list.map((line) => line.outerHTML).join(""),
        );
        if (now !== before) this.list.replaceChildren(...lines);
    }

    standing = () => this.grants.filter((grant) => stands(grant));

    // Whom "allow again" means: the newest other than the resident, who may hold one for their
    // own use. Not what was signed for an emergency: "again" would allow it at once.
    latest = () => {
        const usual = this.grants.filter(({ panic_s }) => !panic_s);
        return usual.find(({ hubs }) => !hubs.every(this.names.isSelf)) ?? usual[0];
    };

    #grantLine(grant) {
        const one = h(
            "button.plain",
            {
                type: "button",
                "aria-label": `Stop this permission of ${this.names.who(grant.hubs)}`,
            },
            "Stop",
        );
        one.addEventListener("click", () => this.#run(one, () => this.act.stop([grant])));
        return h(
            "li",
            { "data-jti": grant.jti, "data-state": grant.state },
            h(
                "span",
                {},
                h("b", {}, capital(this.names.who(grant.hubs))),
                ` may ${actionsWords(grant.actions)} ${whenWords(grant)}${toldWords(grant)}`,
            ),
            this.standing().length > 1 ? one : null,
        );
    }

    #nobody() {
        const last = this.latest();
        if (!last) return h("li.nobody", {}, "Nobody may look.");
        const how = standing(last) === "revoked" ? "stopped by you" : "run out";
        return h("li.nobody", {}, `Nobody may look. Last: ${this.names.who(last.hubs)}, ${how}.`);
    }
}

const toldWords = ({ notify }) => (notify === "digest" ? "; you are told once a week" : "");

function whenWords(grant) {
    if (grant.panic_s)
        return (
            `for ${span(grant.panic_s)} once you declare an emergency, ` +
            `until ${moment(grant.exp)}`
        );
    const left_s = (unixMs(grant.exp) - Date.now()) / 1000;
    const until = `until ${moment(grant.exp)} (${span(left_s)} left)`;
    return grant.state === "waiting" ? `from ${moment(grant.nbf)} ${until}` : until;
}

function factsOf(camera) {
    const facts = [camera.sensor_powered ? "sensor on" : "sensor off"];
    if (camera.enforced_at === "host")
        facts.push("consent kept by the host, not by the camera itself");
    if (camera.last_frame) facts.push(`last picture ${moment(camera.last_frame)}`);
    return `${facts.join(" · ")}`;
}
