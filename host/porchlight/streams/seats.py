"""Seats: how many may watch this host at once, and nobody new while it is late.

Who watches already is never sent away for a newcomer: newcomers are told to come back.
"""

from collections.abc import Callable
from typing import Final

from porchlight.errors import Unavailable

# Handing one frame to as many viewers as a core can serve takes most of a frame's time: with 3,600
# of them at 20 frames a second a timer is 40 ms late, and every viewer has all frames.
LATE_S: Final = 0.1
FEW: Final = 16  # that many are not why a host is late: turning others away would not help
RETRY_S: Final = 2


class Seats:
    """`late_s()`: how late the event loop is now, smoothed; seconds."""

    def __init__(self, most: int, late_s: Callable[[], float]) -> None:
        self._most = most
        self._late_s = late_s
        self._taken = 0

    def __len__(self) -> int:
        return self._taken

    def take(self) -> None:
        """One more viewer; Unavailable when there is no room. leave() takes it back."""
        headers = {"Retry-After": str(RETRY_S)}
        if self._taken >= self._most:
            detail = "as many watch this host as may"
            raise Unavailable("too-many-viewers", detail, headers=headers)
        if self._taken >= FEW and self._late_s() > LATE_S:
            raise Unavailable("busy", "this host cannot keep up; come back soon", headers=headers)
        self._taken += 1

    def leave(self) -> None:
        """One viewer less."""
        self._taken -= 1
