"""Pulse: the host's regular timer. Whatever has to be looked at again and again is looked at in one
wake-up: waking costs a process that sleeps more than what it then does."""

import asyncio
from collections.abc import Callable
from typing import Final

PERIOD_S: Final = 0.5


class Pulse:
    """`late(seconds)` is told how late each beat came, then `beats` are called."""

    def __init__(self, late: Callable[[float], None], *beats: Callable[[], None]) -> None:
        self._late = late
        self._beats = beats

    async def run(self) -> None:
        """Run for the life of the host; raises what a beat raised."""
        loop = asyncio.get_running_loop()
        failed: asyncio.Future[None] = loop.create_future()

        def beat(due: float) -> None:
            if failed.done():
                return
            try:
                self._beat(loop.time() - due)
            except Exception as error:
                failed.set_exception(error)
            else:
                arm()

        def arm() -> None:
            due = loop.time() + PERIOD_S
            loop.call_at(due, beat, due)

        arm()
        await failed

    def _beat(self, late_s: float) -> None:
        self._late(max(0.0, late_s))
        for beat in self._beats:
            beat()
