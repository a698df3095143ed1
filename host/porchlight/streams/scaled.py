"""Scaled: one camera for those who asked for narrower pictures, or whose pictures bear a caption.

The frame that is shown is the camera's, with another picture in it: time, sequence and handle stay,
and so does everything that a look has to say about it. Limits of size are asked of the original.
Each is made once for all who are to see the same.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from porchlight.clock import Clock
from porchlight.frames import Frame, LatestFrame
from porchlight.metrics import Metrics
from porchlight.streams import strip
from porchlight.streams.feed import LookFeed
from porchlight.streams.lettering import Lines
from porchlight.streams.prepared import Prepared, made_of
from porchlight.streams.tilecache import TileCache
from porchlight.streams.workers import Made
from porchlight.views.look import Look, before

NARROWEST: Final = 80
WIDEST: Final = 1_280
STEPS: Final = (NARROWEST, 96, 128, 160, 240, 320, 480, 640, 800, 960, WIDEST)


def rounded(width: int) -> int:
    """The width that is made when this one is asked for, which is no less unless it is less than
    NARROWEST: few, so that they can be shared."""
    return max((step for step in STEPS if step <= width), default=NARROWEST)


async def narrowed(
    frame: Frame, width: int | None, cache: TileCache, asker: str = "", lines: Lines = ()
) -> Frame | None:
    """The frame at most so wide, with these lines below; None if it cannot be decoded."""
    make = _making(frame, width, cache, asker, lines)
    return frame if make is None else await made_of(make)


class Scaled:
    """A Feed around a camera's. Its slot never holds a picture wider than `width`, nor one without
    the look's caption."""

    def __init__(
        self, feed: LookFeed, width: int | None, clock: Clock, cache: TileCache, asker: str = ""
    ) -> None:
        self._prepared = Prepared(feed.slot, self._prepare, cache, asker)
        self.slot: LatestFrame = self._prepared
        self.over = feed.over
        self.gap_s = feed.gap_s
        self._feed = feed
        self._width = width
        self._clock = clock
        self._cache = cache
        self._asker = asker  # who is served in turn with others

    def before(self) -> int:
        """As Feed says."""
        return before(self.slot, self._clock.monotonic())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have the camera's source run, and pictures made."""
        async with self._feed.running():
            self.over.on_end(self.slot.forget)
            try:
                with self._prepared.running(self._feed.before):
                    yield
            finally:
                self.over.forget(self.slot.forget)

    @property
    def reason(self) -> str:
        """Why it is over; empty while it is not."""
        return self._feed.reason

    def shows(self, frame: Frame, *, again: bool = False) -> bool:
        """As LookFeed says."""
        return self._feed.shows(frame, again=again)

    def part(self, frame: Frame, *, repeated: int = 0) -> bytes | None:
        """The frame as a part; None if it may not be shown now."""
        return self._feed.part(frame, repeated=repeated)

    def shown(self, frame: Frame, viewers: int, *, repeated: int = 0, missed: int = 0) -> None:
        """Count it."""
        self._feed.shown(frame, viewers, repeated=repeated)

    def _prepare(self, frame: Frame, instead: Made | None) -> Frame | Made | None:
        if not self._feed.shows(frame):
            return None
        lines = self._feed.lines(frame)
        if self._width is None and lines:
            found = _captioned(frame, lines)
            if found is not None:
                return found
        make = _making(frame, self._width, self._cache, self._asker, lines)
        return frame if make is None else make(instead)


def feed_for(
    look: Look,
    width: int | None,
    clock: Clock,
    metrics: Metrics,
    cache: TileCache,
    asker: str,
) -> "LookFeed | Scaled":
    """What a viewer of one camera watches: the camera's own pictures, unless they asked for
    narrower ones or something has to be written below."""
    feed = LookFeed(look, clock, metrics)
    if width is None and look.caption is None:
        return feed
    return Scaled(feed, width, clock, cache, asker)


def _captioned(frame: Frame, lines: Lines) -> Frame | None:
    """The frame with lines below, if no thread has to be asked for that: one for all who see it."""
    found = frame.captioned.get(lines)
    if found is None:
        jpeg = strip.at_once(frame.jpeg, lines)
        if jpeg is not None:
            found = frame.captioned[lines] = frame.showing(jpeg)
    return found


def _making(
    frame: Frame, width: int | None, cache: TileCache, asker: str, lines: Lines
) -> Callable[..., Made] | None:
    """What has such a picture made; None if the frame is that already."""
    if width is not None and _wider(frame, width):
        return partial(cache.narrower, frame, width, asker, lines=lines)
    return partial(cache.burnt, frame, asker, lines=lines) if lines else None


def _wider(frame: Frame, width: int) -> bool:
    """Whether a frame has to be scaled: also if it does not say how wide it is."""
    return frame.size is None or frame.size[0] > width
