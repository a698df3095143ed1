"""Keepalive: a ping now and then, and what happens when nobody answers. Knows no frames."""

import asyncio
import secrets
from collections.abc import Callable


class Keepalive:
    """Pings `every_s` after the last answer; `lost` is called when one stays out for as long."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        every_s: float,
        *,
        ping: Callable[[bytes], None],
        lost: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._every_s = every_s
        self._ping = ping
        self._lost = lost
        self._asked = b""
        self._timer = loop.call_later(every_s, self._ask)

    def answered(self, payload: bytes) -> None:
        """A pong: only the one that answers the ping under way counts."""
        if self._asked and payload == self._asked:
            self._asked = b""
            self._timer.cancel()
            self._timer = self._loop.call_later(self._every_s, self._ask)

    def stop(self) -> None:
        """Nobody is asked any more."""
        self._timer.cancel()

    def _ask(self) -> None:
        self._asked = secrets.token_bytes(4)
        self._timer = self._loop.call_later(self._every_s, self._lost)
        self._ping(self._asked)
