"""The rules of consent once more, as DESIGN.md and the profile of tokens tell them: what a camera
may show to whom, and when. They owe nothing to accord: property tests hold host and board to them.
"""

import io
import struct
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

HUBS: Final = ("fire", "police")
OWNER, NEIGHBOUR = "ann", "ben"
FILMING: Final = ("live", "snapshot", "clips")
ACTIONS: Final = (*FILMING, "export", "register")
SMALLEST: Final = 96  # pixels, either way
OWN_USE: Final = "own-use"


@dataclass(frozen=True)
class Terms:
    """What one grant says. Times: unix s. `windows`: minutes of the local week of `tz`."""

    aud: tuple[str, ...]
    actions: tuple[str, ...]
    purposes: tuple[str, ...]
    nbf: int
    exp: int
    cnf: str | None = None
    windows: tuple[tuple[int, int], ...] = ()
    tz: str = "UTC0"
    approve: str = "one"
    leased: bool = False
    panic_s: int = 0
    incident: bool = False
    mask: bool = False
    limits: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """Who wants to see what, and why (the board is not told why: None)."""

    who: str
    action: str
    purpose: str | None
    approved: bool = False


@dataclass
class Said:
    """What its resident said of a grant since, and how long it was filmed under, day by day."""

    stopped: bool = False  # for good
    paused: bool = False  # with all others of the camera
    leased_until: int = 0
    opened_until: int = 0
    used_s: dict[date, int] = field(default_factory=dict)


def allows(grant: Terms, said: Said, ask: Ask, now: int) -> bool:
    """The rules."""
    local = datetime.fromtimestamp(now, zone(grant.tz))
    minute = (local.weekday() * 24 + local.hour) * 60 + local.minute
    return (
        grant.nbf <= now < grant.exp
        and ask.who in grant.aud
        and grant.cnf in (None, ask.who)
        and ask.action in grant.actions
        and (ask.purpose is None or ask.purpose in grant.purposes)
        and (not grant.windows or any(start <= minute < end for start, end in grant.windows))
        and (grant.approve == "one" or ask.approved)
        and not (said.stopped or said.paused)
        and (not grant.leased or now < said.leased_until)
        and (not grant.panic_s or now < said.opened_until)
    )


def films(grant: Terms, said: Said, ask: Ask, now: int) -> bool:
    """What a board knows beside: which actions need a picture, how small one can be, and how long
    it filmed today."""
    left = said.used_s.get(day(grant, now), 0) < grant.limits.get("day_s", 86_401)
    small = min(grant.limits.get("w", SMALLEST), grant.limits.get("h", SMALLEST)) < SMALLEST
    return ask.action in FILMING and left and not small and allows(grant, said, ask, now)


def day(grant: Terms, now: int) -> date:
    """The local one of the grant's resident."""
    return datetime.fromtimestamp(now, zone(grant.tz)).date()


@cache
def zone(posix: str) -> ZoneInfo:
    """A POSIX TZ string, as zoneinfo reads it behind a file without transitions."""

    def head(version: bytes) -> bytes:
        return b"TZif" + version + bytes(15) + struct.pack(">6L", 0, 0, 0, 0, 1, 4)

    body = struct.pack(">lbB", 0, 0, 0) + b"LMT\0"
    file = head(b"2") + body + head(b"2") + body + b"\n" + posix.encode() + b"\n"
    return ZoneInfo.from_file(io.BytesIO(file))


# Things that happen: (what, which grant).
#   revoke: it is taken back. button: all are, at the board.
#   lease: the resident's lease of LEASE_S, which stops nothing. stop: one which stops this grant.
#   pause: one which stops the camera. resume: one which ends that. open: one which opens a panic.
LEASE_S: Final = 600
SPOKEN: Final = ("lease", "stop", "pause", "resume", "open")
Event = tuple[str, int]


class Residents:
    """What was said of each of these grants."""

    def __init__(self, grants: tuple[Terms, ...]) -> None:
        self.grants = grants
        self.said = [Said() for _ in grants]

    def say(self, event: Event, now: int) -> bool:
        """Note what changes by it. False: it makes no sense now, let nobody say it."""
        what, which = event
        grant, said = self.grants[which], self.said[which]
        if what == "open":
            if said.stopped or not grant.panic_s or grant.exp <= now:
                return False
            said.opened_until = now + grant.panic_s
        if what == "revoke" or (what == "stop" and grant.leased):
            said.stopped = True
        for each in self.said:
            self._of_all(each, what, now)
        return True

    def _of_all(self, said: Said, what: str, now: int) -> None:
        if what in SPOKEN:
            said.leased_until = now + LEASE_S
        if what in ("pause", "resume"):
            said.paused = what == "pause"
        said.stopped = said.stopped or what == "button"

    def filmed(self, which: int, now: int, seconds: int) -> None:
        """The board filmed under this grant, from `now` on."""
        used = self.said[which].used_s
        for moment in range(now, now + seconds):
            today = day(self.grants[which], moment)
            used[today] = used.get(today, 0) + 1

    def allow(self, ask: Ask, now: int) -> list[bool]:
        """What each grant says."""
        both = zip(self.grants, self.said, strict=True)
        return [allows(grant, said, ask, now) for grant, said in both]

    def film(self, ask: Ask, now: int) -> list[bool]:
        """The same of a board."""
        both = zip(self.grants, self.said, strict=True)
        return [films(grant, said, ask, now) for grant, said in both]


def claims(grant: Terms, index: int, thumbs: dict[str, str], uri: str) -> dict[str, Any]:
    """The claims of a grant beside iss, sub and jti; `uri`: what its camera's leases are called."""
    detail: dict[str, Any] = {
        "type": "urn:optin:camera:1",
        "actions": list(grant.actions),
        "purposes": list(grant.purposes),
        "approve": grant.approve,
        "limits": grant.limits,
    }
    if grant.windows:
        detail |= {"windows": [list(window) for window in grant.windows], "tz": grant.tz}
    if grant.mask:
        detail["mask"] = [[0, 0, 500, 500]]
    said: dict[str, Any] = {
        "aud": [thumbs[name] for name in grant.aud],
        "nbf": grant.nbf,
        "exp": grant.exp,
        "seq": index + 1,
        "authorization_details": [detail],
    }
    said |= {"cnf": {"jkt": thumbs[grant.cnf]}} if grant.cnf else {}
    said |= {"panic": grant.panic_s} if grant.panic_s else {}
    said |= {"incident": "I-7"} if grant.incident else {}
    said |= {"status": {"status_list": {"idx": index + 1, "uri": uri}}} if grant.leased else {}
    return said
