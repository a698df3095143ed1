"""Viewers on the page's socket, for tests of a running host (tests.support.hosting)."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from porchlight.streams import multiplex
from tests.support.hosting import InThread
from tests.support.viewing import PATIENCE_S

OPENING = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Message:
    """One picture as a viewer gets it."""

    def __init__(self, raw: bytes) -> None:
        fields = multiplex.HEAD.unpack_from(raw)
        self.version, self.index, self.flags, self.captured_ms, self.sequence, self.score = fields
        self.jpeg = raw[multiplex.HEAD.size :]


class Listener:
    """A viewer that reads: `said` are the texts, `seen` the pictures, oldest first."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.said: list[dict[str, Any]] = []
        self.seen: list[Message] = []
        self.code: int | None = None
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._read())

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait for something about what came."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(holds)

    async def closed(self) -> int | None:
        """The close code, once the host closed."""
        await self.until(lambda: self.code is not None)
        return self.code

    def sequences(self, index: int) -> list[int]:
        """Of the pictures of one camera."""
        return [message.sequence for message in self.seen if message.index == index]

    def told(self, word: str) -> list[dict[str, Any]]:
        """The texts that say this."""
        return [text for text in self.said if word in text]

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for raw in self.connection:
                async with self._news:
                    if isinstance(raw, bytes):
                        self.seen.append(Message(raw))
                    else:
                        self.said.append(json.loads(raw))
                    self._news.notify_all()
        async with self._news:
            self.code = self.connection.close_code
            self._news.notify_all()

    def leave(self) -> None:
        self._task.cancel()


@asynccontextmanager
async def listening(
    host: InThread, opened: dict[str, Any], *, over_tls: bool = False, **more: Any
) -> AsyncIterator[Listener]:
    """A viewer on the socket of a view, until the block ends."""
    base = host.https if over_tls else host.http
    url = base.replace("http", "ws", 1) + opened["urls"]["pictures"]
    tls = host.tls() if over_tls else None
    async with connect(url, ssl=tls, proxy=None, compression=None, **more) as connection:
        listener = Listener(connection)
        try:
            yield listener
        finally:
            listener.leave()


async def refused(host: InThread, opened: dict[str, Any], **more: Any) -> tuple[int, str]:
    """Status and reason with which the host does not let somebody listen."""
    with pytest.raises(InvalidStatus) as caught:
        async with listening(host, opened, **more):
            pass
    answer = caught.value.response
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, json.loads(answer.body or b"")["reason"]


def raw_viewer(host: InThread, path: str, *, over_tls: bool = False) -> socket.socket:
    """A viewer that opened the socket, and reads when the test says so."""
    port = host.ports.https if over_tls else host.ports.http
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
    sock.settimeout(PATIENCE_S)
    sock.connect(("127.0.0.1", port))
    if over_tls:
        sock = host.tls().wrap_socket(sock, server_hostname="127.0.0.1")
    sock.sendall(OPENING.format(path=path, port=port).encode())
    return sock


class Frames:
    """A WebSocket's server frames, as they come over a raw connection."""

    def __init__(self, sock: socket.socket) -> None:
        self._file = sock.makefile("rb")
        while self._file.readline() != b"\r\n":
            pass

    def next(self) -> tuple[int, bytes]:
        """First byte and payload; EOFError at the end, in the middle of a frame too."""
        first, length = self._exactly(2)
        if length == 126:
            (length,) = struct.unpack(">H", self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self._exactly(8))
        return first, self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        try:
            got = self._file.read(count)
        except OSError:
            raise EOFError from None
        if len(got) < count:
            raise EOFError
        return got


def read_until(frames: Frames, last: dict[int, int]) -> dict[int, list[int]]:
    """Read pictures until these were the last of their cameras: all their numbers."""
    seen: dict[int, list[int]] = {index: [] for index in last}
    while {index: (got or [0])[-1] for index, got in seen.items()} != last:
        first, payload = frames.next()
        if first == 0x82:
            message = Message(payload)
            seen[message.index].append(message.sequence)
    return seen


def read_all(frames: Frames) -> list[tuple[int, bytes]]:
    got = []
    with contextlib.suppress(EOFError):
        while True:
            got.append(frames.next())
    return got
