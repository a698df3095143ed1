"""Recorded: a clip that was opened, as a feed. What comes before the live pictures of a camera."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from porchlight.clips.dressing import frame_of
from porchlight.clips.handout import Given
from porchlight.clips.pacing import paced
from porchlight.clips.play import Play
from porchlight.clips.store import Clips
from porchlight.frames import Frame, LatestFrame
from porchlight.metrics import Metrics
from porchlight.streams import mjpeg

UNREADABLE: Final = "unreadable"
_log = logging.getLogger(__name__)


class Recorded:
    """As streams.feed.Feed says; over when the play is. `through`: called once the last frame was
    put, in the same turn."""

    gap_s = 0.0

    def __init__(self, play: Play, clips: Clips, given: Given, metrics: Metrics) -> None:
        self.slot = LatestFrame()
        self.over = play.over
        self.through: Callable[[], None] = lambda: None
        self._play = play
        self._clips = clips
        self._given = given
        self._metrics = metrics

    def before(self) -> int:
        """It begins with its first frame, for whoever watches."""
        return 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have the frames come, each when its turn is."""
        playing = asyncio.create_task(self._run())
        try:
            yield
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)

    async def _run(self) -> None:
        try:
            async with self._clips.reading(self._given.path) as reader:
                async for place, jpeg in paced(self._clips, reader):
                    frame = frame_of(self._play.clip, place, jpeg)
                    frame.arrived = self._clips.clock.monotonic()
                    self.slot.put(frame, newest=True)
        except OSError as error:  # the file went, or the disk
            _log.error("a clip could not be read: %s", error)
            self.slot.close(UNREADABLE)
            return
        self.through()

    def part(self, frame: Frame, *, repeated: int = 0) -> bytes | None:
        """The frame, and which clip it is from; None if the play is over."""
        if self._play.lapse(self._clips.clock.unix()) is not None:
            return None
        said = mjpeg.frame_headers(frame, self._play.jti) | {"X-Clip": self._play.clip.id}
        if repeated:
            said |= mjpeg.repeat_headers(repeated, self._clips.clock.monotonic() - frame.arrived)
        return mjpeg.part(frame.jpeg, said)

    def shown(self, frame: Frame, viewers: int, *, repeated: int = 0, missed: int = 0) -> None:
        """Count it as a picture that went out."""
        if repeated:
            self._metrics.repeated.value += viewers
            return
        self._metrics.frames_out.value += viewers
        self._metrics.bytes_out.value += viewers * len(frame.jpeg)
