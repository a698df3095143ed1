"""Deadline: something that must have happened in time, or else."""

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls `late` once, `seconds` after begin(), unless stop() comes first."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, late: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._seconds = seconds
        self._late = late
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """From now on; one that has begun goes on."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._passed)

    def stop(self) -> None:
        """It happened, or does not matter any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _passed(self) -> None:
        self._timer = None
        self._late()
