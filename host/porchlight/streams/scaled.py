"""Scaled: one camera for those who asked for narrower pictures, each made once for all of them.

The frame that is shown is the camera's, with another picture in it: time, sequence and handle stay,
and so does everything that a look has to say about it. Limits of size are asked of the original.

A frame that waits to be made narrower when a newer one comes gives up its place to that one: the
others of the same line wait no longer for it, and nothing is made that is old already.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from porchlight.clock import Clock
from porchlight.frames import Frame, LatestFrame
from porchlight.streams.feed import LookFeed
from porchlight.streams.tilecache import TileCache
from porchlight.views.look import before

NARROWEST: Final = 80
WIDEST: Final = 1_280
STEPS: Final = (NARROWEST, 96, 128, 160, 240, 320, 480, 640, 800, 960, WIDEST)


def rounded(width: int) -> int:
    """The width that is made when this one is asked for, which is no less unless it is less than
    NARROWEST: few, so that they can be shared."""
    return max((step for step in STEPS if step <= width), default=NARROWEST)


async def narrowed(frame: Frame, width: int, cache: TileCache, asker: str = "") -> Frame | None:
    """The frame at most so wide, itself if it is that already; None if it cannot be decoded."""
    if not _wider(frame, width):
        return frame
    made = cache.narrower(frame, width, asker)
    await asyncio.wait([made])
    if made.cancelled():  # a stream that waited for it too went on to a newer one
        made = cache.narrower(frame, width, asker)
        await asyncio.wait([made])
    return None if made.cancelled() or made.exception() else made.result()


class Scaled:
    """A Feed around a camera's. Its slot never holds a picture wider than `width`."""

    def __init__(
        self, feed: LookFeed, width: int, clock: Clock, cache: TileCache, asker: str = ""
    ) -> None:
        self.slot = LatestFrame()
        self.over = feed.over
        self.gap_s = feed.gap_s
        self._feed = feed
        self._width = width
        self._clock = clock
        self._cache = cache
        self._asker = asker  # who is served in turn with others
        self._number = 0  # of the frame in the camera's slot that was taken last
        self._runs = 0
        self._made: asyncio.Future[Frame | None] | None = None

    def before(self) -> int:
        """As Feed says."""
        return before(self.slot, self._clock.monotonic())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have the camera's source run, and pictures scaled."""
        async with self._feed.running():
            self._runs += 1
            if self._runs == 1:
                self._begin()
            try:
                yield
            finally:
                self._runs -= 1
                if self._runs == 0:
                    self._end()

    def part(self, frame: Frame, *, repeated: int = 0) -> bytes | None:
        """The frame as a part; None if it may not be shown now."""
        if self._feed.slot.latest is None:
            self.slot.forget()
        return self._feed.part(frame, repeated=repeated)

    def shown(self, frame: Frame, viewers: int, *, repeated: int = 0, missed: int = 0) -> None:
        """Count it."""
        self._feed.shown(frame, viewers, repeated=repeated)

    def _begin(self) -> None:
        self._number = self._feed.before()
        self._feed.slot.listen(self._news)
        self.over.on_end(self.slot.forget)
        self._news()

    def _end(self) -> None:
        self._feed.slot.unlisten(self._news)
        if self._made is not None:
            self._cache.drop(self._made, self._asker)
        self.over.forget(self.slot.forget)
        self.slot.forget()

    def _news(self) -> None:
        """Take the camera's newest; if one is in the making, after that."""
        slot = self._feed.slot
        if slot.closed is not None:
            self.slot.close(slot.closed)
            return
        frame = slot.latest
        if frame is None or slot.number <= self._number:
            return
        if self._made is not None and not self._cache.waits(self._made):
            return
        self._number = slot.number
        if not self._feed.shows(frame):
            return
        replaced, self._made = self._made, None
        if not _wider(frame, self._width):
            if replaced is not None:
                self._cache.drop(replaced, self._asker)
            self.slot.put(frame)
            return
        self._made = self._cache.narrower(frame, self._width, self._asker, replaced)
        self._made.add_done_callback(self._take)

    def _take(self, made: "asyncio.Future[Frame | None]") -> None:
        if made is not self._made:
            return  # it was replaced
        self._made = None
        if not self._runs or self.over.is_set():
            return
        if made.cancelled():
            # Somebody of the same line went on; the newest here is asked for again.
            self._number = min(self._number, self._feed.slot.number - 1)
        frame = None if made.cancelled() or made.exception() else made.result()
        if frame is not None and self._feed.slot.latest is not None:
            self.slot.put(frame)
        self._news()


def _wider(frame: Frame, width: int) -> bool:
    """Whether a frame has to be scaled: also if it does not say how wide it is."""
    return frame.size is None or frame.size[0] > width
