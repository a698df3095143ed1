"""StreamResponse: a feed as an endless HTTP response. One frame on the way, never a queue.

Three things run side by side: the writer, the wait for the viewer to leave, the wait for the feed
to be over. Whichever comes first ends all. The newest frame is taken only when the viewer can take
it, and the feed is asked right before: nothing can happen between the answer and the write.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from accord.errors import Refused
from porchlight.frames import Frame
from porchlight.streams import connection, mjpeg
from porchlight.streams.connection import Connection
from porchlight.streams.feed import Feed

PAUSE_S: Final = 0.1  # with no frame for so long past the usual, a pause began
LONGEST_S: Final = 1.0
Skipped = Callable[[int], None]


class StreamResponse(Response):
    """`skipped(n)` is told of frames the viewer was too slow for; `done()` once it is over."""

    def __init__(self, feed: Feed, *, skipped: Skipped, done: Callable[[], None]) -> None:
        super().__init__(headers=mjpeg.HEADERS, media_type=mjpeg.CONTENT_TYPE)
        del self.headers["content-length"]
        self._feed = feed
        self._skipped = skipped
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the viewer leaves or the feed is over."""
        link = connection.of(scope)
        try:
            link.stream()
            await self._stream(link, receive, send)
        finally:
            self._done()

    async def _stream(self, link: Connection, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        left = asyncio.create_task(connection.gone(receive))
        over = asyncio.create_task(self._feed.over.wait())
        writer = asyncio.create_task(self._write(link, send))
        tasks = (left, over, writer)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if writer.done() and not writer.cancelled():
            writer.result()  # a fault of ours is not to be swallowed
        if not left.cancelled():
            return
        await _finish(link, send)

    async def _write(self, link: Connection, send: Send) -> None:
        await send({"type": "http.response.body", "body": mjpeg.OPENING, "more_body": True})
        try:
            async with self._feed.running():
                await _Writer(self._feed, link, send, self._skipped).run()
        except Refused:
            return  # between admission and here: the stream just ends


class _Writer:
    """Hands one viewer the newest frame whenever they can take one."""

    def __init__(self, feed: Feed, link: Connection, send: Send, skipped: Skipped) -> None:
        self._feed = feed
        self._link = link
        self._send = send
        self._skipped = skipped
        self._bell = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._due = 0.0
        self._number = feed.before()

    async def run(self) -> None:
        """Until cancelled, or the slot closes."""
        slot = self._feed.slot
        with slot.ringing(self._bell):
            last: Frame | None = None
            pause_s = LONGEST_S
            while slot.closed is None:
                began = self._loop.time()
                newer = await self._newer(None if last is None else pause_s)
                await self._ready()
                if newer:
                    pause_s = min(LONGEST_S, 2 * (self._loop.time() - began) + PAUSE_S)
                    last = await self._take_newest()
                else:  # a pause: once more, for browsers may hold back the last part of a burst
                    await self._hand_out(last if last is slot.latest else None)
                    last = None

    async def _newer(self, patience_s: float | None) -> bool:
        """Wait for a frame not handed out yet; False if none came in time."""
        slot = self._feed.slot
        try:
            async with asyncio.timeout(patience_s):
                while slot.number <= self._number or slot.latest is None:
                    self._bell.clear()
                    if slot.closed is not None:
                        return True
                    await self._bell.wait()
        except TimeoutError:
            return False
        return True

    async def _ready(self) -> None:
        """Wait until the viewer can take a frame and the grant's rate allows one."""
        await self._link.writable()
        wait_s = self._due - self._loop.time()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        gap_s = self._feed.gap_s  # a quarter of it makes up for jitter, not for idle time
        self._due = max(self._due, self._loop.time() - gap_s / 4) + gap_s

    async def _take_newest(self) -> Frame | None:
        slot = self._feed.slot
        frame = slot.latest
        if frame is None:  # taken back while we waited
            return None
        if self._feed.gap_s == 0:
            self._skipped(slot.number - self._number - 1)
        self._number = slot.number
        await self._hand_out(frame)
        return frame

    async def _hand_out(self, frame: Frame | None) -> None:
        part = None if frame is None else self._feed.take(frame)
        if part is not None:
            await self._send({"type": "http.response.body", "body": part, "more_body": True})


async def _finish(link: Connection, send: Send) -> None:
    """Nothing more will come: what the viewer has not taken yet is not theirs any more."""
    if not link.idle:
        link.abort()
    await send({"type": "http.response.body", "body": b"", "more_body": False})
