"""Snapshot: one frame of a look, taken now; or, where the grant allows no new one yet, the last."""

from typing import Final

from porchlight.clock import Clock
from porchlight.errors import Gone, Unavailable
from porchlight.frames import Frame
from porchlight.metrics import Metrics
from porchlight.racing import first
from porchlight.views import Look

PATIENCE_S: Final = 10.0


async def snapshot(
    look: Look, clock: Clock, metrics: Metrics, patience_s: float = PATIENCE_S
) -> Frame:
    """A frame that may be shown now; Unavailable if none came in time, Gone if the look ended.

    Has the source run while it waits. Raises accord's Refused if it must not.
    """
    async with look.watching():
        frame = await _first(look, look.before(), patience_s)
    if frame is None or not (look.holds(clock.unix()) and look.covers(frame)):
        raise Gone("ticket-expired", "the view ended")
    if not look.fits(frame):
        metrics.refused("frame", "too-large")
        raise Unavailable("too-large", "the camera's pictures are larger than the grant allows")
    if look.shown_single(frame):
        metrics.shown(1, len(frame.jpeg))
    else:
        metrics.repeated.value += 1
    return frame


async def _first(look: Look, number: int, patience_s: float) -> Frame | None:
    """The first frame above `number`; None if the look is over before."""
    newer, over = await first(_covered(look, number), look.over.wait(), patience_s=patience_s)
    if not over.cancelled():
        return None
    if newer.cancelled():
        raise Unavailable("no-frame", "the camera sent no picture", headers={"Retry-After": "5"})
    return newer.result()


async def _covered(look: Look, number: int) -> Frame:
    """Wait for a frame above `number` that is meant for this look."""
    while True:
        number, frame = await look.slot.newer(number)
        if look.covers(frame):
            return frame
