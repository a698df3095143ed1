"""Multiplex: many cameras to one viewer. Whose newest picture goes next, and its bytes. Pure.

A message is one picture, big-endian:

    version u8 = 1 | camera u8 | flags u16 | captured_ms u64 | sequence u32 | score u16 | JPEG

`camera` counts in the order that the first message, a text, tells. Only the newest picture of a
camera is ever due, and the cameras take turns: a viewer that cannot take all of them gets fewer of
each, not fewer cameras.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from porchlight.frames import Frame

VERSION: Final = 1
REPEATED: Final = 1  # flag: this very picture was sent before. A canvas needs none to be.
HEAD: Final = struct.Struct(">BBHQIH")


def head(index: int, frame: Frame, flags: int = 0) -> bytes:
    """What stands before the JPEG of a message."""
    captured_ms = max(0, frame.captured_ms)
    return HEAD.pack(VERSION, index, flags, captured_ms, frame.sequence, frame.score)


@dataclass
class Lane:
    """One camera on its way to one viewer. `taken`: the slot's number of the last picture."""

    taken: int
    newest: int = 0
    skipped: int = 0
    over: bool = False

    @property
    def waits(self) -> bool:
        """Whether there is a picture that was not taken yet."""
        return self.newest > self.taken and not self.over


class Multiplex:
    """The lanes of one viewer, in turn."""

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self.lanes = list(lanes)
        self._turn = 0

    def offer(self, index: int, number: int) -> None:
        """A camera's slot holds this one now; the one before it, if nobody took it, is gone."""
        self.lanes[index].newest = number

    def next(self) -> int | None:
        """Whose newest picture is to be sent now; None: nobody's. Ends that lane's turn."""
        count = len(self.lanes)
        for step in range(count):
            index = (self._turn + step) % count
            lane = self.lanes[index]
            if lane.waits:
                self._turn = index + 1
                lane.skipped += lane.newest - lane.taken - 1
                lane.taken = lane.newest
                return index
        return None

    def end(self, index: int) -> None:
        """Nothing more of this camera."""
        self.lanes[index].over = True

    @property
    def over(self) -> bool:
        """Whether nothing will ever be due again."""
        return all(lane.over for lane in self.lanes)
