"""Alarms: a few callbacks, each at most once, at a time that may be brought forward."""

import asyncio
from collections.abc import Callable

Callback = Callable[[], None]
Armed = tuple[float, asyncio.TimerHandle]  # when, and what rings then


class Alarms:
    """Times are the loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._armed: dict[Callback, Armed] = {}

    def arm(self, callback: Callback, at: float) -> None:
        """Call back then, or earlier where that was agreed before."""
        armed = self._armed.get(callback)
        if armed is None or armed[0] > at:
            self._set(callback, at, armed)

    def put_off(self, callback: Callback, at: float, now: float) -> None:
        """Call back then, whatever was agreed before; or earlier, but not within a third of that
        time. It saves a timer for each frame, and a loop that sleeps from waking for nothing."""
        armed = self._armed.get(callback)
        if armed is None or not now + (at - now) / 3 <= armed[0] <= at:
            self._set(callback, at, armed)

    def clear(self) -> None:
        """Call nobody."""
        for _, timer in self._armed.values():
            timer.cancel()
        self._armed.clear()

    def _set(self, callback: Callback, at: float, armed: Armed | None) -> None:
        if armed is not None:
            armed[1].cancel()
        self._armed[callback] = at, self._loop.call_at(at, self._ring, callback)

    def _ring(self, callback: Callback) -> None:
        del self._armed[callback]
        callback()
