"""The board's end: the pseudo-terminal that one run of MicroPython has as stdin and stdout."""

import asyncio
import os
import tty
from collections.abc import Callable

from porchkit.pty.outlet import Outlet

_CHUNK = 4096
_TYPED_MAX = 65_536  # what a busy program does not read is lost, as in a board's buffer


class Console:
    """Made inside a running loop. `printed` gets what the program writes. Give `slave` to the
    process, then `hand_over`."""

    def __init__(self, printed: Callable[[bytes], None]) -> None:
        self._printed = printed
        self._loop = asyncio.get_running_loop()
        self._master, self.slave = os.openpty()
        # Raw on both sides: no echo, and no \r added to what mpremote counts.
        tty.setraw(self.slave)
        self.device = os.ttyname(self.slave)
        self._outlet = Outlet(self._master)
        self._open = True
        self.flow(True)

    def hand_over(self) -> None:
        """The process has its copy: when it ends, so does what we read."""
        os.close(self.slave)

    def type(self, chunk: bytes) -> None:
        """To the program's stdin."""
        if self._open and len(self._outlet) < _TYPED_MAX:
            self._outlet.write(chunk)

    def flow(self, go_on: bool) -> None:
        """Whether to take what is printed; else the program waits when its terminal is full."""
        if not self._open:
            return
        if go_on:
            self._loop.add_reader(self._master, self._read)
        else:
            self._loop.remove_reader(self._master)

    def drain(self) -> None:
        """The process is dead: hand on what it had still printed."""
        while self._open and self._read():
            pass

    def close(self) -> None:
        """Hang up: a process that is still there gets SIGHUP."""
        if self._open:
            self._loop.remove_reader(self._master)
            self._outlet.drop()
            os.close(self._master)
            self._open = False

    def _read(self) -> bool:
        """False where there is nothing more for now, or for ever."""
        try:
            chunk = os.read(self._master, _CHUNK)
        except BlockingIOError:
            return False
        except OSError:  # EIO: nobody has the other side open any more
            self._loop.remove_reader(self._master)
            return False
        self._printed(chunk)
        return True
