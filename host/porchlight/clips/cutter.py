"""Where a clip begins and where it ends. Pure: frames and times come in, decisions go out.

A clip begins when something moves, with what was seen shortly before it; it ends when nothing has
moved for a while, at its longest, or where the pictures stop belonging together.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from accord import wire
from porchlight.frames import Frame
from porchlight.motion.history import THRESHOLD

_MOTION: Final = wire.FRAME_REASONS.index("motion")
MAX_PRE_BYTES: Final = 4 << 20
MAX_PRE_FRAMES: Final = 300


@dataclass(frozen=True)
class Lengths:
    """What bounds a clip. `gap_ms`: frames that come sooner after the last one are left out."""

    pre_ms: int
    quiet_ms: int
    longest_ms: int
    longest_bytes: int
    gap_ms: int = 0


@dataclass(frozen=True)
class Cut:
    """First end the clip there is, if so said; then write `frames`, into a new one if none runs."""

    ends: bool = False
    frames: tuple[Frame, ...] = ()


class Cutter:
    """One clip at a time, of one camera. `running`: whether there is one."""

    def __init__(self, lengths: Lengths) -> None:
        self._lengths = lengths
        self._held: deque[Frame] = deque()  # pre-roll
        self._held_bytes = 0
        self._first: Frame | None = None
        self._last: Frame | None = None
        self._moved_ms = 0
        self._bytes = 0

    @property
    def running(self) -> bool:
        """Whether a clip is being made."""
        return self._first is not None

    def feed(self, frame: Frame) -> Cut:
        """The next frame of the camera."""
        if frame.size is None or self._too_soon(frame):
            return Cut()
        ends = self.running and not self._goes_on(frame)
        if ends:
            self.end()
        if not self.running and not _moves(frame):
            self._hold(frame)
            return Cut(ends)
        frames = (frame,) if self.running else (*self._taken(frame), frame)
        self._first = self._first or frames[0]
        self._last = frame
        self._bytes += sum(len(one.jpeg) for one in frames)
        if _moves(frame):
            self._moved_ms = frame.captured_ms
        return Cut(ends, frames)

    def idle(self, now: float) -> bool:
        """Nothing new at `now` (monotonic s): whether the running clip is over by that. Pre-roll
        is kept only while frames come."""
        while self._held and now - self._held[0].arrived > self._lengths.pre_ms / 1000:
            self._drop()
        over = self._last is not None and now - self._last.arrived >= self._lengths.quiet_ms / 1000
        if over:
            self.end()
        return over

    def end(self) -> None:
        """The clip is over; nothing of it is kept for the next."""
        self._first = self._last = None
        self._bytes = 0

    def _too_soon(self, frame: Frame) -> bool:
        last = self._last or (self._held[-1] if self._held else None)
        if last is None or last.boot != frame.boot:
            return False
        return 0 <= frame.captured_ms - last.captured_ms < self._lengths.gap_ms

    def _goes_on(self, frame: Frame) -> bool:
        """Whether a frame can be part of the clip that runs."""
        first, last = self._first, self._last
        if first is None or last is None or not _follows(last, frame):
            return False
        still = not _moves(frame) and frame.captured_ms - self._moved_ms >= self._lengths.quiet_ms
        lasting = frame.captured_ms - first.captured_ms
        size = self._bytes + len(frame.jpeg)
        return not (
            still or lasting >= self._lengths.longest_ms or size > self._lengths.longest_bytes
        )

    def _hold(self, frame: Frame) -> None:
        if self._held and not _follows(self._held[-1], frame):
            self._taken(frame)
        self._held.append(frame)
        self._held_bytes += len(frame.jpeg)
        since = frame.captured_ms - self._lengths.pre_ms
        while self._held and (
            self._held[0].captured_ms < since
            or self._held_bytes > MAX_PRE_BYTES
            or len(self._held) > MAX_PRE_FRAMES
        ):
            self._drop()

    def _taken(self, frame: Frame) -> tuple[Frame, ...]:
        """What was held before `frame` and belongs to it; nothing is held any more."""
        since = frame.captured_ms - self._lengths.pre_ms
        fits = bool(self._held) and _follows(self._held[-1], frame)
        found = tuple(one for one in self._held if fits and one.captured_ms >= since)
        self._held.clear()
        self._held_bytes = 0
        return found

    def _drop(self) -> None:
        self._held_bytes -= len(self._held.popleft().jpeg)


def _moves(frame: Frame) -> bool:
    return frame.score >= THRESHOLD or frame.reason == _MOTION


def _follows(before: Frame, frame: Frame) -> bool:
    """Whether two frames can be in one file, one after the other."""
    ordered = before.boot == frame.boot and before.captured_ms <= frame.captured_ms
    return ordered and before.size == frame.size
