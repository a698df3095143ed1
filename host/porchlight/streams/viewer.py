"""Viewer: one connection that watches a feed, as its fan-out knows it."""

from collections.abc import Callable
from typing import Protocol

from porchlight.streams.rhythm import Pace
from porchlight.streams.sinks import PlainSink, Sink


class Host(Protocol):
    """The part of Fanout that a viewer's connection calls."""

    def room(self, viewer: "Viewer") -> None: ...
    def leave(self, viewer: "Viewer") -> None: ...


class Viewer:
    """`gap_s`: shortest time between two frames that the viewer asked for; 0: as they come.

    `seen`: which of the fan-out's frames it was given last. `over` is called once.
    """

    __slots__ = ("_host", "_over", "pace", "plain", "seen", "sink")

    def __init__(self, host: Host, sink: Sink, gap_s: float, over: Callable[[], None]) -> None:
        self.sink = sink
        self.plain = sink if isinstance(sink, PlainSink) else None
        self.pace = Pace(gap_s)
        self.seen = 0
        self._host = host
        self._over: Callable[[], None] | None = over

    @property
    def simple(self) -> bool:
        """Whether nothing but its plain sink's send() is to be done for the next frame."""
        return self.plain is not None and not self.plain.begun and not self.pace.gap_s

    def room(self) -> None:
        """The connection can take more."""
        self._host.room(self)

    def gone(self) -> None:
        """The connection is lost."""
        self._host.leave(self)

    def end(self) -> None:
        """The fan-out let go of it."""
        over, self._over = self._over, None
        if over is not None:
            over()
