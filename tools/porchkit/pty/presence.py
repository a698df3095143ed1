"""Does anybody have this device open? Asked of the kernel (inotify), which Python has no words for.

What a board prints while nobody listens is lost on a real serial port. A pseudo-terminal would keep
it and hand it to whoever comes next, who would take it for the answer to their own question.
"""

import asyncio
import contextlib
import ctypes
import os
import struct
from collections.abc import Callable
from pathlib import Path

_CLOSE_WRITE, _CLOSE_NOWRITE, _OPEN = 0x08, 0x10, 0x20
_EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of a name: none for a device


class Presence:
    """Counts who opens and closes `device` from now on; `left()` is called when the last one is
    gone. Where the kernel gives no more watches, somebody is always taken to be there."""

    def __init__(self, device: Path, left: Callable[[], None]) -> None:
        self._left = left
        self._count = 0
        self._fd = _watch(device)
        if self._fd is not None:
            asyncio.get_running_loop().add_reader(self._fd, self._look)

    @property
    def anybody(self) -> bool:
        """True while a host has it open."""
        self._look()
        return self._count > 0 or self._fd is None

    def close(self) -> None:
        """Stop counting."""
        if self._fd is not None:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            self._fd, self._count = None, 0

    def _look(self) -> None:
        if self._fd is None:
            return
        before = self._count
        with contextlib.suppress(BlockingIOError):
            for _, mask, _, _ in _EVENT.iter_unpack(os.read(self._fd, _EVENT.size * 64)):
                # The kernel tells two equal ones in a row once: never below nobody.
                self._count = max(0, self._count + (1 if mask & _OPEN else -1))
        if before and not self._count:
            self._left()


def _watch(device: Path) -> int | None:
    """A descriptor that tells of every opening and closing, or None."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "inotify_init1"):
        return None
    fd = int(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
    if fd < 0:
        return None
    if libc.inotify_add_watch(fd, os.fsencode(device), _OPEN | _CLOSE_WRITE | _CLOSE_NOWRITE) < 0:
        os.close(fd)
        return None
    return fd
