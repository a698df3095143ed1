// One line of the log, said as a neighbour would. `who` gives the names of hubs and cameras.

import { weekSentence } from "./week.mjs";
import { purposeWords, sentenceCase } from "./words.mjs";

/** @typedef {import("./names.mjs").Names} Who */

const SENTENCES = {
    "resident.added": () => "You joined this host.",
    "hub.added": (entry, name) => `${name.hub} was added to this host.`,
    "hub.issuer": (entry, name) => `${name.hub} said where its operators sign in.`,
    "words.erased": () => "You erased what somebody had written in a line of this log.",
    "webhook.added": () => "An address was added that is told of what happens here.",
    "webhook.removed": () => "An address that was told of what happens here was removed.",
    "webhook.stopped": (entry) =>
        `An address is no longer told of what happens here${why(entry)}.`,
    digest: ({ detail }, name, who) => weekSentence(detail, who),
    "report.published": () => "The host published its report.",
    "board.stranger": (entry) => `A board that nobody knows was sent away${why(entry)}.`,
    "camera.added": (entry, name) => `${name.camera} was added.`,
    "grant.seen": (entry, name) => `You allowed ${name.whom || "somebody"} to use ${name.camera}.`,
    "grant.revoked": (entry, name) =>
        `You stopped sharing ${name.camera}${name.whom && ` with ${name.whom}`}.`,
    "grant.expired": (entry, name) => `A permission for ${name.camera} ran out.`,
    "grant.refused": (entry, name) => `A permission for ${name.camera} was refused${why(entry)}.`,
    "view.open": (entry, name) =>
        `${name.hub} opened ${look(entry)} of ${name.camera}${about(entry)}.`,
    "view.close": (entry, name) => `${name.hub} stopped seeing ${name.camera}${why(entry)}.`,
    "access.refused": (entry, name) =>
        `${name.hub} was refused ${name.camera}${why(entry)}${about(entry)}.`,
    "approval.asked": (entry, name) =>
        `${name.hub} wants to open ${name.camera}; a second one there has to agree${about(entry)}.`,
    "approval.given": (entry, name) =>
        `A second one at ${name.hub} agreed that it opens ${name.camera}${about(entry)}.`,
    "approval.refused": (entry, name) =>
        `Nobody could agree at ${name.hub} that it opens ${name.camera}${why(entry)}.`,
    search: (entry, name) => `${name.hub} looked up which cameras it may see${about(entry)}.`,
    "request.received": (entry, name) => `${name.hub} asked you for recordings${about(entry)}.`,
    "request.approved": (entry, name) =>
        `You allowed ${name.hub} recordings of ${name.camera}${about(entry)}.`,
    "request.denied": (entry, name) =>
        `A request of ${name.hub} that you had put aside ran out${about(entry)}.`,
    "request.expired": (entry, name) => `A request of ${name.hub} ran out${about(entry)}.`,
    "asked.set": (entry, name) => `You said what ${name.hub} may ask you about${asking(entry)}.`,
    "camera.paused": (entry, name) => `You paused ${name.camera}.`,
    "camera.resumed": (entry, name) => `You ended the pause of ${name.camera}.`,
    "lease.refused": (entry, name) =>
        `A yes for ${name.camera} was not taken${why(entry)}.`,
    "lease.stopped": (entry, name) => `Your agent stopped ${name.camera}.`,
    "panic.opened": (entry, name) =>
        `You opened ${name.camera} to ${name.whom || "somebody"} for an emergency.`,
    "delegate.added": (entry, name) => `You let an agent keep ${name.camera} going.`,
    "delegate.revoked": (entry, name) => `You took an agent of ${name.camera} back.`,
    "board.online": (entry, name) => `${name.camera} connected.`,
    "board.offline": (entry, name) => `${name.camera} lost its connection${why(entry)}.`,
    "board.refused": (entry, name) => `${name.camera} was sent away by the host${why(entry)}.`,
    "update.offered": (entry, name) => `${name.camera} was offered an update.`,
    "update.begun": (entry, name) => `${name.camera} is taking an update${sharing(entry)}.`,
    "update.restart": (entry, name) =>
        `${name.camera} restarted to try an update${sharing(entry)}.`,
    "update.running": (entry, name) => `${name.camera} runs the update.`,
    "update.refused": (entry, name) => `${name.camera} refused an update${why(entry)}.`,
    "update.undone": (entry, name) =>
        `${name.camera} went back to what it ran before${why(entry)}.`,
    "frame.refused": (entry, name) => `A picture of ${name.camera} was thrown away${why(entry)}.`,
    "recording.set": (entry, name) => `You changed how ${name.camera} records.`,
    "recording.begun": (entry, name) => `${name.camera} began to record what moves.`,
    "recording.ended": (entry, name) => `${name.camera} stopped recording${why(entry)}.`,
    "clip.recorded": (entry, name) => `A clip of ${name.camera} was recorded.`,
    "clip.played": (entry, name) =>
        `${name.hub} ${opened(entry)} of ${name.camera}${about(entry)}.`,
    "clip.released": (entry, name) =>
        `${name.hub} took away a clip of ${name.camera}${about(entry)}.`,
    "clip.expired": (entry, name) => `A clip of ${name.camera} was deleted${why(entry)}.`,
    "clip.deleted": (entry, name) => `You deleted a clip of ${name.camera}.`,
};

const OWN_USE = "own-use"; // a resident's look at what is theirs needs no purpose

