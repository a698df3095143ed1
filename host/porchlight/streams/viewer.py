"""Viewer: one connection that watches a feed, as its fan-out knows it."""

from collections.abc import Callable
from typing import Final, Protocol

from porchlight.streams.rhythm import BackOff, Pace
from porchlight.streams.sinks import Sink

LOOK_S: Final = 0.02  # how soon one is looked at who tells nothing


class Source(Protocol):
    """The part of Fanout that a viewer's connection calls."""

    def room(self, viewer: "Viewer") -> None: ...
    def leave(self, viewer: "Viewer") -> None: ...


class Viewer:
    """`gap_s`: shortest time between two frames that the viewer asked for; 0: as they come.

    `seen`: which of the fan-out's frames it was given last, or came too late for; `given`: whether
    it was given any. `look_at`: when it is to be looked at again if its sink does not tell of room
    (the loop's time), and `looks`: how long after that once more. `over` is called once.
    """

    __slots__ = ("_over", "_source", "given", "look_at", "looks", "pace", "seen", "sink")

    def __init__(self, source: Source, sink: Sink, gap_s: float, over: Callable[[], None]) -> None:
        self.sink = sink
        self.pace = Pace(gap_s)
        self.seen = 0
        self.given = False
        self.look_at = 0.0
        self.looks = BackOff(LOOK_S)
        self._source = source
        self._over: Callable[[], None] | None = over

    def room(self) -> None:
        """The connection can take more."""
        self._source.room(self)

    def gone(self) -> None:
        """The connection is lost."""
        self._source.leave(self)

    def goes_to(self, source: Source) -> None:
        """Another fan-out has it from now on."""
        self._source = source

    def end(self) -> None:
        """The fan-out let go of it."""
        over, self._over = self._over, None
        if over is not None:
            over()
