"""Prepared: a slot that is filled from another one, each frame made into another off the loop.

Only the newest is made: one that waits for a thread when a newer one comes gives up its place to
that. What cannot be made is not shown, and neither is what it would have been made of.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from porchlight.frames import Frame, LatestFrame
from porchlight.streams.tilecache import TileCache
from porchlight.streams.workers import Made

Prepare = Callable[[Frame, Made | None], Frame | Made | None]


class Prepared(LatestFrame):
    """`prepare(frame, instead)` says what becomes of a frame of `source`: a future of another one
    (None: it cannot be made), a frame at once, or None, which leaves it out. `instead`: what
    waits, and is no longer wanted unless it leaves out this one."""

    def __init__(
        self, source: LatestFrame, prepare: Prepare, cache: TileCache, asker: str = ""
    ) -> None:
        super().__init__()
        self.making: Made | None = None
        self.taken = 0  # the source's number of the frame that was looked at last
        self._source = source
        self._prepare = prepare
        self._cache = cache
        self._asker = asker
        self._runs = 0
        self._over = False

    @contextmanager
    def running(self, before: Callable[[], int]) -> Iterator[None]:
        """While entered by anybody, frames come. `before()`: the source's number above which they
        are for somebody who begins now."""
        self._runs += 1
        if self._runs == 1:
            self.taken = before()
            self._source.listen(self._news)
            self._source.followers.add(self)
            self._news()
        try:
            yield
        finally:
            self._runs -= 1
            if self._runs == 0:
                self._source.unlisten(self._news)
                self._source.followers.discard(self)
                self.forget()

    def forget(self) -> None:
        """As LatestFrame says; what is in the making is not shown either."""
        making, self.making = self.making, None
        if making is not None:
            self._cache.drop(making, self._asker)
        super().forget()

    def drop(self) -> None:
        """Nothing is kept, and nothing comes any more."""
        self._over = True
        self.forget()

    def _news(self) -> None:
        """Take the source's newest; if one is in the making, after that."""
        source, frame = self._source, self._source.latest
        if self._over:
            return
        if source.closed is not None:
            self.close(source.closed)
            return
        if frame is None or source.number <= self.taken:
            return
        if self.making is not None and not self._cache.waits(self.making):
            return
        self.taken = source.number
        found = self._prepare(frame, self.making)
        if isinstance(found, Frame):
            self._put_as_it_is(found)
        elif found is not None:
            self.making = found
            found.add_done_callback(self._take)

    def _put_as_it_is(self, frame: Frame) -> None:
        replaced, self.making = self.making, None
        if replaced is not None:
            self._cache.drop(replaced, self._asker)
        self.put(frame, newest=True)  # of this turn, or we were not called

    def _take(self, made: Made) -> None:
        if made is not self.making:
            return  # it was replaced, or is no longer to be shown
        self.making = None
        if made.cancelled():
            # Somebody of the same line went on; the newest here is asked for again.
            self.taken = min(self.taken, self._source.number - 1)
        frame = None if made.cancelled() or made.exception() else made.result()
        if frame is not None:
            self.put(frame)
        self._news()


async def made_of(make: Callable[[], Made]) -> Frame | None:
    """What make() gives, once it is done; None if it cannot be."""
    made = make()
    await asyncio.wait([made])
    if made.cancelled():  # a stream that waited for it too went on to a newer one
        made = make()
        await asyncio.wait([made])
    frame: Frame | None = None if made.cancelled() or made.exception() else made.result()
    return frame
