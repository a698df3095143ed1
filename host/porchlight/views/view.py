"""View: one opening of one or more cameras, by one hub or resident, for one purpose."""

import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, Self

from porchlight.clock import rfc3339
from porchlight.errors import TooMany
from porchlight.views.look import Look
from porchlight.who.operator import Operator

ACTIONS: Final = ("live", "snapshot")
OWN_USE: Final = "own-use"
_PLAIN: Final = ("action", "purpose", "case", "reason", "clip")  # of an intent, beside its cameras


class Who(Protocol):
    """Who opens: a registered resident or hub (registry.Party)."""

    @property
    def thumb(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def is_resident(self) -> bool: ...


@dataclass(frozen=True)
class Intent:
    """What somebody wants to look at, and why. As it came: not checked yet."""

    cameras: tuple[str, ...]
    action: str
    purpose: str = ""
    case: str = ""
    reason: str = ""
    clip: str = ""  # its id, where a clip is wanted
    operator: Operator | None = None
    approval: str = ""  # the id of one that a second operator gave
    # What the hub signed, by the camera or clip it is for: views/signed.py.
    looks: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def plain(self) -> "Intent":
        """What is wanted and why, without who wants it: what is approved is exactly this."""
        return replace(self, operator=None, approval="", looks={})

    def written(self) -> dict[str, Any]:
        """plain(), JSON-ready."""
        return {name: getattr(self, name) for name in _PLAIN} | {"cameras": list(self.cameras)}

    @classmethod
    def read(cls, written: dict[str, Any]) -> Self:
        """Of written()."""
        return cls(tuple(written["cameras"]), **{name: written[name] for name in _PLAIN})


@dataclass(frozen=True)
class Asked:
    """What awaits, or has, a second operator's approval: views/approvals.py. Times: unix s."""

    id: str
    hub: str
    asked_by: str
    expires: int
    intent: Intent
    approved_by: str | None
    opened_at: int | None

    def state(self, now: int) -> str:
        """pending, approved, opened or expired."""
        if self.opened_at is not None:
            return "opened"
        if now >= self.expires:
            return "expired"
        return "pending" if self.approved_by is None else "approved"


@dataclass(eq=False)
class View:
    """An open view. `opened` and `expires`: unix s. `address`: where its streams may be fetched.

    `approval`: the one it is opened with; `needs_two`: it must have one. `notes`: what its entries
    say beside, JSON-ready.
    """

    id: str
    who: Who
    intent: Intent
    address: str
    opened: int
    expires: int
    looks: dict[str, Look]
    ticket_hash: bytes = b""
    streams: int = field(default=0, init=False)
    most_streams: int = 64
    approval: Asked | None = field(default=None, init=False)
    needs_two: bool = field(default=False, init=False)
    filmed: tuple[int, int] | None = field(default=None, init=False)  # of a clip: unix s
    notes: dict[str, Any] = field(default_factory=dict, init=False)
    # Statements that hold, by camera or clip: what each entry keeps of who asked for it.
    signed: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    signed_at: int = field(default=0, init=False)  # unix s: the newest of them
    # That the opening is in each resident's log, in the order of `looks`; for its opener alone.
    receipts: list[Any] = field(default_factory=list, init=False, repr=False)
    # Made by the API when first asked for, as long as somebody watches.
    fanouts: dict[Hashable, Any] = field(default_factory=dict, init=False)

    @property
    def open_looks(self) -> list[Look]:
        """Those that are not over."""
        return [look for look in self.looks.values() if not look.over.is_set()]

    def enter(self) -> None:
        """One more connection; TooMany above the limit. leave() takes it back."""
        if self.streams >= self.most_streams:
            raise TooMany("too-many-streams", "this view has as many connections as it may")
        self.streams += 1

    def leave(self) -> None:
        """One connection less."""
        self.streams -= 1

    def take_receipts(self) -> list[Any]:
        """The receipts of the opening, which are handed out once."""
        taken, self.receipts = self.receipts, []
        return taken

    def forget_pictures(self) -> None:
        """The view is over: nothing that was made for showing is kept."""
        self.fanouts.clear()
        for look in self.looks.values():
            look.still = None

    def about(self) -> dict[str, Any]:
        """Who looks and why, as entries say it."""
        return {
            "hub": self.who.thumb,
            "hub_name": self.who.name,
            "view": self.id,
            "purpose": OWN_USE if self.who.is_resident else self.intent.purpose or None,
            "case": self.intent.case or None,
            "reason": self.intent.reason or None,
        }

    def describe(self) -> dict[str, Any]:
        """As its opener sees it, JSON-ready; without the ticket, which only they hold."""
        return {
            "id": self.id,
            "action": self.intent.action,
            "purpose": self.intent.purpose,
            "case": self.intent.case,
            "operator": self.notes.get("operator"),
            "opened": rfc3339(self.opened * 1000),
            "expires": rfc3339(self.expires * 1000),
            "streams": self.streams,
            "cameras": {
                camera: {"state": "closed" if look.over.is_set() else "open", "reason": look.reason}
                for camera, look in self.looks.items()
            },
        }


def ticket_hash(ticket: str) -> bytes:
    """What is kept of a ticket."""
    return hashlib.sha256(ticket.encode()).digest()


def impossible(intent: Intent, who: Who) -> str | None:
    """Why an intent is refused before any camera is looked at."""
    if intent.action not in ACTIONS:
        return "action-not-granted"
    if who.is_resident:
        return None if intent.purpose in ("", OWN_USE) else "purpose-not-granted"
    if not intent.purpose:
        return "purpose-missing"
    if intent.purpose == OWN_USE:
        return "purpose-not-granted"
    return None if intent.case else "case-missing"
