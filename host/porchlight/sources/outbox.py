"""Outbox: what is to be told to one board, most urgent first. Bounded; no I/O.

A later Watch, Settings or Time replaces the one that still waits, a Revoke takes back a token that
was not sent yet: a board that reads slowly is told how things are, not how they came about.
"""

from collections import deque
from typing import Final, TypeVar

from accord import wire
from accord.grant import Grant
from porchlight.looking import Want

Value = TypeVar("Value")
MAX_UPDATES: Final = 4  # a board wants one piece at a time
MAX_LEASES: Final = 4  # each answers one nonce, and a board has one open
MAX_WAITING: Final = 128  # handles; a book holds 8 grants and 64 revocations


class Outbox:
    """Messages leave in the order: Revoke, Lease, Time, Settings, GrantToken, Watch, Update."""

    def __init__(self) -> None:
        self._revokes: dict[bytes, None] = {}
        self._time = False
        self._settings: wire.Settings | None = None
        self._tokens: dict[bytes, bytes] = {}
        self._watch: wire.Watch | None = None
        self._updates: deque[wire.Update] = deque(maxlen=MAX_UPDATES)
        self._leases: deque[wire.Lease] = deque(maxlen=MAX_LEASES)

    def revoke(self, handle: bytes) -> None:
        """Tell that a grant was taken back."""
        self._tokens.pop(handle, None)
        self._revokes[handle] = None
        _trim(self._revokes)

    def time(self) -> None:
        """Tell the time, as it is when the message leaves."""
        self._time = True

    def settings(self, settings: wire.Settings) -> None:
        """Tell how to film."""
        self._settings = settings

    def offer(self, grant: Grant) -> None:
        """Tell of a grant."""
        self._tokens[grant.handle] = grant.token
        _trim(self._tokens)

    def watch(self, wants: list[Want]) -> None:
        """Tell who looks."""
        self._watch = wire.watch(0, wants)

    def update(self, message: wire.Update) -> None:
        """Tell the next step of an update."""
        self._updates.append(message)

    def lease(self, message: wire.Lease) -> None:
        """Tell what the resident or an agent says, or ask what they may answer: once is enough,
        and nobody's questions push out an answer."""
        if message.packed or all(waiting.packed for waiting in self._leases):
            self._leases.append(message)

    def next(self, now_ms: int) -> wire.Message | None:
        """Take the most urgent message; None when there is nothing to tell."""
        if self._revokes:
            return wire.Revoke(_pop_first(self._revokes)[0])
        if self._leases:
            return self._leases.popleft()
        if self._time:
            self._time = False
            return wire.Time(now_ms)
        if self._settings is not None:
            settings, self._settings = self._settings, None
            return settings
        if self._tokens:
            return wire.GrantToken(_pop_first(self._tokens)[1])
        if self._watch is not None:
            watch, self._watch = self._watch, None
            return watch
        return self._updates.popleft() if self._updates else None


def _pop_first(waiting: dict[bytes, Value]) -> tuple[bytes, Value]:
    key = next(iter(waiting))
    return key, waiting.pop(key)


def _trim(waiting: dict[bytes, Value]) -> None:
    while len(waiting) > MAX_WAITING:
        _pop_first(waiting)
