"""Wall: all cameras of a view in one stream, for browsers allow six connections to one host.

Put together anew when something changed, ten times a second at most, and only while somebody
watches; at rest nothing runs. A look that is over is dark on the very next wall, and a wall that
still shows it is handed to nobody.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from porchlight.clock import Clock
from porchlight.ending import Ending
from porchlight.frames import Frame, LatestFrame
from porchlight.metrics import Metrics
from porchlight.streams import mjpeg, tiles
from porchlight.streams.cell import NOTHING, Cell, Sight
from porchlight.streams.layout import Layout
from porchlight.streams.mosaic import Mosaic
from porchlight.streams.tilecache import TileCache
from porchlight.streams.tiles import Tile
from porchlight.views import View

GAP_S: Final = 0.1
LAST_S: Final = 0.2  # for viewers to be given the last wall, on which all is dark
_SOONEST_S: Final = 0.01
_log = logging.getLogger(__name__)


class Wall:
    """A Feed for everybody who watches one layout of one view, which has a look for each place."""

    gap_s = 0.0

    def __init__(
        self, view: View, clock: Clock, metrics: Metrics, layout: Layout, cache: TileCache
    ) -> None:
        self.slot = LatestFrame()
        self.over = Ending()
        self._view = view
        self._clock = clock
        self._metrics = metrics
        self._layout = layout
        self._cache = cache
        self._mosaic = Mosaic(layout)
        self._cells: dict[Cell, int] = {}  # and which place of the layout is theirs
        self._changed: dict[Cell, None] = {}  # since they were looked at
        self._bell = asyncio.Event()
        self._ended = asyncio.Event()  # a look: that does not wait for its turn
        self._making = asyncio.Lock()  # who comes while the last one's task winds up waits for it
        self._next = 0.0  # when the next wall is due, by the loop's time
        self._viewers = 0
        self._handed_out: Frame | None = None  # the last wall that was
        self._task: asyncio.Task[None] | None = None

    def before(self) -> int:
        """A viewer may begin with the wall as it is, for part() asks all its looks."""
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

    def part(self, frame: Frame, *, repeated: int = 0) -> bytes | None:
        """The wall as a part, if every look in it holds now and covers its picture."""
        if frame is not self.slot.latest:
            return None
        now = self._clock.unix()
        lapsed = [cell for cell in self._cells if not cell.may_show(now)]
        if lapsed:
            for cell in lapsed:
                self._touched(cell)
            return None
        if frame is not self._handed_out:
            self._handed_out = frame
            for cell in self._cells:
                cell.on_another()
        headers = mjpeg.frame_headers(frame, "")
        del headers["X-Grant"]  # each tile has its own
        if repeated:
            headers |= mjpeg.repeat_headers(repeated, self._clock.monotonic() - frame.arrived)
        return mjpeg.part(frame.jpeg, headers)

    def shown(self, frame: Frame, viewers: int, *, repeated: int = 0, missed: int = 0) -> None:
        """Count it, for each camera whose picture on it these viewers had not seen on another."""
        if repeated:
            self._metrics.repeated.value += viewers
            return
        for cell in self._cells:
            cell.shown(viewers, missed)
        self._metrics.shown(viewers, viewers * len(frame.jpeg))

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
        """Make the wall, from nothing: who looked before is another matter."""
        self._mosaic = Mosaic(self._layout)
        looks = self._view.looks.values()
        cells = [Cell(look, self._clock, self._touched) for look in looks]
        self._cells = {cell: index for index, cell in enumerate(cells)}
        self._changed = dict.fromkeys(cells)
        async with contextlib.AsyncExitStack() as opened:
            for cell in cells:
                cell.open()
                opened.push_async_callback(cell.close)
            opened.callback(self._forget)  # first of all: a closed cell objects to nothing
            while self._view.open_looks:
                await self._catch_up()
                await self._change()
            await self._catch_up()
            await asyncio.sleep(LAST_S)

    async def _catch_up(self) -> None:
        """Show what changed; put out a new wall if that makes one."""
        looked_at, self._changed = self._changed, {}
        news = {cell: sight for cell in looked_at if (sight := await cell.see()) != cell.sight}
        made = {cell: self._tile(cell, sight) for cell, sight in news.items()}
        if not made:
            return
        await asyncio.wait(made.values())
        for cell, tile in made.items():
            self._show(cell, news[cell], None if tile.exception() else tile.result())
        self._blank_lapsed([*news, *self._changed])
        self.slot.put(self._framed(self._mosaic.jpeg()))

    async def _change(self) -> None:
        """Return once something changed or may have, but not too soon after the last time."""
        due_s = min(cell.due for cell in self._cells) - self._clock.monotonic()
        await _rung(self._bell, max(_SOONEST_S, due_s))
        await _rung(self._ended, self._next - asyncio.get_running_loop().time())
        self._bell.clear()
        self._ended.clear()
        now = self._clock.monotonic()
        self._changed |= dict.fromkeys(cell for cell in self._cells if cell.due <= now)
        self._next = asyncio.get_running_loop().time() + GAP_S

    def _touched(self, cell: Cell) -> None:
        self._changed[cell] = None
        self._bell.set()
        if cell.look.over.is_set():
            self._ended.set()

    def _tile(self, cell: Cell, sight: Sight) -> "asyncio.Future[Tile]":
        shape = self._layout.places[self._cells[cell]].shape
        if sight.frame is None:
            return self._cache.dark(shape, sight.lines, self._view.who.thumb)
        asker = self._view.who.thumb
        return self._cache.tile(sight.frame, shape, sight.lines, asker, sight.foot)

    def _show(self, cell: Cell, sight: Sight, tile: Tile | None) -> None:
        """No tile: it could not be made, which was logged."""
        index = self._cells[cell]
        tile, sight = (tile, sight) if tile is not None else (self._blank(index), NOTHING)
        cell.show(sight, sum(map(len, tile.strips)))
        self._mosaic.show(index, tile)

    def _blank(self, index: int) -> Tile:
        return tiles.blank_tile(self._layout.places[index].shape)

    def _blank_lapsed(self, cells: Iterable[Cell]) -> None:
        """Tiles take a moment to be made; what ended meanwhile is not shown once more."""
        now = self._clock.unix()
        for cell in cells:
            if not cell.may_show(now):
                self._show(cell, NOTHING, None)
                self._touched(cell)

    def _forget(self) -> None:
        """Nothing stays of what was shown."""
        self.slot.forget()
        self._handed_out = None
        self._cells = {}
        self._changed = {}
        self._mosaic = Mosaic(self._layout)

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


async def _rung(bell: asyncio.Event, patience_s: float) -> None:
    """Return once the bell is set, or patience ends."""
    if patience_s <= 0:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(None if math.isinf(patience_s) else patience_s):
            await bell.wait()
