"""Feed: what a stream takes its parts from. A look at one camera, or a wall of several."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from porchlight.clock import Clock
from porchlight.frames import Frame, LatestFrame
from porchlight.metrics import Metrics
from porchlight.streams import mjpeg
from porchlight.views import Look
from porchlight.views.look import fresh


class Feed(Protocol):
    """`gap_s`: shortest time between two frames of one viewer. `over`: nothing more is shown."""

    slot: LatestFrame
    over: asyncio.Event
    gap_s: float

    def before(self) -> int:
        """The slot's number above which frames are for a viewer who begins now."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """While entered, frames come; raises accord's Refused if they must not."""

    def take(self, frame: Frame) -> bytes | None:
        """The part to be handed to a viewer at this very instant; None if it must not be."""


class LookFeed:
    """One camera, for one viewer of it."""

    def __init__(self, look: Look, clock: Clock, metrics: Metrics) -> None:
        self.slot = look.camera.latest
        self.over = look.over
        self.gap_s = look.gap_s
        self._look = look
        self._clock = clock
        self._metrics = metrics

    def before(self) -> int:
        """Who begins now is shown what is in the slot only if it came this very moment."""
        return self.slot.number - fresh(self.slot.latest, self._clock.monotonic())

    def running(self) -> AbstractAsyncContextManager[None]:
        """Have the camera's source run."""
        return self._look.camera.watch(self._look.permit)

    def take(self, frame: Frame) -> bytes | None:
        """The frame as a part, if the look holds now, covers it, and its limits allow it."""
        look = self._look
        if not (look.holds(self._clock.unix()) and look.covers(frame)):
            return None
        if not look.fits(frame):
            self._metrics.refused("frame", "too-large")
            return None
        look.shown(1, len(frame.jpeg))
        self._metrics.frames_out.inc()
        self._metrics.bytes_out.inc(len(frame.jpeg))
        return mjpeg.part(frame.jpeg, mjpeg.frame_headers(frame, look.permit.jti))
