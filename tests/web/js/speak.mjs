// Lets the Python tests call the page's own modules: one JSON request on stdin, one JSON answer
// on stdout.

import "./webcrypto.mjs";

import { text } from "node:stream/consumers";

import { requestClaims, signRequest } from "../../../host/porchlight/web/lib/asking.mjs";
import { dumps } from "../../../host/porchlight/web/lib/canon.mjs";
import { proof } from "../../../host/porchlight/web/lib/dpop.mjs";
import { entrySentence } from "../../../host/porchlight/web/lib/entries.mjs";
import { claimsOf, mint } from "../../../host/porchlight/web/lib/grant.mjs";
import { fromFile, fromJwk } from "../../../host/porchlight/web/lib/keys.mjs";
import * as lease from "../../../host/porchlight/web/lib/lease.mjs";
import { Pen } from "../../../host/porchlight/web/lib/looks.mjs";
import { Names } from "../../../host/porchlight/web/lib/names.mjs";

const NAMES = new Names({ HUB: "oak-hub" });
NAMES.learnCamera({ id: "CAM", label: "Front door" });

const ANSWERS = {
    canon: ({ values }) => values.map(dumps),
    refused: ({ values }) =>
        values.map((value) => {
            try {
                return dumps(value);
            } catch {
                return null;
            }
        }),
    proof: async ({ jwk, request }) => proof(await fromJwk(jwk), request),
    mint: async ({ jwk, terms, when }) => {
        const signer = await fromJwk(jwk);
        return mint(signer, claimsOf(terms, { issuer: signer.thumb, ...when }));
    },
    lease: async ({ jwk, word, to }) => {
        const signer = await fromJwk(jwk);
        return lease.answer(signer, lease.claimsOf(word, { issuer: signer.thumb, ...to }));
    },
    look: async ({ jwk, host, operator, wish }) =>
        new Pen(await fromJwk(jwk), host, operator).view(wish),
    request: async ({ jwk, wish, to }) => {
        const signer = await fromJwk(jwk);
        return signRequest(signer, requestClaims(wish, { issuer: signer.thumb, ...to }));
    },
    sentences: ({ entries }) => entries.map((entry) => entrySentence(entry, NAMES)),
    thumb: async ({ file }) => {
        const { thumb, jwk, privateKey } = await fromFile(file);
        return { thumb, jwk, extractable: privateKey.extractable };
    },
};

const request = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(await ANSWERS[request.ask](request)));
