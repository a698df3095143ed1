"""Hello, Challenge, Proof: until both sides of a connection proved the board key."""

import asyncio

from accord.errors import RemoteError
from porchlight.sources.session import Session
from porchlight.sources.talk import only
from porchlight.websocket.socket import Gone, WebSocket


class Proving:
    """The handshake on one connection. What comes behind the proof waits in the socket."""

    def __init__(self, socket: WebSocket, session: Session) -> None:
        self._socket = socket
        self._session = session
        self._proved: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, limit_s: float) -> None:
        """Return once the session is open; RemoteError, if it takes longer too; or Gone."""
        if self._socket.ended is not None:
            raise Gone
        self._socket.on_end = self._gone
        self._socket.hand_to(self._take)
        try:
            async with asyncio.timeout(limit_s):
                await self._proved
        except TimeoutError:
            raise RemoteError("slow-handshake") from None

    def _take(self, payload: bytes, _alone: bool) -> None:
        try:
            only(self._session, payload)
        except RemoteError as error:
            self._socket.hold()
            self._proved.set_exception(error)
            return
        answer = self._session.take_outgoing()
        if answer:
            self._socket.say(answer)
        if self._session.open:
            self._socket.hold()
            self._socket.trust()
            self._proved.set_result(None)

    def _gone(self) -> None:
        if not self._proved.done():
            self._proved.set_exception(Gone())
