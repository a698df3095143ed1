"""Wall: all cameras of a view in one stream, for browsers allow six connections to one host.

Made once per tick for all who watch it, and only while somebody does. A look that is over is dark
on the next tick, and a picture that still shows it is handed to nobody.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from accord.errors import Refused
from porchlight.clock import Clock
from porchlight.frames import Frame, LatestFrame
from porchlight.metrics import Metrics
from porchlight.streams import mjpeg
from porchlight.streams.mosaic import Mosaic
from porchlight.views import Look, View
from porchlight.views.look import fresh

TICK_S: Final = 0.2
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Tile:
    """`number`: of the frame shown, in its camera's slot. `due`: monotonic s of the next."""

    look: Look
    number: int
    text: str | None = None
    frame: Frame | None = None
    due: float = 0.0
    watched: bool = False
    watching: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def watch(self) -> bool:
        """Have the camera's source run; False if it must not."""
        if not self.watched:
            try:
                await self.watching.enter_async_context(self.look.camera.watch(self.look.permit))
            except Refused:
                return False
            self.watched = True
        return True

    async def unwatch(self) -> None:
        """Let go of the source."""
        self.watched = False
        await self.watching.aclose()


class Wall:
    """A Feed for everybody who watches the wall of one view."""

    gap_s = 0.0

    def __init__(self, view: View, clock: Clock, metrics: Metrics) -> None:
        self.slot = LatestFrame()
        self.over = asyncio.Event()
        self._clock = clock
        self._metrics = metrics
        self._view = view
        self._mosaic = Mosaic(len(view.looks))
        self._tiles: list[_Tile] = []
        self._making = asyncio.Lock()  # who comes while the last one's task winds up waits for it
        self._shown: list[tuple[Look, Frame]] = []
        self._viewers = 0
        self._task: asyncio.Task[None] | None = None

    def before(self) -> int:
        """A viewer may begin with the wall as it is, for take() asks all its looks."""
        return self.slot.number - (self.slot.latest is not None)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have the wall made; the first viewer starts it, the last one stops it."""
        self._viewers += 1
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._viewers -= 1
            if self._viewers == 0:
                task, self._task = self._task, None
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def take(self, frame: Frame) -> bytes | None:
        """The wall as a part, if every look in it holds now and covers its picture."""
        now = self._clock.unix()
        if not all(look.holds(now) and look.covers(shown) for look, shown in self._shown):
            return None
        for look, _ in self._shown:
            look.shown(1, len(frame.jpeg) // len(self._tiles))
        self._metrics.frames_out.inc()
        self._metrics.bytes_out.inc(len(frame.jpeg))
        headers = mjpeg.frame_headers(frame, "")
        del headers["X-Grant"]  # each tile has its own
        return mjpeg.part(frame.jpeg, headers)

    async def _run(self) -> None:
        """Make the wall until nobody watches, or all is over; those who watch it never hang."""
        try:
            async with self._making:
                await self._make()
        except asyncio.CancelledError:
            raise  # nobody watches; somebody may again
        except Exception:
            _log.exception("a wall could not be made")
        self.over.set()

    async def _make(self) -> None:
        """Make the wall, a tick at a time, from nothing: who looked before is another matter."""
        loop = asyncio.get_running_loop()
        now = self._clock.monotonic()
        looks = self._view.looks.values()
        self._mosaic = Mosaic(len(looks))
        self._tiles = [_Tile(look, _before(look, now)) for look in looks]
        try:
            while self._view.open_looks:
                due = loop.time() + TICK_S
                await self._tick()
                await asyncio.sleep(max(0.01, due - loop.time()))
            await self._tick()
            await asyncio.sleep(TICK_S)  # for the viewers to get it: all dark
        finally:
            self.slot.forget()
            self._shown = []
            for tile in self._tiles:
                await tile.unwatch()

    async def _tick(self) -> None:
        """Bring every tile up to date; put out a new picture if any changed."""
        changes = []
        for index, tile in enumerate(self._tiles):
            text, frame = await self._state(tile)
            if (text, frame) != (tile.text, tile.frame):
                changes.append((index, tile, text, frame))
        if not changes:
            return
        for _, tile, text, frame in changes:
            tile.text, tile.frame = text, frame
        shown = [(tile.look, tile.frame) for tile in self._tiles if tile.frame is not None]
        jobs = [(index, text, frame) for index, _, text, frame in changes]
        jpeg = await self._drawn(jobs)
        self._shown = shown
        self.slot.put(self._framed(jpeg))

    async def _state(self, tile: _Tile) -> tuple[str | None, Frame | None]:
        """What a tile should show now: a text or a frame."""
        look, slot = tile.look, tile.look.camera.latest
        label, now = look.camera.label, self._clock.monotonic()
        if not look.holds(self._clock.unix()):
            await tile.unwatch()
            return f"{label}\nended", None
        if not await tile.watch():
            return f"{label}\nnot available", None
        if not look.camera.online:
            return f"{label}\noffline", None
        waiting = f"{label}\nwaiting for a picture"
        if slot.latest is None or not look.began_before(slot.latest):
            return waiting, None
        if not look.covers(slot.latest):
            return f"{label}\nnot available", None
        if slot.number > tile.number and now >= tile.due:
            tile.number, tile.due = slot.number, now + look.gap_s
            if not look.fits(slot.latest):
                return f"{label}\nlarger than allowed", None
            return None, slot.latest
        return (tile.text or waiting, None) if tile.frame is None else (None, tile.frame)

    async def _drawn(self, jobs: list[tuple[int, str | None, Frame | None]]) -> bytes:
        """Draw in a thread. Cancelled, it still waits: the mosaic is not for two threads."""
        drawing = asyncio.get_running_loop().run_in_executor(None, self._draw, jobs)
        try:
            return await asyncio.shield(drawing)
        except asyncio.CancelledError:
            await asyncio.wait([drawing])
            raise

    def _draw(self, jobs: list[tuple[int, str | None, Frame | None]]) -> bytes:
        for index, text, frame in jobs:
            if frame is None:
                self._mosaic.darken(index, text or "")
            else:
                self._mosaic.show(index, frame.jpeg)
        return self._mosaic.encode()

    def _framed(self, jpeg: bytes) -> Frame:
        return Frame(
            camera="wall",
            jpeg=jpeg,
            boot=0,
            sequence=self.slot.number + 1,
            captured_ms=self._clock.unix_ms(),
            clock=0,
            reason=0,
            score=0,
            handle=b"",
            arrived=self._clock.monotonic(),
        )


def _before(look: Look, now: float) -> int:
    slot = look.camera.latest
    return slot.number - fresh(slot.latest, now)
