"""Pictures: all cameras of one view down one socket, for browsers allow six streams to one host.

No task for a picture and none for a camera: the slots call when a frame came, the socket when its
viewer took the last one, and whichever comes second has the next one written. The feed is asked
right before. What ends is told as {"over": INDEX, "reason": WORD}, and its pictures end with it.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from typing import Any, Final, Protocol

from accord.errors import Refused
from porchlight.clock import Clock
from porchlight.metrics import Metrics
from porchlight.streams import multiplex
from porchlight.streams.feed import LookFeed
from porchlight.streams.multiplex import Lane, Multiplex
from porchlight.streams.scaled import Scaled

EXTENSION: Final = "porchlight.outlet"  # where a server puts one in the scope of a socket
ALIVE_S: Final = 5.0  # between two signs of life: who hears none for a while may look for another


class Outlet(Protocol):
    """One viewer's socket. Writes never wait and never fail: who is gone gets nothing."""

    def ready(self) -> bool:
        """Whether the viewer took all so far. If not, what begin() was given is called then."""

    def all_sent(self) -> bool:
        """Whether nothing written waits on this machine: what was sent is beyond recall."""

    def begin(self, go: Callable[[], None]) -> None:
        """From now on only the newest matters: keep next to nothing buffered for the viewer."""

    def picture(self, head: bytes, jpeg: bytes) -> None:
        """One binary message."""

    def text(self, words: str) -> None:
        """One text message."""

    def abort(self) -> None:
        """Close at once, dropping what was not sent yet."""


class Pictures:
    """One viewer of several cameras. `feeds`: by camera, in the order that is told."""

    def __init__(
        self, feeds: Mapping[str, LookFeed | Scaled], outlet: Outlet, clock: Clock, metrics: Metrics
    ) -> None:
        self._names = list(feeds)
        self._feeds = list(feeds.values())
        self._outlet = outlet
        self._clock = clock
        self._metrics = metrics
        self._loop = asyncio.get_running_loop()
        self._mux = Multiplex(Lane(feed.before()) for feed in self._feeds)
        self._sources = [AsyncExitStack() for _ in self._feeds]
        self._waiting: set[int] = set()  # whose pictures may still be on this machine
        self._ended = asyncio.Event()
        self._alive: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Show them until every look is over."""
        self._outlet.begin(self._go)
        self._tell(cameras=self._names)
        with ExitStack() as undo:
            undo.callback(self._stop)
            try:
                for index in range(len(self._feeds)):
                    await self._begin(index, undo)
                self._keep_alive()
                await self._until_over()
            finally:
                for sources in self._sources:
                    await sources.aclose()

    async def _begin(self, index: int, undo: ExitStack) -> None:
        """Have one camera's source run, and listen to it."""
        feed = self._feeds[index]
        over = partial(self._over, index)
        feed.over.on_end(over)
        undo.callback(feed.over.forget, over)
        if feed.over.is_set():
            return
        try:
            await self._sources[index].enter_async_context(feed.running())
        except Refused as refused:
            self._over(index, refused.reason)
            return
        came = partial(self._came, index)
        feed.slot.listen(came)
        undo.callback(feed.slot.unlisten, came)
        came()  # for what is there already

    async def _until_over(self) -> None:
        """Let go of the source of each camera that is over, until all are."""
        while not self._mux.over:
            await self._ended.wait()
            self._ended.clear()
            for lane, sources in zip(self._mux.lanes, self._sources, strict=True):
                if lane.over:
                    await sources.aclose()

    def _came(self, index: int) -> None:
        """A camera's slot holds another frame, or is closed."""
        slot = self._feeds[index].slot
        if slot.closed is not None:
            self._over(index, slot.closed)
            return
        self._mux.offer(index, slot.number)
        self._go()

    def _go(self) -> None:
        """Write what is due while the viewer takes it."""
        while self._outlet.ready():
            index = self._mux.next()
            if index is None:
                return
            self._show(index)

    def _show(self, index: int) -> None:
        feed = self._feeds[index]
        frame = feed.slot.latest
        if frame is None or not feed.shows(frame):  # asked right before the write
            return
        if self._outlet.all_sent():
            self._waiting.clear()
        self._waiting.add(index)
        self._outlet.picture(multiplex.head(index, frame), frame.jpeg)
        feed.shown(frame, 1)

    def _over(self, index: int, reason: str = "") -> None:
        """A look ended, this very moment: of its picture not a byte more leaves."""
        if self._mux.lanes[index].over:
            return
        self._mux.end(index)
        self._ended.set()
        if index in self._waiting and not self._outlet.all_sent():
            self._outlet.abort()  # the others begin anew
        else:
            self._tell(over=index, reason=reason or self._feeds[index].reason)

    def _keep_alive(self) -> None:
        """Tell the time now and then: a connection that died silently says nothing either."""
        self._count_skipped()
        if self._outlet.ready():
            self._tell(now=self._clock.unix_ms())
        self._alive = self._loop.call_later(ALIVE_S, self._keep_alive)

    def _count_skipped(self) -> None:
        for lane in self._mux.lanes:
            self._metrics.skipped.inc(lane.skipped)
            lane.skipped = 0

    def _tell(self, **words: Any) -> None:
        self._outlet.text(json.dumps(words))

    def _stop(self) -> None:
        if self._alive is not None:
            self._alive.cancel()
        self._count_skipped()
        for index in range(len(self._feeds)):
            self._mux.end(index)  # the socket may still call