/** How loud a line is: somebody looks, something was stopped or refused, or nothing of note. */
const TONES = {
    "view.open": "look",
    "clip.played": "look",
    "clip.released": "look",
    search: "look",
    "request.received": "look",
    "request.approved": "given",
    "request.denied": "ended",
    "request.expired": "ended",
    "view.close": "quiet",
    "grant.seen": "given",
    "grant.revoked": "ended",
    "grant.expired": "ended",
    "grant.refused": "refused",
    "access.refused": "refused",
    "approval.refused": "refused",
    "camera.paused": "ended",
    "lease.stopped": "ended",
    "lease.refused": "refused",
    "panic.opened": "given",
    "board.refused": "refused",
    "frame.refused": "refused",
    "update.refused": "refused",
    "update.undone": "refused",
};

/** @param {object} entry @returns {"look" | "given" | "ended" | "refused" | "quiet"} */
export function tone({ type, purpose }) {
    const found = TONES[type] ?? "quiet";
    return found === "look" && purpose === OWN_USE ? "quiet" : found;
}

/** @param {object} entry @param {Who} who @returns {string} one sentence */
export function entrySentence(entry, who) {
    const hubs = hubsOf(entry, who);
    const name = {
        hub: who.who(hubs) || "somebody",
        whom: who.whom(hubs),
        camera: entry.camera ? who.camera(entry.camera) : "a camera",
    };
    const sentence =
        SENTENCES[entry.type]?.(entry, name, who) ?? `${entry.type.replaceAll(".", " ")}${why(entry)}`;
    return sentenceCase(sentence);
}

// A permission may name several; then they stand in the detail, or in the permission meant.
function hubsOf(entry, who) {
    if (entry.hub) return [entry.hub];
    return entry.detail?.hubs ?? (entry.jti ? who.hubsOf(entry.jti) : []);
}

const REASONS = {
    revoked: "consent ended",
    expired: "the permission ran out",
    "no-grant": "you do not allow it",
    "wrong-audience": "you do not allow it",
    "outside-window": "outside the hours you allowed",
    "purpose-not-granted": "not for this purpose",
    "action-not-granted": "not this kind of look",
    "not-yet-valid": "the permission has not begun",
    "operator-missing": "nobody there had signed in",
    "role-missing": "whoever it was there may not do that",
    "signed-out": "whoever it was there signed out",
    "approval-missing": "a second one there had to agree first",
    "approval-pending": "a second one there had not agreed yet",
    "approval-expired": "that took longer than ten minutes",
    "approval-used": "what was agreed to was used before",
    "approval-mismatch": "something else had been agreed to",
    "approval-of-another": "somebody else had asked",
    "self-approval": "it has to be another one than who asked",
    "profile-forbids": "the rules of this place forbid it",
    "area-held": "the rules of this place hold this area",
    "too-many-opens": "they opened too many cameras within an hour",
    "too-many-cameras": "that is too many cameras for one case",
    "ticket-stolen": "from another address",
    "ticket-expired": "the view was over",
    closed: "it closed the view",
    "host-restarted": "the host had broken off; its last minute is not counted",
    "look-unsigned": "it did not sign for it",
    "look-mismatch": "it had signed for something else",
    "look-stale": "what it had signed was of another time",
    "look-replayed": "it had signed that for another look",
    "look-forged": "somebody else had signed it",
    "look-malformed": "what it had signed cannot be read",
    "case-missing": "no case was given",
    "purpose-missing": "no purpose was given",
    "session-over": "the longest time for one view was over",
    "host-stopped": "the host was stopped",
    "old-boot": "it has forgotten how often it started; provision it with --new-key",
    "bad-proof": "it has another key",
    retention: "its time was over",
    quota: "newer ones took its room",
    lost: "its file was gone",
    "rule-changed": "you changed how it records",
};

/** How widely the case's number is used, where that is told (host: reuse.py). */
const USES = {
    "many-cameras": "a case number used for many cameras",
    "far-apart": "a case number used for places far apart",
    "many-and-far": "a case number used for many cameras, far apart",
};

/** In these `reason` is what an operator wrote, not one of our words. */
const SPOKEN = new Set([
    ...["view.open", "search", "request.received", "clip.played", "clip.released"],
    ...["approval.asked", "approval.given"],
]);

const why = ({ reason }) => (reason ? ` (${REASONS[reason] ?? reason.replaceAll("-", " ")})` : "");

const look = ({ detail }) => (detail?.action === "snapshot" ? "a single picture" : "a live view");

const opened = ({ detail }) =>
    detail?.what === "thumbnail" ? "looked at the small picture of a clip" : "opened a clip";

function about(entry) {
    const facts = [];
    if (entry.case) facts.push(`case ${entry.case}`);
    if (entry.purpose && entry.purpose !== OWN_USE)
        facts.push(`purpose ${purposeWords(entry.purpose)}`);
    // A pseudonym, of this hub alone: enough of it to know the same person again.
    const { operator, approved_by, case_use } = entry.detail ?? {};
    if (USES[case_use]) facts.push(USES[case_use]);
    if (operator) facts.push(`operator ${operator.slice(0, 6)}`);
    if (approved_by) facts.push(`agreed to by operator ${approved_by.slice(0, 6)}`);
    if (entry.reason && SPOKEN.has(entry.type)) facts.push(`“${entry.reason}”`);
    return facts.length ? `, ${facts.join(", ")}` : "";
}

const asking = ({ detail }) =>
    `: ${detail?.purposes?.map(purposeWords).join(", ") || "nothing"}`;

// Pictures might leave while the board was busy with an update.
const sharing = (entry) => (entry.detail?.sharing ? " while it was sharing" : "");
