"""SO_RCVLOWAT: sleep until the rest of a message is there, instead of waking for every segment.

On Wi-Fi a frame comes in some twenty segments. With TLS the rest of a message is at least as many
bytes on the wire, but up to a whole record of them was read already, and waits to be decrypted.
The kernel wakes us sooner by itself when it has no room for so much.
"""

import contextlib
import socket
from typing import Final

WORTH_BYTES: Final = 4_096  # below it, one more system call costs as much as it saves
MOST_BYTES: Final = 65_536  # what is waited for stays in the kernel: a lying length gets no more
TLS_RECORD_BYTES: Final = 5 + 16_384 + 2_048  # the longest there is


class ReceiveMark:
    """The mark of one connection. Does nothing where the system knows none."""

    def __init__(self, sock: socket.socket, *, tls: bool) -> None:
        self._sock = sock
        self._read_already = TLS_RECORD_BYTES if tls else 0
        self._mark = 1

    def expect(self, missing: int) -> None:
        """Wake when `missing` bytes of a message are there, or nearly; 0: for whatever comes."""
        mark = missing - self._read_already
        mark = min(mark, MOST_BYTES) if mark >= WORTH_BYTES else 1
        if mark != self._mark:
            self._mark = mark
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, mark)
