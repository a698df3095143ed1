"""A tap on the wire between one board and the host: counts the bytes of pictures without being
able to read them, and can stall or cut the line.

TLS hides what is sent, not how much: a picture leaves in records of kilobytes, everything else the
board says fits in small ones. So picture bytes are the application-data records from the board
that are longer than PICTURE_RECORD. This is what "the board sent nothing" is proved with.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

PICTURE_RECORD = 1024
_HEADER = 5  # type, version (2), length (2)
_APPLICATION_DATA = 23
_CHUNK = 16384


@dataclass
class Pictures:
    """What was counted. `first` and `last` are monotonic times, None before the first byte."""

    bytes: int = 0
    records: int = 0
    first: float | None = None
    last: float | None = None

    def add(self, count: int, now: float) -> None:
        """`count` more bytes of pictures passed at `now`."""
        self.bytes += count
        self.first = now if self.first is None else self.first
        self.last = now


class RecordMeter:
    """Reads TLS record headers in one direction of one connection; counts picture bytes as they
    pass, so that half a record counts as half."""

    def __init__(self, *totals: Pictures) -> None:
        self._totals = totals
        self._header = b""
        self._left = 0  # bytes of the current record that are still to come
        self._picture = False

    def feed(self, data: bytes, now: float) -> None:
        """`data` passes at monotonic time `now`."""
        at = 0
        while at < len(data):
            if self._left:
                part = min(self._left, len(data) - at)
                self._left -= part
                at += part
                if self._picture:
                    for total in self._totals:
                        total.add(part, now)
            else:
                part = min(_HEADER - len(self._header), len(data) - at)
                self._header += data[at : at + part]
                at += part
                if len(self._header) == _HEADER:
                    self._begin()

    def _begin(self) -> None:
        kind, self._left = self._header[0], int.from_bytes(self._header[3:5], "big")
        self._header = b""
        self._picture = kind == _APPLICATION_DATA and self._left > PICTURE_RECORD
        if self._picture:
            for total in self._totals:
                total.records += 1


@dataclass
class Connection:
    """One connection through the tap. `up_bytes` and `down_bytes`: all bytes, seen from the
    board; `closed`: when it ended, None while it lives."""

    opened: float
    pictures: Pictures = field(default_factory=Pictures)
    up_bytes: int = 0
    down_bytes: int = 0
    closed: float | None = None
    writers: list[asyncio.StreamWriter] = field(default_factory=list, repr=False)


class Tap:
    """A TCP proxy on a free loopback port, in front of `host`:`port`. Needs a running loop."""

    def __init__(
        self, host: str, port: int, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._target = (host, port)
        self._monotonic = monotonic
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refusing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.pictures = Pictures()
        self.connections: list[Connection] = []

    async def __aenter__(self) -> "Tap":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; `port` is known then."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close everything and wait until it is closed."""
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def stall(self) -> None:
        """Stop carrying bytes, in both directions; connections stay open."""
        self._flowing.clear()

    def resume(self) -> None:
        """Carry on after stall() or refuse()."""
        self._refusing = False
        self._flowing.set()

    def cut(self) -> None:
        """Break every connection, without a goodbye."""
        for connection in self.connections:
            for writer in connection.writers:
                writer.transport.abort()

    def refuse(self) -> None:
        """Cut, and cut whoever comes, until resume()."""
        self._refusing = True
        self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        connection = Connection(self._monotonic(), writers=[writer])
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._join(connection, reader, writer)
        finally:
            connection.closed = self._monotonic()
            for end in connection.writers:
                end.transport.abort()
            connection.writers.clear()

    async def _join(
        self, connection: Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self._refusing:
            return
        self.connections.append(connection)
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        connection.writers.append(far_writer)
        meter = RecordMeter(connection.pictures, self.pictures)
        up = partial(self._carry, reader, far_writer, partial(self._up, connection, meter))
        down = partial(self._carry, far_reader, writer, partial(self._down, connection))
        ways = [asyncio.ensure_future(up()), asyncio.ensure_future(down())]
        # Either side closing ends both: a half-open line is of no use to a WebSocket.
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        count: Callable[[bytes], None],
    ) -> None:
        while data := await reader.read(_CHUNK):
            await self._flowing.wait()
            count(data)
            writer.write(data)
            await writer.drain()

    def _up(self, connection: Connection, meter: RecordMeter, data: bytes) -> None:
        connection.up_bytes += len(data)
        meter.feed(data, self._monotonic())

    def _down(self, connection: Connection, data: bytes) -> None:
        connection.down_bytes += len(data)
