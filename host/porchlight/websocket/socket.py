"""WebSocket: one connection from its opening on, between a transport and whoever it talks with.

Messages are handed over by a call as they come: no queue, no task. Whoever cannot take more just
now says hold(); then nothing is read until go_on(). Until trust() only little is read at a time. A
message that never becomes whole holds up the answer to the next ping, so its connection ends with
that.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final, cast

from uvicorn.server import ServerState

from porchlight.lost import LOST
from porchlight.porch import Porch, Visit
from porchlight.websocket import frames, handshake
from porchlight.websocket.intake import Flood, Intake, Taker
from porchlight.websocket.keepalive import Keepalive
from porchlight.websocket.parser import CLOSE, PING, PONG, Broken
from porchlight.websocket.rcvlowat import ReceiveMark

GOING: Final = 1012  # service restart, as the server says when it stops
BROKE_OFF: Final = 1006  # never on the wire
FAILED: Final = 1011
_log = logging.getLogger(__name__)


class Gone(Exception):
    """The connection is over."""


class WebSocket(asyncio.BufferedProtocol):
    """`welcome(self)` runs as a task once the opening is done. `ended`: the close code when it is
    over, whoever ended it; `on_end` is called then, once."""

    def __init__(
        self,
        porch: Porch,
        visit: Visit,
        server: ServerState,
        welcome: "Callable[[WebSocket], Coroutine[Any, Any, None]]",
    ) -> None:
        self.address = visit.address
        self.ended: int | None = None
        self.on_end: Callable[[], None] = _nothing
        self._porch = porch
        self._visit = visit
        self._server = server
        self._welcome = welcome
        self._intake: Intake | None = None  # None: not opened yet, or over
        self._inbox = porch.inbox[: porch.limits.stranger_bytes]
        self._writable: asyncio.Event | None = None  # None: it is
        self._pong_due: bytes | None = None
        self._keepalive: Keepalive | None = None
        self._goodbye: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    # For whoever it talks with

    def hand_to(self, taker: Taker) -> None:
        """Call `taker` with each message from now on, and with those that waited."""
        if self._intake is not None:
            self._intake.taker = taker
            self._intake.go_on()

    def trust(self) -> None:
        """It proved who it is: its messages may be as large as any, and are read as fast."""
        if self._intake is not None:
            self._inbox = self._porch.inbox
            self._intake.allow(self._porch.limits.message_bytes)

    def hold(self) -> None:
        """Hand over nothing until go_on()."""
        if self._intake is not None:
            self._intake.hold()

    def go_on(self) -> None:
        """Hand over what waits, and read on."""
        if self._intake is not None:
            self._intake.go_on()

    async def send(self, payload: bytes) -> None:
        """Send a binary message, once the peer took those before; Gone if the connection is."""
        while self._writable is not None and self.ended is None:
            await self._writable.wait()
        if self.ended is not None:
            raise Gone
        self.say(payload)

    def say(self, payload: bytes) -> None:
        """Send a binary message whether the peer reads or not."""
        self._transport.write(frames.binary(payload))

    def close(self, code: int, reason: str) -> None:
        """Say goodbye and wait a moment for the peer's; what it still says is dropped."""
        if self.ended is not None:
            return
        self._end(code)
        self._transport.write(frames.close(code, reason))
        self._goodbye = self._loop.call_later(self._porch.limits.tls_shutdown_s, self._let_go)
        if self._intake is not None:
            self.hand_to(self._intake.drop)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The request to upgrade was read; data_received() gets it once more."""
        self._transport = cast(asyncio.Transport, transport)
        tls = transport.get_extra_info("ssl_object") is not None
        self._mark = ReceiveMark(self._loop, self._visit.sock, tls=tls)
        self._server.connections.add(cast(Any, self))

    def data_received(self, data: bytes) -> None:
        """The head of the request, from uvicorn, before this is the transport's protocol."""
        opening = handshake.answer(data)
        if opening.accepted:
            self._open(opening.answer)
        else:
            self._hang_up(BROKE_OFF, opening.answer)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the peer's next bytes go: one place for all connections, emptied at once."""
        return self._inbox

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes of the peer are there."""
        if self._intake is not None:
            self._intake.feed(self._inbox[:nbytes])

    def eof_received(self) -> None:
        """The peer says nothing more: the transport closes."""

    def pause_writing(self) -> None:
        """The peer does not take what is written."""
        self._writable = asyncio.Event()

    def resume_writing(self) -> None:
        """It does again."""
        writable, self._writable = self._writable, None
        if writable is not None:
            writable.set()
        if self._pong_due is not None:
            self._pong(self._pong_due)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._porch.door.leave(self._visit)
        self._server.connections.discard(cast(Any, self))
        self._mark.stop()
        if self._intake is not None:
            self._intake.stop()
        if self._goodbye is not None:
            self._goodbye.cancel()
        self._end(BROKE_OFF)
        self._transport, self._intake, self._keepalive = LOST, None, None

    # uvicorn

    def shutdown(self) -> None:
        """The server stops."""
        self._hang_up(GOING, frames.close(GOING, ""))

    # Ours

    def _open(self, answer: bytes) -> None:
        self._transport.write(answer)
        limits = self._porch.limits
        self._intake = Intake(
            self._transport,
            self._mark,
            limits.stranger_bytes,
            control=self._control,
            broken=self._broken,
        )
        self._keepalive = Keepalive(
            self._loop, limits.ping_s, ping=self._ping, lost=self._unanswered
        )
        task = self._loop.create_task(self._welcome(self))
        self._server.tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._server.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a connection failed", exc_info=task.exception())
        self.close(FAILED, "")

    def _broken(self, broken: Broken) -> None:
        self._porch.garbage("websocket")
        self._hang_up(broken.code, frames.close(broken.code, broken.reason))
        if isinstance(broken, Flood):
            self._transport.abort()  # with TLS, a goodbye would go on reading

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self._pong(payload)
        elif opcode == CLOSE:
            code = frames.closed_with(payload)
            self._hang_up(code, frames.close(code, ""))
        elif opcode == PONG and self._keepalive is not None:
            self._keepalive.answered(payload)

    def _pong(self, payload: bytes) -> None:
        """Answer a ping; of those of a peer that does not read, the last."""
        self._pong_due = None if self._writable is None else payload
        if self._pong_due is None and self.ended is None:
            self._transport.write(frames.pong(payload))

    def _ping(self, payload: bytes) -> None:
        self._transport.write(frames.ping(payload))

    def _unanswered(self) -> None:
        self._hang_up(FAILED, frames.close(FAILED, "keepalive ping timeout"))

    def _hang_up(self, code: int, said: bytes) -> None:
        """Close, after these last words unless there were others already."""
        if self._intake is not None:
            self._intake.stop()
        if self.ended is None:
            self._transport.write(said)
        self._end(code)
        self._transport.close()
        if self._goodbye is None:
            limit_s = self._porch.limits.tls_shutdown_s
            self._goodbye = self._loop.call_later(limit_s, self._transport.abort)

    def _let_go(self) -> None:
        """No goodbye came: close without, but not for a peer that does not even read ours."""
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    def _end(self, code: int) -> None:
        if self.ended is not None:
            return
        self.ended = code
        if self._keepalive is not None:
            self._keepalive.stop()
        if self._writable is not None:
            self._writable.set()
        self.on_end()


def _nothing() -> None:
    """Nobody is told."""
