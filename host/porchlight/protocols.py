"""What happens on one HTTP connection: uvicorn's own protocol, made strict and quiet.

A peer that does not get a whole request head across in time, or sends one too long, is sent away;
an upgrade is taken at few paths only; what a peer sends can never put a traceback in the log.
Uses uvicorn's own classes, so their version is pinned and tests/host/test_server_garbage.py pins
what they must do.
"""

import asyncio
import functools
import logging
from typing import Any

from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from porchlight import upgrades
from porchlight.deadline import Deadline
from porchlight.lost import LOST
from porchlight.porch import Porch, Visit
from porchlight.streams import lowat

_log = logging.getLogger(__name__)
_log.setLevel(logging.ERROR)  # what peers do wrong is counted, not logged


class HttpProtocol(HttpToolsProtocol):
    """One HTTP/1.1 connection."""

    def __init__(
        self,
        porch: Porch,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        visit: Visit,
    ) -> None:
        super().__init__(config, server_state, app_state)
        self.logger = _log
        self._porch = porch
        self._visit = visit
        self._refused = False
        self._in_head = False
        self._head_bytes = self._fields_bytes = 0
        limits = porch.limits
        self._head = Deadline(self.loop, limits.head_s, self._head_too_late)
        self._unread = Deadline(self.loop, limits.unread_s, self._left_unread)
        self._streams = False  # only the newest matters, and nobody has to hurry to take it
        self._lost = False
        self._served: RequestResponseCycle | None = None

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.client = self._visit.client(self.client)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if not self._in_head and not self._answering:
            self._expect_head()
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self._porch.limits.head_bytes:
            self._porch.garbage("long-head")
            self._send_away(b"431 Request Header Fields Too Large")

    def connection_lost(self, exc: Exception | None) -> None:
        self._porch.door.leave(self._visit)
        self._head.stop()
        self._unread.stop()
        if self._served is not None:  # uvicorn tells only the request that came last
            self._served.disconnected = True
            self._served.message_event.set()
        super().connection_lost(exc)
        self._lost = True
        self._unset_keepalive_if_required()  # uvicorn does not when a connection broke off
        self._part_with_transport()

    def pause_writing(self) -> None:
        super().pause_writing()
        if not self._streams:
            self._unread.begin()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._unread.stop()

    # httptools callbacks; what they raise ends the connection with 400

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._in_head:  # pipelined behind another request
            self._expect_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._fields_bytes += len(name) + len(value)
        if self._fields_bytes + len(self.url) > self._porch.limits.head_bytes:
            raise ValueError("the head is too long")

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head.stop()
        super().on_headers_complete()

    # uvicorn's own steps

    def handle_websocket_upgrade(self) -> None:
        """At the paths that upgrades.py knows: elsewhere who wants to upgrade is sent away."""
        protocol = upgrades.protocol_at(self.url.partition(b"?")[0])
        if protocol is None or self.parser.get_method() != b"GET":
            self._porch.garbage("upgrade")
            self._send_away(b"404 Not Found")
            return
        self._unread.stop()
        upgraded = functools.partial(protocol, self._porch, self._visit)
        self.ws_protocol_class = upgraded  # type: ignore[assignment]
        super().handle_websocket_upgrade()
        self._part_with_transport()  # it has another protocol now

    def _unsupported_upgrade_warning(self) -> None:
        """An offer (h2c) that is not taken: the request is answered as if it had not been made."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._served = cycle
        super()._start_asgi_task(cycle, app)

    def send_400_response(self, msg: str) -> None:
        self._porch.garbage("http")
        if not self.transport.is_closing():
            self._send_away(b"400 Bad Request")

    def on_response_complete(self) -> None:
        """No waiting for the next request of who is gone: the timer would keep all of this, 47 KB
        with TLS, for keep_alive_s."""
        if self._lost:
            return
        super().on_response_complete()
        self._streams = False
        self._let_go()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._let_go()

    def shutdown(self) -> None:
        self._head.stop()
        super().shutdown()

    # Ours

    def _part_with_transport(self) -> None:
        """A work that is still at it has its own."""
        self.transport, self.flow = LOST, FlowControl(LOST)
        self.cycle = self._served = None  # type: ignore[assignment]  # as before the first request
        self.parser = None  # type: ignore[assignment]

    @property
    def _answering(self) -> bool:
        cycle: Any = self.cycle  # None before the first request, whatever its annotation says
        return cycle is not None and not cycle.response_complete

    def _expect_head(self) -> None:
        self._in_head = True
        self._head_bytes = self._fields_bytes = 0
        self._head.stop()
        self._head.begin()

    def _head_too_late(self) -> None:
        if not self.transport.is_closing():
            self._porch.garbage("slow-head")
            self._send_away(b"408 Request Timeout")

    def _let_go(self) -> None:
        """A closing connection waits for its peer to take the rest: not for ever."""
        if self.transport.is_closing():
            self._unread.begin()

    def _left_unread(self) -> None:
        self._porch.garbage("unread")
        lowat.cut(self.transport)

    def _send_away(self, status: bytes) -> None:
        """A short answer, and nothing more from this connection."""
        self._refused = True
        self._head.stop()
        if self._answering:
            lowat.cut(self.transport)  # in the middle of an answer there is no room for another
            return
        head = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        self.transport.write(head)
        self.transport.close()
        self._let_go()
