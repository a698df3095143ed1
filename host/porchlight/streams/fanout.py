"""Fanout: one feed for all who watch it. No task and no timer of a viewer's own, one send() each.

The newest whole frame goes to every viewer that has room; who has none gets, when there is, what
then is the newest. The feed is asked right before: nothing happens between its answer and the
writes. When the feed is over, all are let go of before that returns.
"""

import asyncio
import functools
import logging
from collections.abc import Callable, Iterable
from typing import Final

from accord.errors import Refused
from porchlight.calling import call_all
from porchlight.ending import Ending
from porchlight.frames import Frame
from porchlight.streams.alarms import Alarms
from porchlight.streams.audience import Audience
from porchlight.streams.feed import Feed
from porchlight.streams.rhythm import Pause
from porchlight.streams.viewer import LOOK_S, Viewer

_log: Final = logging.getLogger(__name__)


def _or_end(step: Callable[["Fanout"], None]) -> Callable[["Fanout"], None]:
    """A step that fails ends what it was to go on with: nobody may be left with a stream that
    nothing guards."""

    @functools.wraps(step)
    def guarded(self: "Fanout") -> None:
        try:
            step(self)
        except Exception:
            _log.exception("a stream failed")
            self._end()

    return guarded


class Fanout:
    """`skipped(n)` is told of frames that viewers were too slow for; `deserted()` when the last one
    is gone. `parts`: of what the feed shows, each with an end of its own."""

    def __init__(
        self,
        feed: Feed,
        *,
        skipped: Callable[[int], None],
        deserted: Callable[[], None],
        parts: Iterable[Ending] = (),
    ) -> None:
        self._feed = feed
        self._parts = tuple(parts)
        self._skipped = skipped
        self._deserted = deserted
        self._loop = asyncio.get_running_loop()
        self._alarms = Alarms(self._loop)
        self._audience = Audience()
        self._waiting: dict[Viewer, None] = {}  # of those behind: there is room now
        self._pause = Pause(feed.gap_s)
        self._frame: Frame | None = None  # went out last, and may be asked for again
        self._number = 0  # its number in the slot
        self._empty: asyncio.Event | None = None  # None: nobody watches
        self._keepers: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._audience)

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
        self._audience.add(viewer, seen=self._audience.count - fresh)
        if viewer.sink.idle:
            self.room(viewer)
        elif not viewer.sink.tells:
            self._look_again_soon()

    def leave(self, viewer: Viewer) -> None:
        """A viewer is gone; harmless for one that is not known."""
        self._audience.remove(viewer)
        self._waiting.pop(viewer, None)
        viewer.end()
        if not len(self):
            self._stop()

    def hand_on(self, to: "Fanout") -> None:
        """All who watch go on there, with what they have still to take; here nobody is left."""
        for viewer in self._audience:
            self._audience.remove(viewer)
            self._waiting.pop(viewer, None)
            viewer.goes_to(to)
            to.join(viewer)
        self._stop()

    def room(self, viewer: Viewer) -> None:
        """A viewer that was behind can take more: it is served in this turn, with all others."""
        if not self._audience.is_behind(viewer):
            return
        if not self._waiting:
            self._loop.call_soon(self._serve)
        self._waiting[viewer] = None

    # Frames

    @_or_end
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
        self._number, frame, now = slot.number, slot.latest, self._loop.time()
        part = self._feed.part(frame)
        self._frame = None if part is None else frame
        if part is None:
            return
        audience = self._audience
        audience.another()
        audience.write(part, now, audience.count - 1)
        self._tell(frame)
        self._pause.news(now)
        self._alarms.put_off(self._repeat, self._pause.due, now)

    @_or_end
    def _repeat(self) -> None:
        """Nothing came for a while: the last frame once more, if it may still be shown."""
        now, frame, pause = self._loop.time(), self._frame, self._pause
        if frame is None:
            return
        if now >= pause.due:
            pause.repeated(now)
            part = self._feed.part(frame, repeated=pause.times)
            if part is None:
                self._frame = None
                return
            for viewer in self._audience.fall_behind(now):
                self.room(viewer)  # who asked for fewer frames may not have had it: it is new
            self._audience.write(part, now, self._audience.count)
            self._tell(frame, repeated=pause.times)
        self._alarms.arm(self._repeat, pause.due)

    @_or_end
    def _serve(self) -> None:
        """Give those who were behind the newest, asked for once for all of them."""
        waiting, self._waiting = self._waiting, {}
        for viewer in waiting:
            self._audience.has_room(viewer)
        wanting = [viewer for viewer in waiting if viewer.seen < self._audience.count]
        part = self._feed.part(self._frame) if self._frame is not None and wanting else None
        if self._frame is None or part is None:
            return
        self._audience.give(wanting, part, self._loop.time())
        self._tell(self._frame)

    def _tell(self, frame: Frame, *, repeated: int = 0) -> None:
        """What the feed and the metrics count; and who is behind without a word is seen to."""
        for missed, count in self._audience.taken.items():
            self._feed.shown(frame, count, repeated=repeated, missed=missed)
        self._audience.taken.clear()
        left_out, self._audience.left_out = self._audience.left_out, 0
        if left_out:
            self._skipped(left_out)
        if self._audience.behind:
            self._look_again_soon()

    def _look_again_soon(self) -> None:
        """At those who do not tell that they have room, while a newer part waits for them."""
        waiting = [viewer for viewer in self._audience.silent() if viewer not in self._waiting]
        if waiting:
            at = min(viewer.look_at for viewer in waiting)
            self._alarms.arm(self._look_again, max(at, self._loop.time() + LOOK_S))

    @_or_end
    def _look_again(self) -> None:
        now = self._loop.time()
        for viewer in self._audience.silent():
            if now < viewer.look_at:
                continue
            if viewer.sink.idle:
                self.room(viewer)
            else:
                viewer.look_at = now + viewer.looks.next_s()
        self._look_again_soon()

    # From the first viewer to the last

    def _begin(self) -> None:
        self._number = self._feed.before()
        self._feed.slot.listen(self._news)
        self._feed.over.on_end(self._end)
        for part in self._parts:
            if not part.is_set():
                part.on_end(self._cut)
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

    @_or_end
    def _cut(self) -> None:
        """Part of what was shown ended: who may yet be given what shows it has to begin anew."""
        for viewer in self._audience.cut():
            self.leave(viewer)

    def _end(self) -> None:
        """Nothing more may be shown."""
        everybody = self._audience.end()
        self._waiting.clear()
        call_all((self._stop, *(viewer.end for viewer in everybody)))

    def _stop(self) -> None:
        """Nobody watches: as if nobody ever had."""
        if self._empty is None:
            return
        self._feed.slot.unlisten(self._news)
        self._feed.over.forget(self._end)
        for part in self._parts:
            part.forget(self._cut)
        self._alarms.clear()
        self._empty.set()
        self._empty, self._frame, self._pause = None, None, Pause(self._feed.gap_s)
        self._deserted()
