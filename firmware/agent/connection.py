"""One TLS connection to the host, as a WebSocket. The only file that touches a socket.

The TLS context is made by hand: MicroPython's `ssl` module, and asyncio with ssl=True, verify
nothing. asyncio does the handshake with the first write, so nothing is written before the host's
certificate was verified against the one pinned CA and the host's name.
"""

import asyncio
import os
import socket

import tls

from agent.errors import ConfigError, LinkLost
from agent.handshake import Handshake
from agent.masking import xor
from agent.websocket import WebSocket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from agent.websocket import Buffer

SLICE_BYTES = 4096  # one TLS record of the ESP32; a permit is asked for each
OPEN_MS = 15_000
_READ_BYTES = 1024
_IPPROTO_TCP = 6  # MicroPython's `socket` names neither on every port
_TCP_NODELAY = 1
_RESET_ON_CLOSE = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # struct linger {1, 0}


class Dialer:
    """Opens connections to one host, whose certificate the CA in `ca_der` must have signed."""

    def __init__(self, host: str, port: int, server_name: str, ca_der: bytes) -> None:
        self._host = host
        self._port = port
        self._server_name = server_name
        self._context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        self._context.verify_mode = tls.CERT_REQUIRED
        try:
            self._context.load_verify_locations(ca_der)
        except (OSError, ValueError):
            raise ConfigError("ca.der: not a certificate in DER form") from None

    async def open(self) -> "Connection":
        """A WebSocket ready for messages; LinkLost if there is none within OPEN_MS."""
        connection = Connection(self._context)
        try:
            await asyncio.wait_for_ms(self._open(connection), OPEN_MS)
        except asyncio.TimeoutError:
            connection.abort()
            raise LinkLost("no-answer") from None
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _open(self, connection: "Connection") -> None:
        await connection.dial(self._host, self._port, self._server_name)
        name = "%s:%d" % (self._server_name, self._port)
        await connection.upgrade(Handshake(name, "/uplink", os.urandom(16)))


class Connection:
    """Every failure of the network is LinkLost; after one, only abort() makes sense."""

    def __init__(self, context: "Any") -> None:
        self._context = context
        self._sockets: list[Any] = []
        self._stream: Any = None
        self._arrivals: Any = None  # the raw socket, only to wait for it
        self._websocket = WebSocket(os.urandom)
        self._slice = bytearray(SLICE_BYTES)

    async def dial(self, host: str, port: int, server_name: str) -> None:
        try:
            self._stream, _ = await asyncio.open_connection(
                host, port, ssl=self, server_hostname=server_name
            )
        except (OSError, ValueError) as error:
            raise LinkLost(_why(error)) from None

    def wrap_socket(self, raw: "Any", **options: "Any") -> "Any":
        """What asyncio asks of `ssl`. The sockets are kept, so that a connection that never came
        about can be closed too."""
        self._sockets = [raw]
        # Or a picture's last slice waits for the host's word on the one before: 40 ms a frame.
        try:
            raw.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
        except OSError:
            pass  # a network stack that knows no such thing
        wrapped = self._context.wrap_socket(raw, **options)
        self._sockets = [wrapped, raw]
        self._arrivals = asyncio.StreamReader(raw)
        return wrapped

    async def upgrade(self, handshake: Handshake) -> None:
        await self._write(handshake.request)
        rest = None
        while rest is None:
            rest = handshake.receive(await self._read())
        self._websocket.receive(rest)

    async def next_message(self) -> bytes:
        """The next binary message, whole."""
        while True:
            message = self._websocket.next_message()
            if message is not None:
                return message
            self._websocket.receive(await self._read())

    async def send_control(self) -> None:
        """Answers to pings; only between two messages."""
        out = self._websocket.take_outgoing()
        if out:
            await self._write(out)

    async def send(self, parts: "tuple[Buffer, ...]", allowed: "Callable[[], bool]") -> None:
        """One binary message made of `parts`; `allowed` is asked before every slice, and a no
        ends the connection in the middle of it (LinkLost)."""
        head, mask = self._websocket.head(sum([len(part) for part in parts]))
        out = self._slice
        out[: len(head)] = head
        fill, phase = len(head), 0
        for part in parts:
            view, at = memoryview(part), 0
            while at < len(view):
                if fill == SLICE_BYTES:
                    await self._write_slice(fill, allowed)
                    fill = 0
                count = min(SLICE_BYTES - fill, len(view) - at)
                out[fill : fill + count] = view[at : at + count]
                xor(out, fill, fill + count, mask, phase)
                fill, at, phase = fill + count, at + count, (phase + count) % 4
        await self._write_slice(fill, allowed)

    async def _write_slice(self, length: int, allowed: "Callable[[], bool]") -> None:
        if not allowed():
            raise LinkLost("withdrawn")
        await self._write(memoryview(self._slice)[:length])

    async def _write(self, data: "Buffer") -> None:
        try:
            self._stream.write(data)
            await self._stream.drain()
        except (OSError, ValueError) as error:
            raise LinkLost(_why(error)) from None

    async def _read(self) -> bytes:
        """What came. Waiting for a TLS stream makes the scheduler look at it every millisecond;
        so TLS is asked for what it has, and the raw socket is waited for."""
        try:
            data: bytes | None = self._sockets[0].read(_READ_BYTES)
            while data is None:
                await self._arrivals.read(0)
                data = self._sockets[0].read(_READ_BYTES)
        except (OSError, ValueError) as error:
            raise LinkLost(_why(error)) from None
        if not data:
            raise LinkLost("closed-by-host")
        return data

    def abort(self) -> None:
        """Close at once, without a goodbye: the raw socket first, so that TLS cannot send what it
        still holds; what the network stack holds is thrown away where that can be asked."""
        sockets, self._sockets = self._sockets, []
        if sockets and hasattr(socket, "SO_LINGER"):
            sockets[-1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        for sock in reversed(sockets):
            try:
                sock.close()
            except OSError:
                pass  # TLS found the socket closed


def _why(error: Exception) -> str:
    """A short word: the TLS library's own for a certificate, else the error's number."""
    text = str(error)
    if "CERT" in text or "X509" in text or isinstance(error, ValueError):
        return "certificate"
    return "network-%s" % (error.args[0] if error.args else "")
