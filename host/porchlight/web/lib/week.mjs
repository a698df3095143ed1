// The weekly digest in a neighbour's words: what each hub did, and how often.

import { span } from "./times.mjs";
import { capital, listed, purposeWords } from "./words.mjs";

const COUNTS = [
    ["views", "live view", "live views"],
    ["snapshots", "single picture", "single pictures"],
    ["plays", "clip opened", "clips opened"],
    ["exports", "clip taken away", "clips taken away"],
    ["refused", "try refused", "tries refused"],
];

/** @param {object | null} detail of a `digest` entry @param {import("./names.mjs").Names} who */
export function weekSentence(detail, who) {
    const told = (detail?.lines ?? []).map((line) => lineWords(line, who));
    return `Your week in short: ${told.join("; ") || "nobody looked"}.`;
}

function lineWords(line, who) {
    const hub = line.hub ? who.who([line.hub]) || line.hub_name : "others";
    const purpose = line.purpose ? `, for ${purposeWords(line.purpose)}` : "";
    const done = COUNTS.filter(([name]) => line[name] > 0).map(
        ([name, one, several]) => `${line[name]} ${line[name] === 1 ? one : several}`,
    );
    if (line.seconds > 0) done.push(`${span(line.seconds)} watched`);
    return `${capital(hub)}${purpose}: ${listed(done)}`;
}
