"""Whether a frame is what the grant it names allows. Pure: grant, frame and time come in."""

from dataclasses import dataclass
from typing import Final

from accord.grant import Grant
from porchlight.frames import Frame

MAX_AGE_MS: Final = 120_000
MAX_AHEAD_MS: Final = 60_000
_SOI: Final = b"\xff\xd8"


@dataclass(frozen=True)
class Refusal:
    """A frame that nobody may see. `count`: how many like it to enter in the log now; 0: none."""

    frame: Frame
    reason: str
    count: int


def fault(frame: Frame, grant: Grant, now_ms: int) -> str | None:
    """Why the frame is refused at `now_ms` (unix); None if nothing speaks against it."""
    if now_ms >= grant.exp * 1000:
        return "expired"
    if frame.captured_ms < max(grant.nbf * 1000, now_ms - MAX_AGE_MS):
        return "too-old"
    if frame.captured_ms > now_ms + MAX_AHEAD_MS:
        return "in-future"
    return None if frame.jpeg.startswith(_SOI) else "not-a-jpeg"
