"""A board without a board: accord.BoardSession over a real WebSocket, for tests of the host.

It says what a test tells it to say and keeps what the host told it. It decides nothing by itself:
what must hold at the host has to hold against a board that does as it likes.
"""

import asyncio
import os
import ssl
import time
from collections.abc import Callable
from typing import Any, Self, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from accord import names, wire
from accord.session import NONCE_BYTES, BoardSession

PATIENCE_S = 10.0
M = TypeVar("M", bound=wire.Message)


class BoardPeer:
    """One board key; open() connects and proves it. `told`: all messages of the host so far."""

    def __init__(self, url: str, key: bytes, *, boot: int = 1, tls: ssl.SSLContext | None) -> None:
        self.camera = names.camera_thumb(key)
        self.told: list[wire.Message] = []
        self.sequence = 0
        self.boot = boot
        self._url = url
        self._key = key
        self._tls = tls
        self._news = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None
        self.socket: ClientConnection
        self.session: BoardSession
        self.close_reason: str | None = None

    async def open(self) -> Self:
        """Connect, prove, and wait for the first Time: then the host has taken us in."""
        await self.connect()
        await self.socket.send(self.session.hello())
        await self._take(await self.socket.recv())
        await self.socket.send(self.session.take_outgoing())
        self._reader = asyncio.create_task(self._read())
        await self.heard(wire.Time)
        return self

    async def connect(self) -> None:
        """Only the WebSocket, and a session that said nothing yet."""
        options: dict[str, Any] = {"max_size": 2**20, "compression": None, "proxy": None}
        self.socket = await connect(self._url, ssl=self._tls, **options)
        nonce = os.urandom(NONCE_BYTES)
        self.session = BoardSession(self._key, nonce, self.boot, "test")

    async def close(self) -> None:
        """Leave."""
        await self.socket.close()
        if self._reader is not None:
            await self._reader

    async def say(self, message: wire.Message) -> None:
        """Send one sealed message."""
        await self.socket.send(self.session.seal(message))

    def frame(self, jpeg: bytes, handle: bytes, /, **changed: Any) -> wire.Frame:
        """The next frame, with some fields changed."""
        self.sequence += 1
        fields: dict[str, Any] = {
            "boot": self.boot,
            "sequence": self.sequence,
            "captured_ms": time.time_ns() // 1_000_000,
            "clock": 3,
            "reason": 0,
            "score": 7,
            "handle": handle,
            "jpeg": jpeg,
        }
        return wire.Frame(*(fields | changed).values())

    async def send_frame(self, jpeg: bytes, handle: bytes, /, **changed: Any) -> wire.Frame:
        """Send the next frame."""
        message = self.frame(jpeg, handle, **changed)
        await self.say(message)
        return message

    async def heard(self, kind: type[M], wanted: Callable[[M], bool] = lambda _: True) -> M:
        """The first message of this kind that is wanted, told already or soon."""

        def found() -> M | None:
            return next((m for m in self.told if isinstance(m, kind) and wanted(m)), None)

        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: found() is not None)
        message = found()
        assert message is not None
        return message

    async def watched(self, handle: bytes | None) -> wire.Watch:
        """Wait until the last Watch wants this grant (None: nothing)."""

        def last() -> wire.Watch | None:
            return next((m for m in reversed(self.told) if isinstance(m, wire.Watch)), None)

        def so() -> bool:
            watch = last()
            handles = [] if watch is None else [want[1] for want in watch.wants]
            return watch is not None and (not handles if handle is None else handle in handles)

        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(so)
        watch = last()
        assert watch is not None
        return watch

    async def dismissed(self) -> str:
        """Wait until the host hangs up; the reason it gave."""
        async with asyncio.timeout(PATIENCE_S):
            await self.socket.wait_closed()
        return self.socket.close_reason or ""

    async def _read(self) -> None:
        try:
            async for payload in self.socket:
                await self._take(payload)
        except ConnectionClosed:
            pass

    async def _take(self, payload: bytes | str) -> None:
        assert isinstance(payload, bytes)
        self.session.receive(payload)
        while (message := self.session.next_event()) is not None:
            async with self._news:
                self.told.append(message)
                self._news.notify_all()
