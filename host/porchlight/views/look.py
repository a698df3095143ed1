"""Look: one camera in one view. Knows whether a frame may be shown at this very instant."""

from typing import Final

from accord.permit import Permit
from porchlight.camera import HELD, Camera
from porchlight.ending import Ending
from porchlight.frames import Frame

FRESH_S: Final = 2.0  # what came longer ago does not open a stream


class Look:
    """`ends`: unix s after which nothing is shown, whatever the permit says (limits.session_s).

    Once `over` is set it stays over, for `reason`. `frames` and `bytes` count what was shown.
    """

    def __init__(self, camera: Camera, permit: Permit, *, opened: int, ends: int) -> None:
        self.camera = camera
        self.permit = permit
        self.opened = opened
        limits = permit.grant.limits
        self.ends = min(ends, opened + limits.get("session_s", ends - opened), permit.grant.exp)
        self.gap_s = 1.0 / limits["fps"] if "fps" in limits else 0.0
        self._widest = limits.get("w")
        self._highest = limits.get("h")
        self._began = camera.moment()
        self._least: tuple[int, float] | None = None  # boot, captured_ms of a frame since then
        self.frames = 0
        self.bytes = 0
        self.still: Frame | None = None  # the one picture of a snapshot view, once taken
        self.over = Ending()
        self.reason = ""

    def holds(self, now: int) -> bool:
        """Whether something may be shown at `now` (unix s). Asked right before it is."""
        if now >= self.ends or self.over.is_set():
            return False
        return self.camera.allows(self.permit, now)

    def lapse(self, now: int) -> str | None:
        """Why nothing may be shown at `now`; None if it may. Does not end the look."""
        if self.over.is_set():
            return self.reason
        if now >= self.ends:
            return "expired" if now >= self.permit.grant.exp else "session-over"
        return self.camera.lapse(self.permit, now)

    def covers(self, frame: Frame) -> bool:
        """Whether the frame was taken for those who look under this grant, by now.

        A board sends a frame once, under one grant, to all whose grants it says it holds.
        """
        handle = self.permit.handle
        held = frame.handle == handle or self.camera.grant_state(handle) == HELD
        return held and self.began_before(frame)

    def covers_again(self, frame: Frame) -> bool:
        """Whether a frame that was covered once may be repeated: while the grant it was sent
        under stands, even if the source is away by now."""
        return self.camera.book.get(frame.handle) is not None and self.began_before(frame)

    def began_before(self, frame: Frame) -> bool:
        """Whether the frame was taken after this look began, and its grant. What came before is
        for others: pre-roll of a motion, and what a board kept while its line was down."""
        if frame.captured_ms < self.permit.grant.nbf * 1000:
            return False
        known = self._least
        if known is not None and known[0] == frame.boot and frame.captured_ms >= int(known[1]):
            return True  # what we hear from here on can only let more through
        least = self.camera.taken_at_least(frame.boot, self._began)
        if least is None:
            return True
        if self._least is None or self._least[0] != frame.boot:
            self._least = frame.boot, least
        # What was let through once stays so: a frame from the future darkens no look.
        self._least = min(self._least, (frame.boot, least))
        return frame.captured_ms >= int(self._least[1])

    def fits(self, frame: Frame) -> bool:
        """Whether the frame is within the grant's limits of size; no if that cannot be told."""
        if self._widest is None and self._highest is None:
            return True
        if frame.size is None:
            return False
        width, height = frame.size
        return width <= (self._widest or width) and height <= (self._highest or height)

    def shown(self, frames: int, size_bytes: int) -> None:
        """Count what was handed to a viewer."""
        self.frames += frames
        self.bytes += size_bytes

    def end(self, reason: str) -> None:
        """Nothing is shown from now on; who streams it has let go of it when this returns."""
        if not self.over.is_set():
            self.reason = reason
            self.over.set()


def fresh(frame: Frame | None, now: float) -> bool:
    """Whether a frame from before may open a stream; `now`: monotonic s."""
    return frame is not None and now - frame.arrived <= FRESH_S
