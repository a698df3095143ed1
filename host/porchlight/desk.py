"""What cameras need of the world around them: the log, the screens, the source on its line."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from accord import wire
from accord.grant import Grant
from porchlight.clock import Clock
from porchlight.events import Events
from porchlight.heldbook import Held
from porchlight.looking import Want
from porchlight.metrics import Metrics

LINGER_S: Final = 2.0  # a source stays on so long after its last viewer: reloads, quick swaps

Withdrawn = Callable[[str, bytes], None]  # camera id, handle
Pressed = Callable[[Grant], Awaitable[None]]
Attached = Callable[[str], Awaitable[None]]  # camera id
Updated = Callable[[str, wire.Answer, str], Awaitable[None]]  # camera id, answer, its word
Stood = Callable[[str, wire.Answer, str], Awaitable[None]]  # camera id, answer, its word


@dataclass(frozen=True)
class Heard:
    """Who is told what of every camera: `withdrawn` before a revocation returns, `pressed` once a
    grant ended by the button at a board, `attached` when a source has connected, `updated` of what
    a board says about an update, `held` of each grant that comes into a book or goes."""

    withdrawn: list[Withdrawn] = field(default_factory=list)
    pressed: list[Pressed] = field(default_factory=list)
    attached: list[Attached] = field(default_factory=list)
    updated: list[Updated] = field(default_factory=list)
    stood: list[Stood] = field(default_factory=list)  # what a board says about a lease
    opened: list[Pressed] = field(default_factory=list)  # a panic grant, by the button at a board
    held: list[Held] = field(default_factory=list)


class Log(Protocol):
    """The part of audit.entries.Entries that is used here."""

    async def add(self, type: str, *, resident: str | None, **more: Any) -> int:
        """Write an entry; it is durable when this returns."""

    async def add_all(self, drafts: list[dict[str, Any]]) -> Any:
        """Write several, all or none."""

    async def add_with_receipts(self, drafts: list[dict[str, Any]], to: str) -> list[Any]:
        """Write several, all or none; for each a receipt for `to` (audit.receipts.Receipt)."""


class Record(Protocol):
    """What was registered about a camera. `id` and `resident` are thumbs."""

    @property
    def id(self) -> str: ...
    @property
    def resident(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def board_key(self) -> bytes: ...


class Link(Protocol):
    """What a connected source takes from its camera. None of these waits or fails."""

    def watch(self, wants: list[Want]) -> None: ...
    def offer(self, grant: Grant) -> None: ...
    def revoke(self, handle: bytes) -> None: ...
    def update(self, message: wire.Update) -> None: ...
    def lease(self, message: wire.Lease) -> None: ...
    def close(self, reason: str) -> None: ...


@dataclass(frozen=True)
class Desk:
    """What all cameras share. `linger_s` is there for tests."""

    clock: Clock
    entries: Log
    events: Events
    metrics: Metrics
    linger_s: float = LINGER_S
