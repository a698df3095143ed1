"""One entry of the log in a resident's words. A type or reason that is not known here is shown
as it is: nothing in a log may be hidden because a table is old."""

from collections.abc import Mapping
from typing import Any

from porchkit import weeks, who
from porchkit.words import clean, listed

# {hub} looked, {camera} was looked at; {about}: case, purpose and the words the operator wrote.
_SENTENCES = {
    "resident.added": "you joined this host",
    "camera.added": "{camera} was added",
    "grant.seen": "you allowed {hub} to use {camera}",
    "grant.registered": "you let {hub} know that there is {camera}, and no more",
    "grant.revoked": "you took back a grant for {camera}",
    "grant.expired": "a grant for {camera} ran out",
    "grant.refused": "a grant for {camera} was refused{why}",
    "view.open": "{hub} opened {camera}{about}",
    "view.close": "{hub} stopped seeing {camera}{why}",
    "access.refused": "{hub} was refused {camera}{why}{about}",
    "approval.asked": "{hub} wants to open {camera}; a second one there has to agree{about}",
    "approval.given": "a second one at {hub} agreed that it opens {camera}{about}",
    "approval.refused": "nobody could agree at {hub} that it opens {camera}{why}",
    "search": "{hub} looked up which cameras it may see{about}",
    "asked.set": "you said what {hub} may ask you about",
    "request.received": "{hub} asked you for recordings{about}",
    "request.approved": "you allowed {hub} recordings of {camera}{about}",
    "request.denied": "a request of {hub} that you had put aside ran out{about}",
    "request.expired": "a request of {hub} ran out{about}",
    "report.published": "a report of how often hubs looked was published; you were counted in it",
    "digest": "the week in short{week}",
    "webhook.added": "you let another address be told of what happens",
    "webhook.removed": "an address is told no more of what happens",
    "webhook.stopped": "an address that did not answer is told no more{why}",
    "camera.paused": "you paused {camera}",
    "camera.resumed": "you ended the pause of {camera}",
    "lease.refused": "a yes for {camera} was not taken{why}",
    "lease.stopped": "your agent stopped {camera}",
    "panic.opened": "you opened {camera} to {hub} for an emergency",
    "delegate.added": "you let an agent keep {camera} going",
    "delegate.revoked": "you took an agent of {camera} back",
    "words.erased": "you erased the words of an entry",
    "board.online": "{camera} connected",
    "board.offline": "{camera} lost its connection{why}",
    "board.refused": "the host sent {camera} away{why}",
    "update.offered": "{camera} was offered an update",
    "update.begun": "{camera} is taking an update{sharing}",
    "update.restart": "{camera} restarted to try an update{sharing}",
    "update.running": "{camera} runs the update",
    "update.refused": "{camera} refused an update{why}",
    "update.undone": "{camera} went back to what it ran before{why}",
    "frame.refused": "a frame of {camera} was thrown away{why}",
    "recording.set": "you changed how {camera} records",
    "recording.begun": "{camera} began to record what moves",
    "recording.ended": "{camera} stopped recording{why}",
    "clip.recorded": "a clip of {camera} was recorded",
    "clip.played": "{hub} opened a clip of {camera}{about}",
    "clip.released": "{hub} took away a clip of {camera}{about}",
    "clip.expired": "a clip of {camera} was deleted{why}",
    "clip.deleted": "you deleted a clip of {camera}",
}
_REASONS = {
    "revoked": "consent ended",
    "expired": "the grant ran out",
    "no-grant": "you do not allow it",
    "wrong-audience": "you do not allow it",
    "outside-window": "outside the hours you allowed",
    "purpose-not-granted": "not for this purpose",
    "action-not-granted": "not this kind of look",
    "not-yet-valid": "the grant has not begun",
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
    "session-over": "the longest time for one view was over",
    "too-many-opens": "they opened too many cameras within an hour",
    "too-many-cameras": "that is too many cameras for one case",
    "ticket-stolen": "the link was used from another address",
    "ticket-expired": "the link was over",
    "closed": "it closed the view",
    "host-restarted": "the host had broken off; its last minute is not counted",
    "look-unsigned": "it did not sign for it",
    "look-mismatch": "it had signed for something else",
    "look-stale": "what it had signed was of another time",
    "look-replayed": "it had signed that for another look",
    "look-forged": "somebody else had signed it",
    "look-malformed": "what it had signed cannot be read",
    "old-boot": "it forgot how often it started; provision it with --new-key",
    "bad-proof": "whoever it was does not have its key",
    "policy": "it is set to take none",
    "not-approved": "you have not approved it",
    "not-newer": "it is not newer than what ran there",
    "older": "it is older than what runs there",
    "cancelled": "it was called off",
    "no-headway": "it could not be brought over",
    "too-often": "it broke off too often, or a newer one was approved; approve it again",
    "unknown-key": "somebody else signed it",
    "bad-signature": "its signature is wrong",
    "used": "that approval was used before; approve it again",
    "no-room": "it does not fit",
    "not-now": "it cannot take one now",
    "hung": "the update hung",
    "restarted": "the update did not stay up",
    "retention": "its time was over",
    "quota": "newer ones took its room",
    "lost": "its file was gone",
    "rule-changed": "you changed how it records",
    "unconnected": "the update did not reach this host",
}
_USES = {
    "many-cameras": "a case number used for many cameras",
    "far-apart": "a case number used for places far apart",
    "many-and-far": "a case number used for many cameras, far apart",
}
# Entries whose `reason` is what an operator wrote, not one of our words.
_SPOKEN = (
    *("view.open", "search", "clip.played", "clip.released", "request.received"),
    *("approval.asked", "approval.given"),
)


