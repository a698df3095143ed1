"""Replay of a resident's log against the grants they signed: what happened that they never allowed?

Pure: entries and grants in, findings out; the rules are accord's own, those of board and host.
Nobody can check here that a host did not leak pictures without an entry; the board's own count of
what it sent is what speaks against that, and it must agree with the looks there were.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from accord import permit
from accord.errors import Refused
from accord.grant import Grant

GRACE_S = 60  # of clocks, and of a view that ends while its last picture is on its way
LINGER_S = 300  # how late a board's last word about its counters may be
OWN_USE = "own-use"
# What takes which action of a grant; "": the entry says.
_ACTIONS = {"view.open": "", "clip.played": "clips", "clip.released": "export"}
# These tell of a look that was refused or is over, or of the grant itself.
_NO_LOOK = ("grant.", "access.refused", "approval.", "view.close", "request.")
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """Something in a log that should not be there. `reason`: one word, stable."""

    index: int
    reason: str
    type: str


@dataclass
class _Camera:
    """What is known of a camera while the log is read."""

    online: int | None = None  # since when, unix s
    sent: int = 0  # frames, as the board last counted them
    last_look: int = 0  # unix s: nothing was looked at after this


@dataclass
class _Replay:
    me: str
    grants: Mapping[str, Grant]
    findings: list[Finding] = field(default_factory=list)
    revoked: dict[str, int] = field(default_factory=dict)
    panics: dict[str, int] = field(default_factory=dict)
    open: dict[tuple[str, str], tuple[int, Entry]] = field(default_factory=dict)
    cameras: dict[str, _Camera] = field(default_factory=dict)
    now: int = 0


def check(entries: Iterable[Entry], grants: Mapping[str, Grant], me: str) -> list[Finding]:
    """What in the log, oldest entry first, is outside of the grants (by jti, each verified with the
    resident's own key). `me`: the resident's thumb."""
    replay = _Replay(me, grants)
    for index, entry in enumerate(entries):
        for reason in _faults(replay, index, entry):
            replay.findings.append(Finding(index, reason, str(entry.get("type"))))
    for index, opened in replay.open.values():
        if replay.now > _ends(replay, opened) + GRACE_S:
            replay.findings.append(Finding(index, "never-closed", str(opened["type"])))
    return replay.findings


def _faults(replay: _Replay, index: int, entry: Entry) -> Iterable[str]:
    at, kind = int(entry["ts"]) // 1000, str(entry["type"])
    if at + GRACE_S < replay.now:
        yield "clock-went-back"  # an entry made to look older falls into a grant that has ended
    replay.now = max(replay.now, at)
    rule = _RULES.get(kind)
    if rule is not None:
        yield from rule(replay, entry, at)
    elif is_look(entry, replay.me):
        yield from _looked(replay, index, entry, at)


def is_look(entry: Entry, me: str) -> bool:
    """Whether somebody did what takes a grant; whatever names one counts, known here or not. `me`:
    the resident's thumb."""
    kind = str(entry["type"])
    if kind in _RULES or (kind.startswith("clip.") and entry.get("hub") == me):
        return False  # one's own recordings
    under_a_grant = entry.get("hub") and entry.get("jti") and not kind.startswith(_NO_LOOK)
    return kind in _ACTIONS or bool(under_a_grant)


def _signed(replay: _Replay, entry: Entry, _: int) -> Iterable[str]:
    found = replay.grants.get(str(entry.get("jti")))
    if found is None:
        yield "unknown-grant"
    elif found.sub != entry.get("camera"):
        yield "wrong-camera"


def _revoked(replay: _Replay, entry: Entry, at: int) -> Iterable[str]:
    replay.revoked.setdefault(str(entry.get("jti")), at)
    return ()


def _opened(replay: _Replay, entry: Entry, at: int) -> Iterable[str]:
    replay.panics[str(entry.get("jti"))] = at
    return ()


def _looked(replay: _Replay, index: int, entry: Entry, at: int) -> Iterable[str]:
    """A look, or whatever else somebody did with a camera under a grant."""
    if entry["type"] == "view.open":
        replay.open[_key(entry)] = index, entry
    found = replay.grants.get(str(entry.get("jti")))
    if found is None:
        yield "unknown-grant"
        return
    camera = replay.cameras.setdefault(found.sub, _Camera())
    camera.last_look = _ends(replay, entry)
    reason = _refused(replay, found, entry, at)
    if reason:
        yield reason


def _refused(replay: _Replay, found: Grant, entry: Entry, at: int) -> str:
    if found.sub != entry.get("camera"):
        return "wrong-camera"
    if at > replay.revoked.get(found.jti, at):
        return "revoked"
    opened = replay.panics.get(found.jti, -found.exp)
    if found.panic_s and at > opened + found.panic_s + GRACE_S:
        return "not-opened"
    # An entry is a moment younger than the check it follows.
    reasons = [_permitted(replay, found, entry, moment) for moment in (at, at - 2)]
    return "" if "" in reasons else reasons[0]


def _approved(entry: Entry) -> bool:
    """Whether another operator agreed, by the entry's word. That it was another person is the
    host's."""
    detail = entry.get("detail") or {}
    return bool(detail.get("approved_by")) and detail["approved_by"] != detail.get("operator")


def _permitted(replay: _Replay, found: Grant, entry: Entry, at: int) -> str:
    """Why board and host must have refused this at `at` (unix s); "" if they could allow it."""
    hub = str(entry.get("hub"))
    said = (entry.get("detail") or {}).get("action") or next(iter(found.actions), "")
    action = _ACTIONS.get(str(entry["type"])) or said
    found.lapsed = lambda: ""  # leases are the board's to see to; the log cannot tell
    try:
        permit.check(
            found,
            hub=hub,
            action=str(action),
            now=at,
            purpose=OWN_USE if hub == replay.me else entry.get("purpose"),
            approved=_approved(entry),
            masks=True,
        )
    except Refused as refused:
        return refused.reason
    return ""


def _closed(replay: _Replay, entry: Entry, at: int) -> Iterable[str]:
    opened = replay.open.pop(_key(entry), None)
    if opened is None:
        yield "never-opened"
        return
    camera = replay.cameras.setdefault(str(entry.get("camera")), _Camera())
    camera.last_look = at
    # What a crash left open is closed at the next start, and was dark since the crash.
    if entry.get("reason") != "host-restarted" and at > _ends(replay, opened[1]) + GRACE_S:
        yield "too-long"


def _searched(replay: _Replay, entry: Entry, at: int) -> Iterable[str]:
    """Somebody was told of the camera: some grant must have named them then."""
    named = [found for found in replay.grants.values() if entry.get("hub") in found.aud]
    standing = [found for found in named if found.nbf <= at < found.exp]
    if not any(at <= replay.revoked.get(found.jti, at) for found in standing):
        yield "no-grant"


def _counted(replay: _Replay, entry: Entry, at: int) -> Iterable[str]:
    """Pictures that the board counted, though nobody looked while it was connected."""
    camera = replay.cameras.setdefault(str(entry.get("camera")), _Camera())
    if entry["type"] == "board.online":
        camera.online = at
        return
    sent = (entry.get("detail") or {}).get("sent")
    if type(sent) is not int or camera.online is None:
        return
    more = sent - camera.sent if sent >= camera.sent else sent  # it began anew
    began, camera.sent, camera.online = camera.online, sent, None
    watched = camera.last_look + LINGER_S >= began or _open_at(replay, entry)
    if more and not watched and not _recorded(replay, entry, began, at):
        yield "sent-unseen"


def _open_at(replay: _Replay, entry: Entry) -> bool:
    return any(camera == entry.get("camera") for _, camera in replay.open)


def _recorded(replay: _Replay, entry: Entry, began: int, at: int) -> bool:
    """Whether a grant let the host record meanwhile, which takes no look."""
    return any(
        found.sub == entry.get("camera") and "clips" in found.actions
        for found in replay.grants.values()
        if found.nbf <= at and began < found.exp
    )


def _recorded_under(replay: _Replay, entry: Entry, at: int) -> Iterable[str]:
    """A recording, which takes a grant but nobody who looks."""
    found = replay.grants.get(str(entry.get("jti")))
    if found is None:
        yield "unknown-grant"
    elif found.sub != entry.get("camera"):
        yield "wrong-camera"
    elif "clips" not in found.actions:
        yield "action-not-granted"
    elif not found.nbf <= at <= _ends(replay, entry) + GRACE_S:
        yield "expired"


def _ends(replay: _Replay, opened: Entry) -> int:
    """When a look must be over (unix s)."""
    found = replay.grants.get(str(opened.get("jti")))
    if found is None:
        return int(opened["ts"]) // 1000
    return min(found.exp, replay.revoked.get(found.jti, found.exp))


def _key(entry: Entry) -> tuple[str, str]:
    return str(entry.get("view")), str(entry.get("camera"))


_RULES: dict[str, Callable[[_Replay, Entry, int], Iterable[str]]] = {
    "grant.seen": _signed,
    "grant.revoked": _revoked,
    "panic.opened": _opened,
    "view.close": _closed,
    "search": _searched,
    "recording.begun": _recorded_under,
    "clip.recorded": _recorded_under,
    "board.online": _counted,
    "board.offline": _counted,
}
