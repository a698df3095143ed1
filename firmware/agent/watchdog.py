"""The watchdog: fed only while every task of the agent makes progress.

Its time-out is well above what may block the one thread: capture() 4 s, a TLS handshake, DNS. A
file `maintenance` on the flash leaves it off: it cannot be stopped once started, and would reset
the board under whoever works on it over USB.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from agent.elapsed import Elapsed
    from agent.log import Log

TIMEOUT_MS = 30_000
FEED_MS = 1_000
PATIENCE_MS = 60_000  # for one task's silence


class Watchdog:
    """`wdt`: machine.WDT(timeout=TIMEOUT_MS), None for maintenance."""

    def __init__(self, wdt: "Any", elapsed: "Elapsed", log: "Log") -> None:
        self._wdt = wdt
        self._elapsed = elapsed
        self._log = log
        self._beats: dict[str, int] = {}

    def beat_of(self, task: str) -> "Callable[[], None]":
        """The function by which `task` says that it goes on; from now on it has to."""

        def beat() -> None:
            self._beats[task] = self._elapsed.ms()

        beat()
        return beat

    def silent(self) -> str | None:
        """A task that makes no progress, or None."""
        now = self._elapsed.ms()
        for task, at in self._beats.items():
            if now - at > PATIENCE_MS:
                return task
        return None

    async def run(self) -> None:
        """Ends when a task is silent; whoever runs this then resets the board, and if not even
        that works the watchdog does."""
        while True:
            task = self.silent()
            if task is not None:
                self._log("watchdog", "no progress: " + task)
                return
            if self._wdt is not None:
                self._wdt.feed()
            await self._elapsed.pause(FEED_MS)
