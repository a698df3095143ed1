"""Frame, and the slot that holds a camera's newest one: overwritten, never queued.

Whoever looks gets the newest whole frame when they can take one. A slot keeps one frame, so a slow
viewer costs no memory and never slows the source or others. Knows nothing of grants or HTTP.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from porchlight.calling import call_all

_log: Final = logging.getLogger(__name__)
_SOI = b"\xff\xd8"
_SOS = 0xDA
# Start-of-frame markers: C0..CF but DHT (C4), JPG (C8) and DAC (CC), which share the range.
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, RSTn, SOI: markers without a length
_MAX_SEGMENTS = 64


@dataclass(eq=False)  # frozen would make each a microsecond dearer
class Frame:
    """One JPEG as it came from a source, never changed. `captured_ms`: unix ms by its clock.

    `handle`: the grant under which the source says it sent the frame (16 raw bytes).
    `clock` and `reason` are the codes of accord.wire. `arrived`: monotonic s at the host.
    """

    camera: str
    jpeg: bytes
    boot: int
    sequence: int
    captured_ms: int
    clock: int
    reason: int
    score: int
    handle: bytes
    arrived: float
    # What was made of it for its viewers, by the grant they look under, or by the words that stand
    # below. Goes with it.
    framed: dict[str, bytes] = field(default_factory=dict, init=False, repr=False)
    captioned: dict[tuple[str, ...], "Frame"] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def size(self) -> tuple[int, int] | None:
        """(width, height) in pixels as the JPEG's header says; None if it says nothing sane."""
        return jpeg_size(self.jpeg)

    def showing(self, jpeg: bytes) -> "Frame":
        """The same frame with another picture, which counts as large as this one's."""
        made = Frame(
            self.camera,
            jpeg,
            self.boot,
            self.sequence,
            self.captured_ms,
            self.clock,
            self.reason,
            self.score,
            self.handle,
            self.arrived,
        )
        made.size = self.size
        return made


class Closed(Exception):
    """The slot will hold no further frame. `reason`: one short word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LatestFrame:
    """A slot for one frame. `number` counts the frames put; 0 means none yet."""

    def __init__(self) -> None:
        self.latest: Frame | None = None
        self.number = 0
        self.closed: str | None = None
        self.followers: set[LatestFrame] = set()  # slots that must forget when this one does
        self._bells: set[asyncio.Event] = set()
        self._listeners: list[Callable[[], None]] = []
        self._takers: list[Callable[[Frame], None]] = []
        self._calling = False

    def put(self, frame: Frame, *, newest: bool = False) -> None:
        """Overwrite the slot, ring every waiter, and have the listeners called: at once if it is
        known to be the `newest`, so that nothing is gained by waiting for the end of this turn."""
        self.latest = frame
        self.number += 1
        if self._takers:
            call_all(tuple(self._takers), frame)
        if newest and not self._calling:
            for bell in self._bells:
                bell.set()
            self._call()
        else:
            self._ring()

    def forget(self) -> None:
        """Drop the frame held, so that nobody is shown it later. Waiters keep waiting."""
        self.latest = None
        for slot in self.followers:
            slot.forget()

    def close(self, reason: str) -> None:
        """No frame will come any more: forget the last one and end every waiter."""
        self.closed = self.closed or reason
        self.forget()
        self._ring()

    def listen(self, callback: Callable[[], None]) -> None:
        """Call back after puts and close: once per turn of the loop, however many there were, or
        within put() for what is known to be the newest.

        Frames that waited in a receive buffer while the loop was busy come in one turn: whoever
        played them all out would be late for everybody.
        """
        self._listeners.append(callback)

    def unlisten(self, callback: Callable[[], None]) -> None:
        """Do not call back any more, not even for what was put in this turn."""
        self._listeners.remove(callback)

    @contextmanager
    def taken_by(self, taker: Callable[[Frame], None]) -> Iterator[None]:
        """While entered, `taker` is called with each frame as it is put: for who may miss none,
        and needs no time for any. Viewers listen() instead."""
        self._takers.append(taker)
        try:
            yield
        finally:
            self._takers.remove(taker)

    @contextmanager
    def ringing(self, bell: asyncio.Event) -> Iterator[None]:
        """While entered, `bell` is set at each put and at close; the owner clears it."""
        self._bells.add(bell)
        try:
            yield
        finally:
            self._bells.discard(bell)

    async def newer(self, than: int | None = None) -> tuple[int, Frame]:
        """The newest frame and its number, once that is above `than` (None: any held frame).

        Raises Closed when the slot is closed, before or while waiting.
        """
        bell = asyncio.Event()
        with self.ringing(bell):
            while True:
                if self.closed is not None:
                    raise Closed(self.closed)
                if self.latest is not None and self.number > (than or 0):
                    return self.number, self.latest
                bell.clear()
                await bell.wait()

    def _ring(self) -> None:
        for bell in self._bells:
            bell.set()
        if self._listeners and not self._calling:
            self._calling = True
            asyncio.get_running_loop().call_soon(self._call)

    def _call(self) -> None:
        self._calling = False
        for callback in tuple(self._listeners):
            if callback not in self._listeners:
                continue  # one of the others made it leave
            try:
                callback()
            except Exception:
                _log.exception("a callback failed")


def jpeg_size(jpeg: bytes) -> tuple[int, int] | None:
    """(width, height) from the first start-of-frame segment; None if there is none to be found.

    Walks at most 64 segments and never past the scan: hostile bytes cost next to nothing.
    """
    if jpeg[:2] != _SOI:
        return None
    at = 2
    for _ in range(_MAX_SEGMENTS):
        if at + 4 > len(jpeg) or jpeg[at] != 0xFF:
            return None
        marker = jpeg[at + 1]
        if marker in _BARE or marker == 0xFF:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _SOF:
            return _dimensions(jpeg, at)
        if marker == _SOS:
            return None
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return None


def _dimensions(jpeg: bytes, at: int) -> tuple[int, int] | None:
    """SOF: FF Cx | length u16 | precision u8 | height u16 | width u16."""
    height = int.from_bytes(jpeg[at + 5 : at + 7], "big")
    width = int.from_bytes(jpeg[at + 7 : at + 9], "big")
    return (width, height) if len(jpeg) >= at + 9 and width and height else None
