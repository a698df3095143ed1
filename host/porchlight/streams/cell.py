"""Cell: one camera's place on a wall, and what is to be seen there at this moment."""

import math
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from accord import wire
from accord.errors import Refused
from porchlight.clock import Clock
from porchlight.frames import Frame
from porchlight.streams.lettering import Lines
from porchlight.views import Look

PAUSE_S: Final = 5.0  # with no picture for so long, a tile says since when
RETRY_S: Final = 5.0  # a camera that must not run now may later: others look, and leave
WAITING: Final = "waiting for a picture"
OFFLINE: Final = "offline"
NOT_AVAILABLE: Final = "not available"
TOO_LARGE: Final = "larger than allowed"
CONSENT_ENDED: Final = "consent ended"
VIEW_ENDED: Final = "view ended"
_OF_CONSENT: Final = ("revoked", "expired", "outside-window")
_DARK: Final = wire.STATES.index("dark")
_NOT_WATCHED: Final = b"not-watched"
_ALWAYS: Final = wire.FRAME_REASONS.index("always")


@dataclass(frozen=True)
class Sight:
    """What a tile shows: a frame, or none, and words about the camera."""

    frame: Frame | None
    lines: Lines
    foot: Lines = ()  # in small letters


NOTHING: Final = Sight(None, ())


class Cell:
    """`touched(cell)` is called when there may be something else to see. So it may from `due` on
    (monotonic s). `sight`: what the wall shows there."""

    def __init__(self, look: Look, clock: Clock, touched: Callable[["Cell"], None]) -> None:
        self.look = look
        self.due = math.inf
        self.sight = NOTHING
        self._size_bytes = 0  # of the tile
        self._age = 0  # how many parts had this very picture before
        self._clock = clock
        self._touched = touched
        self._number = look.before()
        self._frame: Frame | None = None
        self._why = WAITING
        self._watched = False
        self._watching = AsyncExitStack()

    def open(self) -> None:
        """Hear of every change."""
        self.look.slot.listen(self._touch)
        self.look.camera.listen(self._touch)
        self.look.over.on_end(self._touch)

    async def close(self) -> None:
        """Hear nothing more, let go of the source and of the picture."""
        self.look.slot.unlisten(self._touch)
        self.look.camera.unlisten(self._touch)
        self.look.over.forget(self._touch)
        self.sight, self._frame = NOTHING, None
        await self._unwatch()

    def may_show(self, now: int) -> bool:
        """Whether what is shown may be at `now` (unix s)."""
        frame = self.sight.frame
        return frame is None or (self.look.holds(now) and self.look.covers(frame))

    def show(self, sight: Sight, size_bytes: int) -> None:
        """This is to be seen from the next part on, as a tile of so many bytes."""
        if sight.frame is not self.sight.frame:
            self._age = -1
        self.sight, self._size_bytes = sight, size_bytes

    def on_another(self) -> None:
        """A part is handed out that nobody was given before."""
        self._age += 1

    def shown(self, viewers: int, missed: int) -> None:
        """So many were given that part, and not so many before it: count it, if the picture is new
        to them."""
        if self.sight.frame is not None and self._age <= missed:
            self.look.shown(viewers, viewers * self._size_bytes)

    async def see(self) -> Sight:
        """What there is to be seen now. Has the source run, as long as the look holds."""
        lapse = self.look.lapse(self._clock.unix())
        self.due = math.inf
        if lapse is not None:
            await self._unwatch()
            return self._dark(CONSENT_ENDED if lapse in _OF_CONSENT else VIEW_ENDED)
        if not await self._watch():
            self.due = self._clock.monotonic() + RETRY_S
            return self._dark(NOT_AVAILABLE)
        if not self.look.camera.online:
            return self._dark(OFFLINE)
        latest = self.look.slot.latest
        if latest is None or not self.look.began_before(latest):
            return self._dark(WAITING)
        if not self.look.covers(latest):
            return self._dark(NOT_AVAILABLE)
        return self._newest(latest)

    def _newest(self, latest: Frame) -> Sight:
        number = self.look.slot.number
        if number > self._number:
            self._number = number
            self._frame, self._why = (latest, "") if self.look.fits(latest) else (None, TOO_LARGE)
        if self._frame is None:
            return self._dark(self._why)
        now, foot = self._clock.monotonic(), self.look.lines(self._frame)
        return Sight(self._frame, (self.look.camera.label, self._pause(self._frame, now)), foot)

    def _pause(self, frame: Frame, now: float) -> str:
        """Since when, and why, no other picture came; nothing if it is not that long ago."""
        begins = frame.arrived + PAUSE_S + 2 * self.look.gap_s
        if now < begins:
            self.due = min(self.due, begins)
            return ""
        at = time.gmtime(self._clock.unix() - (now - frame.arrived))
        since = time.strftime("since %H:%M UTC", at)
        status = self.look.camera.status
        if status is not None and status.state == _DARK and status.reason != _NOT_WATCHED:
            return f"paused {since}"
        return f"no motion {since}" if frame.reason != _ALWAYS else f"no picture {since}"

    def _dark(self, why: str) -> Sight:
        """Nothing of what was there before is shown again."""
        self._frame, self._why = None, WAITING if why == OFFLINE else why
        return Sight(None, (self.look.camera.label, why))

    async def _watch(self) -> bool:
        """Have the camera's source run; False if it must not."""
        if not self._watched:
            try:
                await self._watching.enter_async_context(self.look.watching())
            except Refused:
                return False
            self._watched = True
        return True

    async def _unwatch(self) -> None:
        self._watched = False
        await self._watching.aclose()

    def _touch(self) -> None:
        self._touched(self)
