// A resident's word to one of their boards, by way of the host: asked, signed, handed in, told.

import { Problem } from "./api.mjs";
import { answer, claimsOf, opening, pausing, resuming } from "./lease.mjs";
import { sentenceCase } from "./words.mjs";

const TRIES = 4;
const OLD = "old-nonce";
const UNHEARD = {
    "board-offline": "The camera is not connected, so it cannot hear you. Stop sharing instead.",
    "board-silent": "The camera does not answer. Try again, or stop sharing instead.",
    [OLD]: "Somebody else spoke to the camera at the same moment. Try again.",
};

export class Voice {
    #api;
    #signer;

    /** @param {import("./api.mjs").Api} api @param {import("./jws.mjs").Signer} signer */
    constructor(api, signer) {
        this.#api = api;
        this.#signer = signer;
    }

    /** The same for one camera. @param {string} camera thumb */
    of = (camera) => ({
        standing: () => this.standing(camera),
        pause: () => this.pause(camera),
        resume: () => this.resume(camera),
        open: (jti) => this.open(camera, jti),
    });

    /** How a camera stands by what was said last. @param {string} camera @throws {Problem} */
    standing = (camera) => this.#api.get(`/api/v1/cameras/${camera}/lease`);

    /** @param {string} camera @returns {Promise<string>} the board's word, one sentence */
    async pause(camera) {
        const { left_s } = await this.standing(camera);
        return this.#say(camera, pausing(left_s));
    }

    /** @param {string} camera @returns {Promise<string>} the board's word, one sentence */
    resume = (camera) => this.#say(camera, resuming());

    /**
     * Opens a grant that was signed for an emergency.
     * @param {string} camera @param {string} jti
     * @returns {Promise<string>} the board's word, one sentence
     */
    async open(camera, jti) {
        const { left_s } = await this.standing(camera);
        return this.#say(camera, opening(jti, left_s));
    }

    async #say(camera, word) {
        try {
            return boardWords(await this.#tryToSay(camera, word));
        } catch (error) {
            if (!(error.reason in UNHEARD)) throw error;
            throw new Problem(error.reason, UNHEARD[error.reason], error.status);
        }
    }

    // Somebody else who answers at the same moment uses the nonce up: then there is a new one.
    async #tryToSay(camera, word) {
        for (let left = TRIES; left > 1; left -= 1) {
            const board = await this.#once(camera, word).catch((error) => {
                if (error.reason !== OLD) throw error;
                return OLD;
            });
            if (board !== OLD) return board;
        }
        return this.#once(camera, word);
    }

    async #once(camera, word) {
        const { nonce } = await this.#api.get(`/api/v1/cameras/${camera}/nonce`);
        const now_s = Math.floor(Date.now() / 1000);
        const about = { issuer: this.#signer.thumb, camera, nonce, now_s };
        const token = await answer(this.#signer, claimsOf(word, about));
        return (await this.#api.post(`/api/v1/cameras/${camera}/lease`, { token })).board;
    }
}

const BOARD = {
    held: "The camera has confirmed it.",
    sent: "The host obeys; the camera has not confirmed it yet.",
};

/** @param {string} board "held", "sent", or why the board refuses */
export const boardWords = (board) =>
    BOARD[board] ?? sentenceCase(`The camera refuses: ${board.replaceAll("-", " ")}`);
