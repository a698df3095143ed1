"""One board's connection to a host, for load: a WebSocket client that speaks accord as a board.

It decides nothing: it sends what it is told, and keeps under which grant the host looks.
"""

import os
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

from websockets.client import ClientProtocol
from websockets.exceptions import WebSocketException
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from accord import wire
from accord.errors import RemoteError
from accord.session import NONCE_BYTES, BoardSession
from porchkit.errors import CommandError

PATIENCE_S = 30.0
HOST_CLOCK = wire.CLOCKS.index("host")
_READ = 65_536


@dataclass(frozen=True)
class Where:
    """A host's listener for boards; without `tls`, its plain one on this machine."""

    port: int
    tls: ssl.SSLContext | None = None


class Uplink:
    """Proved and open once made; from then on the socket does not block. `handle`: of the grant
    under which somebody looks now, b"" while nobody does."""

    def __init__(self, where: Where, key: bytes, boot: int) -> None:
        self.handle = b""
        self.closed = ""
        self._boot, self._sequence = boot, 0
        self.sock = _connected(where)
        scheme = "wss" if where.tls else "ws"
        self._websocket = ClientProtocol(parse_uri(f"{scheme}://localhost:{where.port}/uplink"))
        self._session = BoardSession(key, os.urandom(NONCE_BYTES), boot, "bench")
        self._websocket.send_request(self._websocket.connect())
        self._flush()
        self._until(lambda: self._websocket.state is State.OPEN)
        self._say(self._session.hello())
        self._until(lambda: self._session.open)
        self.sock.setblocking(False)

    @property
    def fd(self) -> int:
        return self.sock.fileno()

    def frame(self, jpeg: bytes, captured_ms: int) -> tuple[bytes, bytes]:
        """Accord's bytes before and after the next frame's picture. Needs a handle."""
        self._sequence += 1
        fields = self._boot, self._sequence, captured_ms, HOST_CLOCK, 0, 0, self.handle
        return self._session.seal_frame(wire.Frame(*fields, jpeg))

    def framed(self, payload: bytes) -> bytes:
        """A binary WebSocket message of these bytes, masked."""
        frame = Frame(Opcode.BINARY, payload)
        return frame.serialize(mask=True)

    def readable(self) -> bytes:
        """Take what the host says; what to answer it (a pong), between two messages of ours."""
        try:
            while not self.closed:  # TLS may hold more than epoll knows of
                self._heard(self.sock.recv(_READ))
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except OSError as error:
            self.closed = error.strerror or "broken off"
        return b"".join(self._websocket.data_to_send())

    def _heard(self, data: bytes) -> None:
        if not data:
            self.closed = self._websocket.close_reason or "closed by the host"
            return
        self._websocket.receive_data(data)
        for event in self._websocket.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.BINARY:
                self._take(bytes(event.data))

    def _take(self, payload: bytes) -> None:
        self._session.receive(payload)
        while (message := self._session.next_event()) is not None:
            if isinstance(message, wire.Watch):
                wants = message.wants
                self.handle = wants[0][1] if wants else b""
        answer = self._session.take_outgoing()
        if answer:
            self._say(answer)

    def _say(self, payload: bytes) -> None:
        self._websocket.send_binary(payload)
        self._flush()

    def _flush(self) -> None:
        for data in self._websocket.data_to_send():
            self.sock.sendall(data)

    def _until(self, done: Callable[[], bool]) -> None:
        """Read on, blocking. CommandError when the host does not want us."""
        limit = time.monotonic() + PATIENCE_S
        try:
            while not done():
                self._heard(self.sock.recv(_READ))
                if self._websocket.handshake_exc is not None:
                    raise self._websocket.handshake_exc
                if self.closed or time.monotonic() > limit:
                    raise CommandError(f"the host sent a board away: {self.closed or 'silence'}")
        except (OSError, WebSocketException, RemoteError) as error:
            raise CommandError(f"a board cannot connect: {error}") from None


def _connected(where: Where) -> socket.socket:
    try:
        sock = socket.create_connection(("127.0.0.1", where.port), PATIENCE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return where.tls.wrap_socket(sock, server_hostname="localhost") if where.tls else sock
    except OSError as error:
        raise CommandError(f"a board cannot connect: {error}") from None
