"""A passage: what may stand between a browser and a host, and lets through what a test says."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Passage:
    """Passes connections on. `open`: whether any may; `sockets`: whether WebSockets may."""

    def __init__(self, port: int) -> None:
        self.open = True
        self.sockets = True
        self._port = port
        self._passing: dict[asyncio.Task[None], bool] = {}
        self.page = ""

    @property
    def open_sockets(self) -> int:
        """WebSockets that pass now."""
        return sum(self._passing.values())

    async def cut(self, *, sockets_only: bool = False) -> None:
        """Every connection breaks off, without a goodbye."""
        cut = [task for task, is_socket in self._passing.items() if is_socket or not sockets_only]
        for task in cut:
            task.cancel()
        await asyncio.gather(*cut, return_exceptions=True)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        task = asyncio.current_task()
        assert task is not None
        if not self.open:
            writer.transport.abort()
            return
        self._passing[task] = False
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self._passing[task] = b"upgrade: websocket" in head.lower()
            if self._passing[task] and not self.sockets:
                writer.write(FORBIDDEN)
            else:
                await self._pass(head, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            del self._passing[task]
            writer.close()

    async def _pass(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        up, down = await asyncio.open_connection("127.0.0.1", self._port)
        down.write(head)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(reader, down))
                both.create_task(_copy(up, writer))
        except* OSError:
            writer.transport.abort()
        finally:
            down.transport.abort()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        target.write(data)
        await target.drain()
    raise ConnectionError("one end closed: so does the other")


@asynccontextmanager
async def passage(port: int) -> AsyncIterator[Passage]:
    """A passage to a port of this machine."""
    made = Passage(port)
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.page = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    try:
        yield made
    finally:
        server.close()
        for task in list(made._passing):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*made._passing, return_exceptions=True)
