"""Ending: happens once. Some wait for it; others are called back, in the very turn it happens."""

import asyncio
from collections.abc import Callable

from porchlight.calling import call_all


class Ending:
    """Not yet, until set(). Belongs to the event loop's thread."""

    def __init__(self) -> None:
        self.happened = False  # for who asks for every frame; is_set() for all others
        self._event = asyncio.Event()
        self._callbacks: list[Callable[[], None]] = []

    def is_set(self) -> bool:
        """Whether it happened."""
        return self.happened

    def set(self) -> None:
        """It happens, now; again changes nothing. Everybody is called before this returns, and what
        one of them raises keeps nothing else open."""
        if self.happened:
            return
        self.happened = True
        self._event.set()
        callbacks, self._callbacks = self._callbacks, []
        call_all(callbacks)

    async def wait(self) -> None:
        """Return once it happened."""
        await self._event.wait()

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call back when it happens; at once if it has."""
        if self.happened:
            callback()
        else:
            self._callbacks.append(callback)

    def forget(self, callback: Callable[[], None]) -> None:
        """Do not call back any more; harmless for one that is not known."""
        if callback in self._callbacks:
            self._callbacks.remove(callback)
