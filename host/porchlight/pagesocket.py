"""PageSocket: the WebSocket that pictures go down (streams.pictures.Outlet).

A client says nothing here but pong and goodbye; whatever else it says ends the connection. Pictures
pass uvicorn by and go to the transport as they are: no copy, no queue. What the viewer has not
taken is never more than one picture, and a few kilobytes in the kernel.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from uvicorn._types import ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame

from porchlight.deadline import Deadline
from porchlight.porch import Porch, Visit
from porchlight.streams import lowat, pictures
from porchlight.streams.rhythm import BackOff
from porchlight.websocket import frames
from porchlight.websocket.parser import BINARY, TEXT
from porchlight.websocket.rate import Rate

_MESSAGE_BYTES: Final = 125  # what a message to us may have
_SAID_BYTES: Final = 2_048  # a second: some hundred times what a viewer has to say
_UNASKED: Final = 1003  # WebSocket: data that this end does not take
_log = logging.getLogger(__name__)
_log.setLevel(logging.ERROR)  # what peers do wrong is counted, not logged


class PageSocket(WebSocketsSansIOProtocol):
    """One connection, handed to the app in its scope."""

    def __init__(
        self,
        porch: Porch,
        visit: Visit,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._porch = porch
        self._visit = visit
        self.logger = _log
        self.conn.logger = _log
        self.conn.max_message_size = _MESSAGE_BYTES
        self.close_timeout = porch.limits.tls_shutdown_s
        self._go: Callable[[], None] | None = None
        self._pong = b""
        self._said = Rate(self.loop, _SAID_BYTES)
        self._let_go = Deadline(self.loop, self.close_timeout, self.abort)
        self._again: asyncio.TimerHandle | None = None
        self._looks = BackOff()
        self._wrote = self.loop.time()  # stands still while the loop's turn lasts

    # streams.pictures.Outlet

    def ready(self) -> bool:
        """Whether the viewer took all so far; if not, `go` is called once they did."""
        if self.close_sent or self.transport.is_closing():
            return False
        if self.transport.get_write_buffer_size() > 0:
            return False  # resume_writing() comes
        if self.scheme == "wss" and lowat.held_back(self.transport):
            self._look_again_soon()  # records wait below the TLS transport, which says nothing
            return False
        self._looks.reset()
        return True

    def all_sent(self) -> bool:
        """As Outlet says. Of what TLS was given in this very turn nobody knows: then not."""
        if self.scheme == "wss" and self._wrote >= self.loop.time():
            return False
        return lowat.all_sent(self.transport)

    def begin(self, go: Callable[[], None]) -> None:
        """Keep next to nothing buffered, and call `go` when more may be written."""
        self._go = go
        if not self.transport.is_closing():
            lowat.limit(self.transport, tls=self.scheme == "wss")

    def picture(self, head: bytes, jpeg: bytes) -> None:
        """One binary message."""
        self._write(frames.head(BINARY, len(head) + len(jpeg)) + head, jpeg)

    def text(self, words: str) -> None:
        """One text message."""
        payload = words.encode()
        self._write(frames.head(TEXT, len(payload)) + payload)

    def abort(self) -> None:
        """Close at once, dropping what was not sent yet, in the kernel too."""
        lowat.cut(self.transport)

    def _write(self, *pieces: bytes) -> None:
        if not (self.close_sent or self.transport.is_closing()):
            self.transport.writelines(pieces)
            self._wrote = self.loop.time()

    def _look_again_soon(self) -> None:
        if self._again is None:
            self._again = self.loop.call_later(self._looks.next_s(), self._look_again)

    def _look_again(self) -> None:
        self._again = None
        self._room()

    def _room(self) -> None:
        if self._go is not None:
            self._go()

    # asyncio.Protocol

    def connection_made(  # type: ignore[override]
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        self.client = self._visit.client(self.client)

    def data_received(self, data: bytes) -> None:
        """The head of the request, then next to nothing: who says more is not even listened to."""
        if not self.handshake_initiated or self._said.take(len(data)):
            super().data_received(data)
            return
        if not self.transport.is_closing():
            self._porch.garbage("websocket")
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._porch.door.leave(self._visit)
        self._let_go.stop()
        if self._again is not None:
            self._again.cancel()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._pong and not self.transport.is_closing():
            self.transport.write(self._pong)
        self._pong = b""
        self._room()

    # uvicorn's own steps

    async def run_asgi(self) -> None:
        """The app finds this object in its scope. However it ends, the peer has little time left
        to take what waits."""
        extensions: dict[str, Any] = {pictures.EXTENSION: self}
        self.scope["extensions"].update(extensions)
        await super().run_asgi()
        if not self.disconnected:
            self._let_go.begin()

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True  # refused: else uvicorn calls that a fault of the app

    def handle_text(self, event: Frame) -> None:
        """Nobody asked."""
        if not self.close_sent:
            self.conn.fail(_UNASKED, "nothing is taken here")
            self.handle_parser_exception()

    handle_bytes = handle_cont = handle_text

    def handle_ping(self) -> None:
        """Answered, the newest at least, when there is room: a flood of them stays outside."""
        pongs = self.conn.data_to_send()  # of all that came together
        if pongs and self.transport.get_write_buffer_size() > 0:
            self._pong = pongs[-1]
        elif pongs:
            self.transport.write(b"".join(pongs))

    def handle_parser_exception(self) -> None:
        self._porch.garbage("websocket")
        super().handle_parser_exception()

    def keepalive_timeout(self) -> None:
        """No pong for so long: whoever it was is gone, and will not take what waits."""
        self.pong_timer = None
        self._porch.garbage("unread")
        self.abort()
