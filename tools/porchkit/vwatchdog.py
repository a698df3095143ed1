"""The watchdog of a virtual board. It is kept outside the program's process, because it must also
bite a program that blocks or loops, and it goes on over a soft reset."""

import asyncio
from collections.abc import Callable

# The stand-in tells of feeding once in a twentieth of the time-out; the rest is for a busy machine.
SLACK = 1.25


class Watchdog:
    """Off until it is started; then `bite()` is called when it was not fed in time, once."""

    def __init__(self) -> None:
        self.bite: Callable[[], None] = _nobody
        self._timeout_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def running(self) -> bool:
        """Has it been started, and not been stopped by a reset?"""
        return self._timer is not None

    @property
    def deadline(self) -> float | None:
        """When it bites, in the loop's time; changes with every feeding."""
        return self._timer.when() if self._timer else None

    def start(self, timeout_ms: int) -> None:
        """Begin, or begin anew with another time-out."""
        self._timeout_s = timeout_ms / 1000 * SLACK
        self.feed()

    def feed(self) -> None:
        """The program goes on."""
        self.stop()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._timeout_s, lambda: self.bite())

    def stop(self) -> None:
        """Only a reset or a power cut does this."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _nobody() -> None:
    """Between two runs of the processor there is nothing to bite."""
