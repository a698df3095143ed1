"""Feed: what a fan-out takes its parts from. A look at one camera, or a wall of several.

One feed serves all its viewers: it is asked once for each frame, right before the first write, and
nothing can happen between the answer and the last.
"""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from porchlight.clock import Clock
from porchlight.ending import Ending
from porchlight.frames import Frame, LatestFrame
from porchlight.metrics import Metrics
from porchlight.streams import mjpeg
from porchlight.streams.lettering import Lines
from porchlight.views import Look


class Feed(Protocol):
    """`gap_s`: what is in the slot changes no more often, and repetitions come no more often
    either; 0: as it comes. `over`: nothing more is shown."""

    slot: LatestFrame
    gap_s: float
    over: Ending

    def before(self) -> int:
        """The slot's number above which frames are for a viewer who begins now."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """While entered, frames come; raises accord's Refused if they must not."""

    def part(self, frame: Frame, *, repeated: int = 0) -> bytes | None:
        """The part to be handed to viewers at this very instant; None if it must not be.

        `repeated`: how many times they were given it since it was new. Begins with mjpeg.PREFIX.
        """

    def shown(self, frame: Frame, viewers: int, *, repeated: int = 0, missed: int = 0) -> None:
        """So many viewers took the frame; it is new to them unless `repeated`, and they had not
        been given so many parts right before it."""


class LookFeed:
    """One camera in one view."""

    def __init__(self, look: Look, clock: Clock, metrics: Metrics) -> None:
        self.slot = look.slot
        self.over = look.over
        self.gap_s = look.gap_s
        self._look = look
        self._clock = clock
        self._metrics = metrics

    def before(self) -> int:
        """Who begins now is shown what is in the slot only if it came this very moment."""
        return self._look.before()

    def running(self) -> AbstractAsyncContextManager[None]:
        """Have the camera's source run."""
        return self._look.watching()

    @property
    def reason(self) -> str:
        """Why it is over; empty while it is not."""
        return self._look.reason

    def lines(self, frame: Frame) -> Lines:
        """What has to be read below the picture."""
        return self._look.lines(frame)

    def shows(self, frame: Frame, *, again: bool = False) -> bool:
        """Whether the frame may be shown at this very instant: the look holds now, covers it, and
        its limits allow it. `again`: it was covered once, and nothing newer came."""
        look = self._look
        if not look.holds(self._clock.unix()):
            return False
        if not (look.covers_again(frame) if again else look.covers(frame)):
            return False
        if look.bounded and not look.fits(frame):
            self._metrics.refused("frame", "too-large")
            return False
        return True

    def part(self, frame: Frame, *, repeated: int = 0) -> bytes | None:
        """The frame as a part; None if it may not be shown now."""
        if not self.shows(frame, again=repeated > 0):
            return None
        jti = self._look.permit.jti
        if not repeated:
            return mjpeg.framed(frame, jti)
        return mjpeg.repetition(frame, jti, repeated, self._clock.monotonic() - frame.arrived)

    def shown(self, frame: Frame, viewers: int, *, repeated: int = 0, missed: int = 0) -> None:
        """Count it. A repetition is no further frame that somebody saw."""
        if repeated:
            self._metrics.repeated.value += viewers
            return
        look, metrics, size_bytes = self._look, self._metrics, viewers * len(frame.jpeg)
        look.frames += viewers  # as their shown() does, at one stroke: hot
        look.bytes += size_bytes
        metrics.frames_out.value += viewers
        metrics.bytes_out.value += size_bytes
