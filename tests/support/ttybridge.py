"""A virtual board's serial port as a TCP port, for what reaches a chip's boot loader over TCP: one
name for both, as a real board has one port for both."""

import asyncio
import contextlib
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


@asynccontextmanager
async def bridged(device: Path) -> AsyncIterator[int]:
    """The TCP port; one connection at a time has `device` open."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(fd)

        def up() -> None:
            with contextlib.suppress(OSError):
                writer.write(os.read(fd, 4096))

        loop.add_reader(fd, up)
        try:
            while chunk := await reader.read(4096):
                os.write(fd, chunk)
        except OSError:
            pass  # the client has gone, or the board
        finally:
            loop.remove_reader(fd)
            os.close(fd)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
