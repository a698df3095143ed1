// Where keys live in the browser. A key is imported as non-extractable: the page can sign with
// it, no script can read it, and it is never put into a request. IndexedDB keeps the CryptoKey
// object itself, not its bytes.

import { unb64 } from "./bytes.mjs";
import { publicHalf, thumbprint } from "./jws.mjs";

const P256 = { name: "ECDSA", namedCurve: "P-256" };
const DEMO = "#demo=";

/** @typedef {import("./jws.mjs").Signer} Signer */

/**
 * @param {JsonWebKey} jwk private P-256 JWK
 * @returns {Promise<Signer>}
 * @throws {Error} with a sentence
 */
export async function fromJwk(jwk) {
    if (jwk?.kty !== "EC" || jwk.crv !== "P-256" || !jwk.d)
        throw new Error("This file holds no private P-256 key.");
    const bare = { ...publicHalf(jwk), d: jwk.d };
    const privateKey = await crypto.subtle
        .importKey("jwk", bare, P256, false, ["sign"])
        .catch(() => {
            throw new Error("This key is damaged: its parts do not belong together.");
        });
    return { privateKey, jwk: publicHalf(jwk), thumb: await thumbprint(jwk) };
}

/**
 * @param {string} text a PEM (PKCS #8) or JWK file
 * @returns {Promise<Signer>}
 * @throws {Error} with a sentence
 */
export async function fromFile(text) {
    const pem = /-----BEGIN PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END PRIVATE KEY-----/.exec(
        text,
    );
    if (pem)
        return fromPkcs8(
            Uint8Array.from(atob(pem[1].replace(/\s/g, "")), (char) => char.charCodeAt(0)),
        );
    if (text.includes("ENCRYPTED PRIVATE KEY"))
        throw new Error("This key is locked with a password; choose an unlocked copy.");
    if (text.includes("PUBLIC KEY"))
        throw new Error("This is the public half of a key; choose the private one.");
    if (!text.trimStart().startsWith("{")) throw new Error("This is not a key file (PEM or JWK).");
    return fromJwk(parsed(text));
}

// WebCrypto gives the public half only of a key that may be exported: so once in, public half
// out, and in again for good.
async function fromPkcs8(der) {
    const open = await crypto.subtle.importKey("pkcs8", der, P256, true, ["sign"]).catch(() => {
        throw new Error("This file holds no private P-256 key.");
    });
    return fromJwk(await crypto.subtle.exportKey("jwk", open));
}

function parsed(text) {
    try {
        return JSON.parse(text);
    } catch {
        throw new Error("This is not a key file (PEM or JWK).");
    }
}

/**
 * Takes the demo's keys out of the address and wipes them from it before anything else happens.
 * @returns {Promise<{signers: Signer[], names: Record<string, string>} | null>} null when the
 *   address has none
 */
export async function takeDemo() {
    if (!location.hash.startsWith(DEMO)) return null;
    const text = location.hash.slice(DEMO.length);
    history.replaceState(null, "", location.pathname + location.search);
    const { names = {}, ...jwks } = JSON.parse(new TextDecoder().decode(unb64(text)));
    const signers = await Promise.all([jwks.resident, jwks.hub].filter(Boolean).map(fromJwk));
    return { signers, names };
}

/**
 * The browser's store: at most one key of each kind ("resident", "hub"), and the demo's names.
 */
export class KeyStore {
    #db;

    /** @returns {Promise<KeyStore>} */
    static async open() {
        const store = new KeyStore();
        const request = indexedDB.open("porchlight", 1);
        request.onupgradeneeded = () => request.result.createObjectStore("kept");
        store.#db = await settled(request);
        return store;
    }

    /**
     * @param {string} name
     * @returns {Promise<any>} undefined when nothing is kept under that name
     */
    get = (name) => settled(this.#db.transaction("kept").objectStore("kept").get(name));

    /** @param {string} name @param {any} value */
    put = (name, value) => settled(this.#write().put(value, name));

    /** @param {string} name */
    forget = (name) => settled(this.#write().delete(name));

    #write() {
        return this.#db.transaction("kept", "readwrite").objectStore("kept");
    }
}

function settled(request) {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
}
