// Lets the Python tests call the page's own modules: one JSON request on stdin, one JSON answer
// on stdout.

import "./webcrypto.mjs";

import { text } from "node:stream/consumers";

import { dumps } from "../../../host/porchlight/web/lib/canon.mjs";
import { proof } from "../../../host/porchlight/web/lib/dpop.mjs";
import { claimsOf, mint } from "../../../host/porchlight/web/lib/grant.mjs";
import { fromFile, fromJwk } from "../../../host/porchlight/web/lib/keys.mjs";

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
    thumb: async ({ file }) => {
        const { thumb, jwk, privateKey } = await fromFile(file);
        return { thumb, jwk, extractable: privateKey.extractable };
    },
};

const request = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(await ANSWERS[request.ask](request)));
