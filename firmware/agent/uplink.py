"""The uplink: one connection after the other, for ever.

Whatever goes wrong ends a connection, and the next begins after a pause with jitter. What was
being sent is not sent again.
"""

import gc
import os

from accord.session import NONCE_BYTES, BoardSession
from agent.dialogue import Dialogue
from agent.errors import LinkLost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.answers import Answers
    from agent.backoff import Backoff
    from agent.connection import Dialer
    from agent.downlink import Downlink
    from agent.elapsed import Elapsed
    from agent.log import Log
    from agent.sender import Sender

STEADY_MS = 5_000  # a connection this old was a good one: try again at once
NAP_MS = 100


class Identity:
    """Who the board says it is: its key, the number of this start, what runs on it."""

    def __init__(self, key: bytes, boot: int, firmware: str) -> None:
        self.key = key
        self.boot = boot
        self.firmware = firmware


class Uplink:
    def __init__(
        self,
        dialer: "Dialer",
        identity: Identity,
        *,
        downlink: "Downlink",
        sender: "Sender",
        answers: "Answers",
        elapsed: "Elapsed",
    ) -> None:
        self._dialer = dialer
        self._identity = identity
        self._downlink = downlink
        self._sender = sender
        self._answers = answers
        self._elapsed = elapsed
        self._dialogue: Dialogue | None = None
        self.beat: Callable[[], None] = lambda: None
        self.lines: list[bytes] = []  # of the log, sent when nothing else wants to leave

    def wake(self) -> None:
        """A frame waits."""
        if self._dialogue is not None:
            self._dialogue.wake()

    def steady_ms(self) -> int:
        """How long the connection that is up has been a good one; 0 without."""
        return 0 if self._dialogue is None else self._dialogue.steady_ms

    async def run(self, ready: "Callable[[], bool]", backoff: "Backoff", log: "Log") -> None:
        """`ready()`: is there a network, and was the time asked for?"""
        while True:
            while not ready():
                await self._nap(NAP_MS)
            try:
                await self._talk(log)
            except LinkLost as lost:
                log("uplink", "lost: " + lost.reason)
            if self._dialogue is not None and self._dialogue.age_ms > STEADY_MS:
                backoff.reset()
            self._dialogue = None
            gc.collect()  # a quiet moment; the TLS buffers are free again
            await self._nap(backoff.next_ms())

    async def _talk(self, log: "Log") -> None:
        connection = await self._dialer.open()
        try:
            log("uplink", "connected")
            identity = self._identity
            nonce = os.urandom(NONCE_BYTES)
            session = BoardSession(identity.key, nonce, identity.boot, identity.firmware)
            self._dialogue = dialogue = Dialogue(
                connection,
                session,
                downlink=self._downlink,
                sender=self._sender,
                elapsed=self._elapsed,
                answers=self._answers,
            )
            dialogue.beat = self.beat
            dialogue.lines = self.lines
            await dialogue.run()
        finally:
            connection.abort()
            self._downlink.cut_off()

    async def _nap(self, ms: int) -> None:
        until = self._elapsed.ms() + ms
        while self._elapsed.ms() < until:
            self.beat()
            await self._elapsed.pause(min(1_000, until - self._elapsed.ms()))
