"""What a board says of itself in its log: its last lines, in memory alone.

The board names no secret there, but what it says is its word: printable ASCII is kept, no more
than so many lines, and nothing is decided by it.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from porchlight import report
from porchlight.clock import Clock

KEPT: Final = 200  # lines of one camera, of at most 200 characters


@dataclass(frozen=True)
class Line:
    """`at_ms`: when the host was told it; the board's own seconds since its start are in `text`."""

    at_ms: int
    text: str


class BoardLog:
    """Of one camera, through all its connections, since the host began."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: deque[Line] = deque(maxlen=KEPT)

    def add(self, raw: bytes) -> None:
        """One more, as it came from the wire."""
        self._lines.append(Line(self._clock.unix_ms(), report.printable(raw)))

    def newest(self, count: int) -> list[Line]:
        """The last `count`, the oldest of them first."""
        return list(self._lines)[-count:]
