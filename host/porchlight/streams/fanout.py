"""Fanout: one feed for all who watch it. No task and no timer of a viewer's own, one write each.

The newest whole frame goes to every viewer that has room; who has none gets, when there is, what
then is the newest. The feed is asked right before: nothing happens between its answer and the
writes. When the feed is over, all are let go of before that returns.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Final

from accord.errors import Refused
from porchlight.frames import Frame
from porchlight.streams.feed import Feed
from porchlight.streams.rhythm import Pace, Pause
from porchlight.streams.sinks import Taken
from porchlight.streams.viewer import Viewer

LOOK_AGAIN_S: Final = 0.02  # how often those are looked at who do not tell that they have room
_log = logging.getLogger(__name__)


class Fanout:
    """`skipped(n)` is told of frames viewers were too slow for; `deserted()` that nobody is left.

    Its frames are numbered from 1, as they go out: `Viewer.seen`.
    """

    def __init__(
        self, feed: Feed, *, skipped: Callable[[int], None], deserted: Callable[[], None]
    ) -> None:
        self._feed = feed
        self._skipped = skipped
        self._deserted = deserted
        self._loop = asyncio.get_running_loop()
        # With room, and nothing to be thought about; how to send to them.
        self._simple: dict[Viewer, Callable[[bytes], int]] = {}
        self._others: dict[Viewer, None] = {}  # with room
        self._behind: dict[Viewer, None] = {}  # without
        self._waiting: dict[Viewer, None] = {}  # of those behind: there is room now
        self._pace = Pace(feed.gap_s)
        self._pause = Pause(feed.gap_s)
        self._frame: Frame | None = None  # went out last, and may be asked for again
        self._number = 0  # its number in the slot
        self._count = 0
        self._left_out = 0
        self._timers: dict[Callable[[], None], tuple[float, asyncio.TimerHandle]] = {}
        self._empty: asyncio.Event | None = None  # None: nobody watches
        self._keepers: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._simple) + len(self._others) + len(self._behind)

    # Coming and going

    def join(self, viewer: Viewer) -> None:
        """One more viewer: it is given the newest frame if that came this very moment."""
        if self._feed.over.is_set():
            viewer.sink.close()
            viewer.end()
            return
        if self._empty is None:
            self._begin()
        fresh = self._feed.before() < self._number and self._frame is not None
        viewer.seen = self._count - fresh
        self._behind[viewer] = None
        if viewer.sink.idle:
            self.room(viewer)
        elif not viewer.sink.tells:
            self._arm(self._look_again, self._loop.time() + LOOK_AGAIN_S)

    def leave(self, viewer: Viewer) -> None:
        """A viewer is gone; harmless for one that is not known."""
        self._remove(viewer)
        viewer.end()
        if not len(self):
            self._stop()

    def room(self, viewer: Viewer) -> None:
        """A viewer that was behind can take more: it is served in this turn, with all others."""
        if viewer not in self._behind:
            return
        if not self._waiting:
            self._loop.call_soon(self._serve)
        self._waiting[viewer] = None

    # Frames

    def _news(self) -> None:
        """Something was put, or the slot is closed."""
        slot = self._feed.slot
        if self._empty is None:
            return
        if slot.closed is not None:
            self._end()
            return
        if slot.latest is None or slot.number <= self._number:
            return
        now = self._loop.time()
        if self._pace.wait_s(now) > 0:
            self._arm(self._news, now + self._pace.wait_s(now))
            return
        self._number = slot.number
        self._publish(slot.latest, now)

    def _publish(self, frame: Frame, now: float) -> None:
        part = self._feed.part(frame)
        self._frame = None if part is None else frame
        if part is None:
            return
        self._count += 1
        self._pace.went(now)
        count = self._write(part, now, seen=self._count - 1)
        self._tell(frame, count, part)
        self._pause.news(now)
        self._arm(self._repeat, self._pause.due)

    def _repeat(self) -> None:
        """Nothing came for a while: the last frame once more, if it may still be shown."""
        now = self._loop.time()
        if self._frame is None:
            return
        if now < self._pause.due:
            self._arm(self._repeat, self._pause.due)
            return
        self._pause.repeated(now)
        part = self._feed.part(self._frame, repeated=self._pause.times)
        if part is None:
            self._frame = None
            return
        self._catch_up(now)
        count = self._write(part, now, seen=self._count)
        self._tell(self._frame, count, part, repeated=self._pause.times)
        self._arm(self._repeat, self._pause.due)

    def _catch_up(self, now: float) -> None:
        """Those who asked for fewer frames may not have had the last one: for them it is new."""
        for viewer in [v for v in self._others if v.seen < self._count]:
            if viewer.pace.wait_s(now) <= 0:
                del self._others[viewer]
                self._behind[viewer] = None
                self.room(viewer)

    def _write(self, part: bytes, now: float, seen: int) -> int:
        """Give all who have room a part; how many took it. `seen`: what they saw before."""
        size, slow = len(part), []
        for viewer, send in self._simple.items():
            try:
                taken = send(part)
            except BlockingIOError:
                taken = 0
            except OSError:
                taken = -1
            if taken != size:
                slow.append((viewer, taken))
        count = len(self._simple) - len(slow)
        for viewer, taken in slow:
            viewer.seen = seen
            assert viewer.plain is not None
            count += self._settle(viewer, viewer.plain.rest(part, taken))
        if self._others:
            count += self._give(list(self._others), part, now)
        return count

    def _serve(self) -> None:
        """Give those who were behind the newest, asked for once for all of them."""
        waiting, self._waiting = self._waiting, {}
        for viewer in waiting:
            self._behind.pop(viewer, None)
            self._place(viewer)
        wanting = [viewer for viewer in waiting if viewer.seen < self._count]
        if self._frame is None or not wanting:
            return
        part = self._feed.part(self._frame)
        if part is None:
            return
        count = self._give(wanting, part, self._loop.time())
        self._tell(self._frame, count, part)

    def _give(self, viewers: Iterable[Viewer], part: bytes, now: float) -> int:
        """Give some a part, unless they asked for less; how many took it."""
        count = 0
        for viewer in viewers:
            if viewer.pace.wait_s(now) > 0:
                continue
            taken = viewer.sink.give(part)
            if taken is not Taken.NOTHING:
                viewer.pace.went(now)
            count += self._settle(viewer, taken)
        return count

    # Viewers

    def _settle(self, viewer: Viewer, taken: Taken) -> bool:
        """Put a viewer where it belongs after a part; whether it took that."""
        self._remove(viewer)
        if taken is not Taken.NOTHING:
            if not (viewer.pace.gap_s or self._feed.gap_s):
                self._left_out += max(0, self._count - viewer.seen - 1)
            viewer.seen = self._count
        if taken is Taken.WHOLE:
            self._place(viewer)
            return True
        self._behind[viewer] = None
        if not viewer.sink.tells:
            self._arm(self._look_again, self._loop.time() + LOOK_AGAIN_S)
        return taken is Taken.BEHIND

    def _place(self, viewer: Viewer) -> None:
        """It has room."""
        if viewer.simple and viewer.plain is not None:
            self._simple[viewer] = viewer.plain.send
        else:
            self._others[viewer] = None

    def _remove(self, viewer: Viewer) -> None:
        """From wherever it is."""
        self._simple.pop(viewer, None)
        for group in (self._others, self._behind, self._waiting):
            group.pop(viewer, None)

    def _look_again(self) -> None:
        """At those who do not tell that they have room."""
        silent = [viewer for viewer in self._behind if not viewer.sink.tells]
        for viewer in silent:
            if viewer.sink.idle:
                self.room(viewer)
        if silent:
            self._arm(self._look_again, self._loop.time() + LOOK_AGAIN_S)

    def _tell(self, frame: Frame, viewers: int, part: bytes, *, repeated: int = 0) -> None:
        """What the feed and the metrics count."""
        if viewers:
            self._feed.shown(frame, viewers, len(part), repeated=repeated)
        if self._left_out:
            self._skipped(self._left_out)
            self._left_out = 0

    # From the first viewer to the last

    def _begin(self) -> None:
        self._number = self._feed.before()
        self._feed.slot.listen(self._news)
        self._feed.over.on_end(self._end)
        self._empty = asyncio.Event()
        keeper = self._loop.create_task(self._keep(self._empty))
        self._keepers.add(keeper)
        keeper.add_done_callback(self._keepers.discard)
        self._loop.call_soon(self._news)  # what is there already

    async def _keep(self, empty: asyncio.Event) -> None:
        """Have frames come as long as somebody watches."""
        try:
            async with self._feed.running():
                await empty.wait()
                return
        except Refused:
            pass  # between admission and here: the streams just end
        except Exception:
            _log.exception("a stream could not be fed")
        if self._empty is empty:
            self._end()

    def _end(self) -> None:
        """Nothing more may be shown: what a viewer has not taken yet is not theirs any more."""
        with_room = (*self._simple, *self._others)
        behind, self._behind = tuple(self._behind), {}
        self._simple, self._others, self._waiting = {}, {}, {}
        for viewer in with_room:
            if viewer.sink.idle:
                viewer.sink.close()
            else:
                viewer.sink.abort()
        for viewer in behind:
            viewer.sink.abort()
        self._stop()
        for viewer in (*with_room, *behind):
            viewer.end()

    def _stop(self) -> None:
        """Nobody watches: as if nobody ever had."""
        if self._empty is None:
            return
        self._feed.slot.unlisten(self._news)
        self._feed.over.forget(self._end)
        for _, timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._empty.set()
        self._empty, self._frame, self._pause = None, None, Pause(self._feed.gap_s)
        self._deserted()

    def _arm(self, callback: Callable[[], None], at: float) -> None:
        """Call back then, or earlier where that was agreed before."""
        armed = self._timers.get(callback)
        if armed is not None:
            if armed[0] <= at:
                return
            armed[1].cancel()
        self._timers[callback] = at, self._loop.call_at(at, self._fire, callback)

    def _fire(self, callback: Callable[[], None]) -> None:
        del self._timers[callback]
        callback()
