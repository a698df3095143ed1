"""Multiplex: many cameras to one viewer. Whose newest picture goes next, and its bytes. Pure.

A message is one picture, big-endian:

    version u8 = 1 | camera u8 | flags u16 | captured_ms u64 | sequence u32 | score u16 | JPEG

`camera` counts in the order that the first message, a text, tells. Only the newest picture of a
camera is ever due, the cameras take turns, and each keeps the pace its grant sets: a viewer that
cannot take all of them gets fewer of each, not fewer cameras.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from porchlight.frames import Frame

VERSION: Final = 1
REPEATED: Final = 1  # flag: this very picture was sent before. A canvas needs none to be.
HEAD: Final = struct.Struct(">BBHQIH")
_JITTER: Final = 4  # a part of the gap that makes up for jitter, not for idle time


def head(index: int, frame: Frame, flags: int = 0) -> bytes:
    """What stands before the JPEG of a message."""
    captured_ms = max(0, frame.captured_ms)
    return HEAD.pack(VERSION, index, flags, captured_ms, frame.sequence, frame.score)


@dataclass
class Lane:
    """One camera on its way to one viewer.

    `gap_s`: shortest time between two pictures. `taken`: the slot's number of the last one.
    """

    gap_s: float
    taken: int
    newest: int = 0
    due: float = 0.0
    skipped: int = 0
    over: bool = False

    @property
    def waits(self) -> bool:
        """Whether there is a picture that was not taken yet."""
        return self.newest > self.taken and not self.over


class Multiplex:
    """The lanes of one viewer, in turn. Times: monotonic seconds."""

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self.lanes = list(lanes)
        self._turn = 0

    def offer(self, index: int, number: int) -> None:
        """A camera's slot holds this one now; the one before it, if nobody took it, is gone."""
        self.lanes[index].newest = number

    def next(self, now: float) -> int | None:
        """Whose newest picture is to be sent at `now`; None: nobody's. Ends that lane's turn."""
        count = len(self.lanes)
        for step in range(count):
            index = (self._turn + step) % count
            lane = self.lanes[index]
            if lane.waits and lane.due <= now:
                self._turn = index + 1
                self._take(lane, now)
                return index
        return None

    def wait_s(self, now: float) -> float | None:
        """How long until one is due that only its pace holds back; None if there is none."""
        waiting = [lane.due for lane in self.lanes if lane.waits]
        return max(0.0, min(waiting) - now) if waiting else None

    def end(self, index: int) -> None:
        """Nothing more of this camera."""
        self.lanes[index].over = True

    @property
    def over(self) -> bool:
        """Whether nothing will ever be due again."""
        return all(lane.over for lane in self.lanes)

    def _take(self, lane: Lane, now: float) -> None:
        if lane.gap_s == 0:  # else frames are left out because the grant says so
            lane.skipped += lane.newest - lane.taken - 1
        lane.taken = lane.newest
        lane.due = max(lane.due, now - lane.gap_s / _JITTER) + lane.gap_s
