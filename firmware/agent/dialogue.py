"""One connection from its hello to its end: a task that reads, one that writes, one that minds
the time. Only the second writes, so messages never mix.
"""

import asyncio

from accord import wire
from accord.errors import RemoteError
from agent.errors import LinkLost
from agent.sender import always
from agent.tasks import run_together

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from accord.session import BoardSession
    from agent.answers import Answers
    from agent.connection import Connection
    from agent.downlink import Downlink
    from agent.elapsed import Elapsed
    from agent.sender import Sender

SILENCE_MS = 45_000  # the host speaks every 15 s
WELCOME_MS = 10_000  # from the hello to the host's first Time
STALL_MS = 10_000  # for one message to leave
MIND_MS = 250


class Dialogue:
    def __init__(
        self,
        connection: "Connection",
        session: "BoardSession",
        *,
        downlink: "Downlink",
        sender: "Sender",
        elapsed: "Elapsed",
        answers: "Answers",
    ) -> None:
        self._connection = connection
        self._session = session
        self._downlink = downlink
        self._sender = sender
        self._elapsed = elapsed
        self._wake = asyncio.Event()
        self._handshake = [session.hello()]
        self._answers = answers
        self._welcome_at: int | None = None  # the host proved itself and told the time
        self._watched = False  # the host said on this connection who looks
        self._began = self._heard_at = elapsed.ms()
        self._writing_since: int | None = None
        self.beat: Callable[[], None] = lambda: None
        self.lines: list[bytes] = []  # of the log

    @property
    def age_ms(self) -> int:
        return self._elapsed.ms() - self._began

    @property
    def steady_ms(self) -> int:
        """Since the host welcomed us; 0 before."""
        return 0 if self._welcome_at is None else self._elapsed.ms() - self._welcome_at

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    async def run(self) -> None:
        """Until the connection ends, always by LinkLost."""
        self._sender.begin()
        self._answers.begin()
        await run_together(self._read(), self._write(), self._mind())

    async def _read(self) -> None:
        while True:
            data = await self._connection.next_message()
            self._heard_at = self._elapsed.ms()
            try:
                self._session.receive(data)
                message = self._session.next_event()
                while message is not None:
                    self._take(message)
                    message = self._session.next_event()
            except RemoteError as error:
                raise LinkLost("host-" + error.reason) from None
            self.wake()
            await self._elapsed.pause(0)  # a host that never stops talking must not own the board

    def _take(self, message: wire.Message) -> None:
        proof = self._session.take_outgoing()
        if proof:
            self._handshake.append(proof)
        answer = self._downlink.handle(message)
        if isinstance(message, wire.Time):
            if self._welcome_at is None:
                self._welcome_at = self._elapsed.ms()
        elif isinstance(message, wire.Watch):
            self._watched = True
        if answer is None:
            return
        if self._answers.full:
            raise LinkLost("flooded")
        self._answers.add(answer)

    async def _write(self) -> None:
        while True:
            self._writing_since = self._elapsed.ms()
            more = await self._write_next()
            self._writing_since = None
            if not more:
                await self._wake.wait()
                self._wake.clear()

    async def _write_next(self) -> bool:
        """Write the most urgent thing; False if there is nothing to write."""
        await self._connection.send_control()
        if self._handshake:
            await self._connection.send((self._handshake.pop(0),), always)
            return True
        if self._welcome_at is None:
            return False
        answer = self._answers.next()
        if answer is None:
            sent = await self._sender.send_next(self._connection, self._session, self._watched)
            return sent or await self._send_line()
        await self._connection.send((self._session.seal(answer),), always)
        self._answers.sent(answer)
        return True

    async def _send_line(self) -> bool:
        """One line of the log, since nothing else wants to leave. A line on a broken connection is
        lost: the serial port had it."""
        if not self.lines:
            return False
        line = wire.LogLine(self.lines.pop(0))
        await self._connection.send((self._session.seal(line),), always)
        return True

    async def _mind(self) -> None:
        while True:
            await self._elapsed.pause(MIND_MS)
            self.beat()
            now = self._elapsed.ms()
            if self._sender.withdrawn():
                raise LinkLost("withdrawn")
            if now - self._heard_at > SILENCE_MS:
                raise LinkLost("silence")
            if self._welcome_at is None and self.age_ms > WELCOME_MS:
                raise LinkLost("no-welcome")
            if self._writing_since is not None and now - self._writing_since > STALL_MS:
                raise LinkLost("stalled")
            self.wake()
