"""Viewer: one connection that watches a feed, as its fan-out knows it."""

from collections.abc import Callable
from typing import Final, Protocol

from porchlight.streams.rhythm import Pace
from porchlight.streams.sinks import Sink

LOOK_S: Final = (0.02, 0.5)  # how soon, and how seldom, one is looked at who tells nothing
_LATER: Final = 1.25  # so that nobody waits for a picture much longer than it took them already


class Source(Protocol):
    """The part of Fanout that a viewer's connection calls."""

    def room(self, viewer: "Viewer") -> None: ...
    def leave(self, viewer: "Viewer") -> None: ...


class Viewer:
    """`gap_s`: shortest time between two frames that the viewer asked for; 0: as they come.

    `seen`: which of the fan-out's frames it was given last, or came too late for; `given`: whether
    it was given any. `look_at`: when it is to be looked at again if its sink does not tell of room
    (the loop's time). `over` is called once.
    """

    __slots__ = ("_look_s", "_over", "_source", "given", "look_at", "pace", "seen", "sink")

    def __init__(self, source: Source, sink: Sink, gap_s: float, over: Callable[[], None]) -> None:
        self.sink = sink
        self.pace = Pace(gap_s)
        self.seen = 0
        self.given = False
        self.look_at = 0.0
        self._look_s = LOOK_S[0]
        self._source = source
        self._over: Callable[[], None] | None = over

    def room(self) -> None:
        """The connection can take more."""
        self._source.room(self)

    def fell_behind(self) -> None:
        """It has no room, from now on: it is to be looked at soon."""
        self._look_s, self.look_at = LOOK_S[0], 0.0

    def has_room(self, now: float) -> bool:
        """Look at one who does not tell; the longer there was none, the later the next time."""
        if now < self.look_at:
            return False
        if self.sink.idle:
            return True
        self.look_at = now + self._look_s
        self._look_s = min(LOOK_S[1], self._look_s * _LATER)
        return False

    def gone(self) -> None:
        """The connection is lost."""
        self._source.leave(self)

    def end(self) -> None:
        """The fan-out let go of it."""
        over, self._over = self._over, None
        if over is not None:
            over()
