"""Look: one camera in one view. Knows whether a frame may be shown at this very instant."""

import asyncio
from typing import Final

from accord.permit import Permit
from porchlight.camera import HELD, Camera
from porchlight.frames import Frame

FRESH_S: Final = 2.0  # an older frame was meant for those who looked before


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
        self.frames = 0
        self.bytes = 0
        self.still: Frame | None = None  # the one picture of a snapshot view, once taken
        self.over = asyncio.Event()
        self.reason = ""

    def holds(self, now: int) -> bool:
        """Whether something may be shown at `now` (unix s). Asked right before it is."""
        return self.lapse(now) is None

    def lapse(self, now: int) -> str | None:
        """Why nothing may be shown at `now`; None if it may. Does not end the look."""
        if self.over.is_set():
            return self.reason
        if now >= self.ends:
            return "expired" if now >= self.permit.grant.exp else "session-over"
        return self.camera.lapse(self.permit, now)

    def covers(self, frame: Frame) -> bool:
        """Whether the board lets those who look under this grant have the frame.

        It sends a frame once, under one grant, to all whose grants it says it holds. What it took
        before the look began was for others: a board keeps a few frames while its line is down.
        """
        if self._began is not None:
            boot, began_ms = self._began
            if frame.boot == boot and frame.captured_ms < began_ms - FRESH_S * 1000:
                return False
        handle = self.permit.handle
        return frame.handle == handle or self.camera.grant_state(handle) == HELD

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
        """Nothing is shown from now on; wakes whoever waits for `over`."""
        if not self.over.is_set():
            self.reason = reason
            self.over.set()


def fresh(frame: Frame | None, now: float) -> bool:
    """Whether a frame from before may open a stream; `now`: monotonic s."""
    return frame is not None and now - frame.arrived <= FRESH_S
