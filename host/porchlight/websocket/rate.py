"""Rate: so much a second, and no more."""

import asyncio

_WINDOW_S = 1.0


class Rate:
    """Counts what somebody takes; starts anew a second after the first of it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int) -> None:
        self._loop = loop
        self._most = most
        self._taken = 0
        self._since = loop.time()

    def take(self, amount: int = 1) -> bool:
        """Whether that was still within the rate."""
        now = self._loop.time()
        if now - self._since >= _WINDOW_S:
            self._since, self._taken = now, 0
        self._taken += amount
        return self._taken <= self._most
