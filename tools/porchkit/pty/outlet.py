"""Bytes on their way into a file descriptor that may be full for a while."""

import asyncio
import os
from collections.abc import Callable


class Outlet:
    """`fd` is set to non-blocking and stays its owner's. `emptied()` is called whenever all has
    been written after something had to wait."""

    def __init__(self, fd: int, emptied: Callable[[], None] = lambda: None) -> None:
        self._fd = fd
        self._emptied = emptied
        self._waiting = bytearray()
        self._loop = asyncio.get_running_loop()
        os.set_blocking(fd, False)

    def __len__(self) -> int:
        """How many bytes wait."""
        return len(self._waiting)

    def write(self, chunk: bytes) -> None:
        """Write it, now or as soon as there is room, in order. The bound is the caller's."""
        if not self._waiting:
            chunk = chunk[self._put(chunk) :]
            if chunk:
                self._loop.add_writer(self._fd, self._more)
        self._waiting += chunk

    def drop(self) -> None:
        """Forget what waits; also before the descriptor is closed."""
        if self._waiting:
            self._waiting.clear()
            self._loop.remove_writer(self._fd)

    def _more(self) -> None:
        del self._waiting[: self._put(self._waiting)]
        if not self._waiting:
            self._loop.remove_writer(self._fd)
            self._emptied()

    def _put(self, chunk: bytes | bytearray) -> int:
        """How much of it went; all of it where nobody will ever read it."""
        try:
            return os.write(self._fd, chunk) if chunk else 0
        except BlockingIOError:
            return 0
        except OSError:
            return len(chunk)
