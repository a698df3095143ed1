"""PacedSlot: what those who look under one grant see of a camera, no more often than it allows.

There is one for a look, and everything that shows the look takes its frames from here: streams of
any width, walls, the page's socket, single pictures. So coming again, or many times at once, gets
nobody more. Who comes early is given the frame that is here already, or waits for the next.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from porchlight.frames import Frame, LatestFrame
from porchlight.streams.rhythm import Pace


class PacedSlot(LatestFrame):
    """At most one frame of `source` every `gap_s`; the newest waits until it may.

    `counts(frame)`: whether a frame is for this look. What is not is passed on at once, for it
    takes the place of what was shown before, and is shown to nobody.
    """

    def __init__(self, source: LatestFrame, gap_s: float, counts: Callable[[Frame], bool]) -> None:
        super().__init__()
        self._source = source
        self._counts = counts
        self._pace = Pace(gap_s)
        self._passed = 0  # the source's number of the last frame that came here, or came too early
        self._runs = 0
        self._over = False
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def running(self, before: Callable[[], int]) -> Iterator[None]:
        """While entered by anybody, frames come. `before()`: the source's number above which they
        are for somebody who begins now."""
        self._runs += 1
        if self._runs == 1 and not self._over:
            self._source.listen(self._news)
            self._source.followers.add(self)
            self._passed = max(self._passed, before())
            self._news()
        try:
            yield
        finally:
            self._runs -= 1
            if self._runs == 0 and not self._over:
                self._rest()

    def drop(self) -> None:
        """The look is over: nothing is kept, and nothing comes."""
        if self._runs and not self._over:
            self._source.unlisten(self._news)
        self._over = True
        self._source.followers.discard(self)
        self._set_timer(None)
        self.forget()

    def _rest(self) -> None:
        """Nobody looks. Who comes before the next frame may be shown gets the last one."""
        self._source.unlisten(self._news)
        wait_s = self._pace.wait_s(asyncio.get_running_loop().time())
        self._set_timer(max(0.0, wait_s), self.forget)

    def _news(self) -> None:
        """Pass on the source's newest, if it may be shown by now."""
        source, frame = self._source, self._source.latest
        self._set_timer(None)
        if source.closed is not None:
            self.close(source.closed)
            return
        if frame is None or source.number <= self._passed:
            return
        if self._counts(frame):
            now = asyncio.get_running_loop().time()
            wait_s = self._pace.wait_s(now)
            if wait_s > 0:
                self._set_timer(wait_s, self._news)
                return
            self._pace.went(now)
        self._passed = source.number
        self.put(frame)

    def _set_timer(self, wait_s: float | None, callback: Callable[[], None] | None = None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wait_s is not None and callback is not None:
            self._timer = asyncio.get_running_loop().call_later(wait_s, callback)
