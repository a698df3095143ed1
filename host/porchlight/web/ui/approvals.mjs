// What waits for a second operator of this hub: one asks, another one approves, the first opens.

import { during, h, say } from "../lib/dom.mjs";
import { causeWords } from "../lib/requests.mjs";
import { moment } from "../lib/times.mjs";
import { actionsWords, listed } from "../lib/words.mjs";
import { called } from "./operator.mjs";

const PATH = "/api/v1/approvals";

export class Approvals {
    #api;
    #me;
    #act;

    /**
     * @param {import("../lib/api.mjs").Api} api @param {object} me as the host gives it
     * @param {{label: (camera: string) => string, open: (asked: object) => Promise<void>}} act
     */
    constructor(api, me, act) {
        this.#api = api;
        this.#me = me;
        this.#act = act;
        this.list = h("ul.agreements", { "aria-labelledby": "approvals-title", role: "list" });
        this.problem = h("p.problem", { role: "alert" });
        this.element = h(
            "section.panel.approvals",
            { hidden: true, "aria-labelledby": "approvals-title" },
            h("h3", { id: "approvals-title" }, "What two of you have to agree on"),
            this.problem,
            this.list,
        );
    }

    /** Nothing where nobody signs in: one could not tell a second one. @throws {Problem} */
    async load() {
        if (!this.#me.operator) return;
        const { approvals } = await this.#api.get(PATH);
        const shown = approvals.filter((asked) => this.#concerns(asked));
        this.element.hidden = shown.length === 0;
        this.list.replaceChildren(...shown.map((asked) => this.#line(asked)));
    }

    #mine = ({ asked_by }) => asked_by === this.#me.operator;

    #concerns(asked) {
        return this.#mine(asked) || this.#me.may.includes("approve");
    }

    #line(asked) {
        const who = this.#mine(asked) ? "You want" : `${called(asked.asked_by)} wants`;
        const what = asked.clip ? "a recorded clip of" : actionsWords([asked.action]);
        const where = listed(asked.cameras.map(this.#act.label));
        const way = asked.clip ? what : `to ${what}:`;
        return h(
            "li",
            { "data-approval": asked.approval, "data-state": asked.state },
            h("p", {}, h("b", {}, sentence(`${who} ${way} ${where}.`))),
            h("p.small", {}, causeWords(asked)),
            h("p", { role: "status" }, this.#stands(asked)),
            this.#button(asked),
        );
    }

    #stands(asked) {
        const until = moment(asked.expires);
        if (asked.state === "approved")
            return `Approved by ${called(asked.approved_by)}; to be opened until ${until}.`;
        if (this.#mine(asked)) return `Waiting for an approver, until ${until}.`;
        return `If you do not agree, do nothing: it ends by itself at ${until}.`;
    }

    #button(asked) {
        if (this.#mine(asked))
            return asked.state === "approved" && !asked.clip
                ? this.#doing("Open now", () => this.#act.open(asked))
                : null;
        if (asked.state !== "pending") return null;
        return this.#doing("Approve", () => this.#api.post(`${PATH}/${asked.approval}`));
    }

    #doing(words, action) {
        const button = h("button.look", { type: "button" }, words);
        const done = async () => {
            await action();
            await this.load();
        };
        const tell = (text) => say(this.problem, text);
        button.addEventListener("click", () => during(button, done, tell));
        return button;
    }
}

const sentence = (words) => words.charAt(0).toUpperCase() + words.slice(1);
