"""Talk: one board's connection after both proofs. What the board says is acted upon in the turn in
which it comes; what it is told leaves by the task that runs the talk.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from accord import wire
from accord.errors import RemoteError
from porchlight.camera import Camera
from porchlight.errors import StoreError
from porchlight.frames import Frame
from porchlight.sources.link import Link
from porchlight.sources.session import Session
from porchlight.websocket.socket import GOING, Gone, WebSocket

REFUSED: Final = 1008  # WebSocket: policy violation
BROKEN: Final = 1011  # WebSocket: the host's own fault


def last_words(error: BaseException) -> tuple[int, str]:
    """The close code and reason for a connection that ends by this error."""
    if isinstance(error, RemoteError):
        return REFUSED, error.reason
    return BROKEN, "store" if isinstance(error, StoreError) else ""


def only(session: Session, payload: bytes) -> Any:
    """The accord message that a WebSocket message holds; RemoteError if there is not one."""
    if not payload:
        raise RemoteError("not-binary")
    message = session.only(payload)
    if message is None:
        raise RemoteError("bad-length")
    return message


class Talk:
    """`advance` judges a frame by its number, and may raise RemoteError. `idle` is awaited after
    every `time_s` in which there was nothing to tell but the time."""

    def __init__(
        self,
        socket: WebSocket,
        session: Session,
        camera: Camera,
        *,
        advance: Callable[[Frame], None],
        idle: Callable[[], Awaitable[None]],
        time_s: float,
    ) -> None:
        self.link = Link()
        self._socket = socket
        self._session = session
        self._camera = camera
        self._advance = advance
        self._idle = idle
        self._time_s = time_s
        self._failed: BaseException | None = None
        self._errand: asyncio.Task[None] | None = None

    @property
    def reason(self) -> str:
        """Why the board is offline, in a word."""
        if self.link.closing:
            return self.link.closing
        if isinstance(self._failed, RemoteError):
            return self._failed.reason
        return "host-stopped" if self._socket.ended == GOING else "left"

    async def run(self) -> None:
        """Until either side ends it; raises what it ended by, if that was an error."""
        self._socket.on_end = self.link.wake.set
        self._socket.hand_to(self._take)
        try:
            await self._tell()
        except Gone:
            pass
        finally:
            if self._errand is not None:
                self._errand.cancel()
                await asyncio.gather(self._errand, return_exceptions=True)
        if self._failed is not None:
            raise self._failed

    # What the board says

    def _take(self, payload: bytes, alone: bool) -> None:
        if self.link.closing or self._failed is not None:
            return
        try:
            frame = self._session.frame(payload)
            if frame is None:
                self._hear(only(self._session, payload))
                return
            self._advance(frame)
            refusal = self._camera.on_frame(frame, newest=alone)
            if refusal is not None and refusal.count:
                self._run(self._camera.log.enter(refusal))
        except RemoteError as error:
            self._fail(error)

    def _hear(self, message: wire.Message) -> None:
        if isinstance(message, wire.Status):
            self._camera.on_status(message)
        elif isinstance(message, wire.Answer):
            self._run(self._camera.on_answer(message))
        elif isinstance(message, wire.LogLine):
            self._camera.boardlog.add(message.payload())

    def _run(self, errand: Coroutine[Any, Any, None]) -> None:
        """What takes time. The board waits: what it says is taken in its order, and never piles
        up."""
        self._socket.hold()
        self._errand = asyncio.create_task(errand)
        self._errand.add_done_callback(self._ran)

    def _ran(self, errand: "asyncio.Task[None]") -> None:
        self._errand = None
        if errand.cancelled():
            return
        error = errand.exception()
        if error is not None:
            self._fail(error)
        else:
            self._socket.go_on()

    def _fail(self, error: BaseException) -> None:
        """Nothing more is taken or told: also not to a board that does not read."""
        self._failed = error
        self._socket.close(*last_words(error))

    # What the board is told

    async def _tell(self) -> None:
        """What the outbox holds, and the time now and then. A board that cannot be told of a
        revocation is sent away: so either end of this is the end of the talk."""
        link = self.link
        while not link.closing and self._socket.ended is None:
            message = link.outbox.next(self._session.clock.unix_ms())
            if message is not None:
                await self._socket.send(self._session.seal(message))
            else:
                await self._pause()
        self._socket.close(REFUSED, link.closing)

    async def _pause(self) -> None:
        """Wait for something to tell; where nothing comes, it is the time."""
        self.link.wake.clear()
        try:
            async with asyncio.timeout(self._time_s):
                await self.link.wake.wait()
        except TimeoutError:
            self.link.outbox.time()
            await self._idle()
