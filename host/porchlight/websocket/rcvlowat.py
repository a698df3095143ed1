"""SO_RCVLOWAT: sleep until the rest of a message is there, instead of waking for every segment.

On Wi-Fi a frame comes in some twenty segments. With TLS the rest of a message is at least as many
bytes on the wire, but up to a whole record of them was read already, and waits to be decrypted.
The kernel wakes us sooner by itself when it has no room for so much.
"""

import contextlib
import socket
from asyncio import Transport
from typing import Final

WORTH_BYTES: Final = 4_096  # below it, one more system call costs as much as it saves
MOST_BYTES: Final = 65_536  # what is waited for stays in the kernel: a lying length gets no more
TLS_RECORD_BYTES: Final = 5 + 16_384 + 2_048  # the longest there is


class ReceiveMark:
    """The mark of one connection, until close(). Does nothing where there is no such thing."""

    def __init__(self, transport: Transport) -> None:
        shown = transport.get_extra_info("socket")
        # uvloop shows a stand-in that makes a socket for every call: here it is made once.
        self._sock = None if shown is None else socket.socket(fileno=shown.fileno())
        self._held_bytes = 0 if transport.get_extra_info("ssl_object") is None else TLS_RECORD_BYTES
        self._mark = 1

    def expect(self, missing: int) -> None:
        """Wake when `missing` bytes of a message are there, or nearly; 0: for whatever comes."""
        mark = missing - self._held_bytes
        mark = min(mark, MOST_BYTES) if mark >= WORTH_BYTES else 1
        if mark != self._mark and self._sock is not None:
            self._mark = mark
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, mark)

    def close(self) -> None:
        """The handle is the transport's, which closes it."""
        if self._sock is not None:
            self._sock.detach()
            self._sock = None