def sentence(entry: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What happened, one line, without the time. `names`: thumb -> what to call it."""
    kind = "grant.registered" if _registers(entry) else str(entry["type"])
    pattern = _SENTENCES.get(kind, "{type}{why}")
    return clean(
        pattern.format(
            type=entry["type"],
            hub=_hub(entry, names),
            camera=who.called(entry["camera"], names) if entry.get("camera") else "a camera",
            why=_why(entry),
            sharing=" while it was sharing" if _shared(entry) else "",
            about=_about(entry),
            week=_week(entry, names),
        )
    )


def _hub(entry: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Who it was, or, for a grant that names several, who they are."""
    thumb = entry.get("hub")
    if thumb:
        return names.get(thumb) or entry.get("hub_name") or who.called(thumb, names)
    several = (entry.get("detail") or {}).get("hubs", [])
    return listed(who.called(each, names) for each in several) or "somebody"


def _registers(entry: Mapping[str, Any]) -> bool:
    """Whether it is a grant to be found and asked, and nothing else."""
    actions = (entry.get("detail") or {}).get("actions")
    return entry["type"] == "grant.seen" and actions in ([], ["register"])


def _shared(entry: Mapping[str, Any]) -> bool:
    return bool((entry.get("detail") or {}).get("sharing"))


def _week(entry: Mapping[str, Any], names: Mapping[str, str]) -> str:
    told = entry.get("detail") if entry["type"] == "digest" else None
    return f": {weeks.short(told, names)}" if told else ""


def _why(entry: Mapping[str, Any]) -> str:
    reason = entry.get("reason")
    return f": {_REASONS.get(reason, reason)}" if reason else ""


def reason(word: str) -> str:
    """One of our reason words, in a resident's."""
    return _REASONS.get(word, word)


def _about(entry: Mapping[str, Any]) -> str:
    said = entry.get("reason") if entry["type"] in _SPOKEN else None
    operator = str((entry.get("detail") or {}).get("operator") or "")
    facts = [
        f"case {entry['case']}" if entry.get("case") else "",
        _USES.get(str((entry.get("detail") or {}).get("case_use")), ""),
        f"purpose {entry['purpose']}" if entry.get("purpose") else "",
        f"operator {operator[:6]}" if operator else "",
        f'"{said}"' if said else "",
    ]
    told = ", ".join(fact for fact in facts if fact)
    return f" ({told})" if told else ""
