"""Course: one update of one camera, from hand-in to its end. Words in, messages out; no I/O.

    uploading -> waiting (for the board) -> offered -> sending -> restarting -> running
                                                     \\-> refused        \\-> undone

The board leads: its words say what it wants next (firmware/agent/update.py), one piece at a time.
"""

from typing import Any, Final

from accord import b64, wire
from porchlight.updates.bundle import Bundle

OFFER, APPROVAL, CHUNK, GO, CANCEL, HEARD = range(len(wire.UPDATES))
ACTIVE: Final = ("uploading", "waiting", "offered", "sending", "restarting")
MOST_REPEATS: Final = 20  # of one wish: a board that makes no headway is left
_SHARING: Final = "sharing"


class Course:
    """`state` as above; `reason`: why it was refused or undone; `sharing`: pictures might leave
    while the board took it; `began`: when it was handed in, monotonic s."""

    def __init__(self, camera: str, bundle: Bundle, began: float = 0.0) -> None:
        self.camera = camera
        self.began = began
        self.bundle = bundle
        self.state = "uploading"
        self.reason = ""
        self.sharing = False
        self.sent = 0
        self.told: set[tuple[str, bool]] = set()  # what the log has of it: state, sharing
        self._approval_sent = False
        self._wish: tuple[int, int] | None = None
        self._repeats = 0

    @property
    def active(self) -> bool:
        """May it still come to something?"""
        return self.state in ACTIVE

    def offer(self) -> wire.Update | None:
        """What to tell a board that has just connected, or to begin with."""
        if self.state not in ("waiting", "offered", "sending"):
            return None
        self.state, self._approval_sent = "offered", False
        return wire.Update(OFFER, 0, 0, self.bundle.token)

    def end(self, state: str, reason: str = "") -> None:
        """It is over; its files are let go of."""
        self.state, self.reason = state, reason
        self.bundle.files = {}

    def hear(self, word: str) -> wire.Update | None:
        """The board's word about this release: what to tell it next, if anything."""
        said, *rest = word.split(" ")
        if rest[-1:] == [_SHARING]:
            self.sharing = True
            rest.pop()
        if said in ("update-running", "update-undone"):
            self.end(said.removeprefix("update-"), " ".join(rest))
            return wire.Update(HEARD, 0, 0, self.bundle.handle)
        if said in ("update-refused", "update-cancelled"):
            self.end("refused", " ".join(rest) or "cancelled")
        elif said == "update-approve":
            return self._approve()
        elif said == "update-at":
            return self._send(rest)
        elif said == "update-ready":
            return wire.Update(GO, 0, 0, b"")
        elif said == "update-restarting":
            self.state, self.sent = "restarting", self.bundle.size
        return None

    def _approve(self) -> wire.Update | None:
        if self.bundle.approval is None:
            self.end("refused", "not-approved")
        if self.bundle.approval is None or self._approval_sent:
            return None  # it was offered twice: a board that came back amid the first
        self._approval_sent = True
        return wire.Update(APPROVAL, 0, 0, self.bundle.approval)

    def _send(self, rest: list[str]) -> wire.Update | None:
        """The piece a board wants. One that wants what is not there is refused its update."""
        piece = None
        if len(rest) == 2 and all(word.isascii() and word.isdigit() for word in rest):
            wish = (int(rest[0]), int(rest[1]))
            self._repeats = self._repeats + 1 if wish == self._wish else 0
            self._wish = wish
            piece = self.bundle.piece(*wish) if self._repeats < MOST_REPEATS else None
        if piece is None or self._wish is None:
            self.end("refused", "no-headway")
            return wire.Update(CANCEL, 0, 0, b"")
        self.state, self.sent = "sending", self.bundle.place(*self._wish)
        return wire.Update(CHUNK, *self._wish, piece)

    def row(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "camera": self.camera,
            "release": b64.encode(self.bundle.handle),
            "name": self.bundle.name,
            "version": self.bundle.version,
            "state": self.state,
            "reason": self.reason,
            "sharing": self.sharing,
            "missing": len(self.bundle.missing) if self.state == "uploading" else 0,
            "sent": self.sent,
            "bytes": self.bundle.size,
        }
