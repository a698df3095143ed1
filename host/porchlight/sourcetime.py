"""What the clock of a source shows, as far as its frames tell. Pure: arrivals are handed in.

A frame arrives after it was taken, so when it arrives the source's clock shows at least that time.
Most frames say it almost exactly; pre-roll, and what a stalled line held up, is seconds late. So
the frame that came the quickest counts, and is carried on by our own clock for as long as nothing
newer is known: in a quiet scene that is hours. Once frames come again it is forgotten within a
minute, for a source's clock may be wrong for a while.
"""

from typing import Final

SPAN_S: Final = 30.0  # longer than a board holds a frame, and than most lines stall


class SourceTime:
    """The time of one source. `boot` and `captured_ms` are a frame's; `arrived` and `moment`
    monotonic s of the host."""

    def __init__(self) -> None:
        self._boot: int | None = None
        self._since = 0.0
        self._ahead_ms = self._ahead_before_ms = 0.0  # of our monotonic clock, at least

    def heard(self, boot: int, captured_ms: int, arrived: float) -> None:
        """A frame came."""
        ahead_ms = captured_ms - arrived * 1000
        if boot != self._boot:
            self._boot, self._since = boot, arrived
            self._ahead_ms = self._ahead_before_ms = ahead_ms
        elif arrived - self._since > SPAN_S:
            self._since = arrived
            self._ahead_before_ms, self._ahead_ms = self._ahead_ms, ahead_ms
        else:
            self._ahead_ms = max(self._ahead_ms, ahead_ms)

    def at(self, boot: int, moment: float) -> float | None:
        """The earliest unix ms that this source's clock can have shown at `moment`; None if
        nothing was heard of this boot."""
        if boot != self._boot:
            return None
        return moment * 1000 + max(self._ahead_ms, self._ahead_before_ms)
