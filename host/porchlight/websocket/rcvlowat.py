"""SO_RCVLOWAT: sleep until the rest of a message is there, instead of waking for every segment.

On Wi-Fi a frame comes in some twenty segments. Without TLS the mark is what is missing, or less: it
cannot be wrong. With TLS the rest is at least as many bytes on the wire, but a part of a record may
have been read already and wait for its end: a board's records are short, and that is bet on. A bet
that seems lost is called off after BET_S; a connection on which one was lost is bet on no more.
The kernel wakes us sooner by itself when it has no room for so much.
"""

import asyncio
import contextlib
import socket
from typing import Final

from porchlight.deadline import Deadline

WORTH_BYTES: Final = 4_096  # below it, one more system call costs as much as it saves
MOST_BYTES: Final = 65_536  # what is waited for stays in the kernel: a lying length gets no more
BOARD_RECORD_BYTES: Final = 4_096 + 64  # what a board encrypts at a time
TLS_RECORD_BYTES: Final = 16_384 + 2_048 + 5  # the longest there is
BET_S: Final = 0.05


class ReceiveMark:
    """The mark of one connection. Does nothing where the system knows none."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, *, tls: bool) -> None:
        self._sock = sock
        self._tls = tls
        self._read_already = BOARD_RECORD_BYTES if tls else 0
        self._mark = 1
        self.rests = not tls  # without TLS: whatever comes wakes us
        self._bet = Deadline(loop, BET_S, self._doubt)
        self._doubted = False

    def expect(self, missing: int, *, came: bool) -> None:
        """Wake when so many bytes of a message are there, or nearly. `came`: a message did, since
        this was called the last time."""
        if self._doubted:
            self._doubted = False
            if came:  # all of it had been there
                self._read_already = TLS_RECORD_BYTES
        mark = missing - self._read_already
        mark = min(mark, MOST_BYTES) if mark >= WORTH_BYTES else 1
        if mark != self._mark:
            self._set(mark)
        if self._tls:
            self._bet.stop()
            if self._mark > 1:
                self._bet.begin()

    def stop(self) -> None:
        """The connection is over."""
        self._bet.stop()

    def _doubt(self) -> None:
        self._doubted = True
        self._set(1)  # wakes us for what is there; it was more

    def _set(self, mark: int) -> None:
        self._mark = mark
        self.rests = mark == 1 and not self._tls
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, mark)
