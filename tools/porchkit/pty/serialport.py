"""The host's end: a pseudo-terminal with a name that stays, while boards behind it restart."""

import asyncio
import os
import termios
import tty
from collections.abc import Callable
from pathlib import Path

from porchkit.pty.outlet import Outlet
from porchkit.pty.presence import Presence

_CHUNK = 4096
_WAITING_MAX = 65_536  # then the board has to wait, as for a host that says so (RTS)
_PATIENCE_S = 2.0  # for a host that has the port open and reads nothing; then that is lost


class SerialPort:
    """Made inside a running loop. `link` is a symlink to the device, replaced if it is there;
    `heard` gets what the host sends, `flow` whether the board may go on (True) or has to wait."""

    def __init__(
        self, link: Path, heard: Callable[[bytes], None], flow: Callable[[bool], None]
    ) -> None:
        self._link = link
        self._heard = heard
        self._flow = flow
        self._loop = asyncio.get_running_loop()
        # Our own end of it stays open: the last one to close it would reset how it is set up.
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        device = Path(os.ttyname(self._slave))
        self._outlet = Outlet(self._master, self._emptied)
        self._hosts = Presence(device, self._deserted)
        self._giving_up: asyncio.TimerHandle | None = None
        self._deaf = False  # the host let us wait in vain, and has read nothing since
        link.unlink(missing_ok=True)
        link.symlink_to(device)
        self._loop.add_reader(self._master, self._read)

    def write(self, chunk: bytes) -> None:
        """To the host, if there is one."""
        if not self._hosts.anybody:
            return
        self._outlet.write(chunk)
        if not len(self._outlet):
            self._deaf = False
        elif self._deaf:
            self._outlet.drop()
        elif len(self._outlet) > _WAITING_MAX and self._giving_up is None:
            self._flow(False)
            self._giving_up = self._loop.call_later(_PATIENCE_S, self._give_up)

    def close(self) -> None:
        """Pull the cable: whoever has it open reads an error, and the link is gone."""
        self._hosts.close()
        self._lose()
        self._loop.remove_reader(self._master)
        self._link.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)

    def _read(self) -> None:
        self._heard(os.read(self._master, _CHUNK))

    def _deserted(self) -> None:
        self._lose()
        termios.tcflush(self._slave, termios.TCIFLUSH)

    def _give_up(self) -> None:
        self._deaf = True
        self._lose()

    def _lose(self) -> None:
        self._outlet.drop()
        self._emptied()

    def _emptied(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None
            self._flow(True)
