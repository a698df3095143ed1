"""How much the kernel may hold back for a slow viewer, and whether it does.

Without TCP_NOTSENT_LOWAT the kernel takes megabytes, and "the newest frame" is tens of seconds old
when it arrives. Linux also tells how much is not sent yet; elsewhere streams do without.
"""

import contextlib
import fcntl
import socket
import struct
import sys
from asyncio import Transport
from typing import Final

# A whole frame of some 30 KB still goes into the kernel at once: it is one buffer there. With 16 KB
# a second one would follow too early: at 50 kB/s that is 1.04 s behind instead of 0.69 (measured).
NOTSENT_BYTES: Final = 4_096
_LINUX_NOTSENT_LOWAT: Final = 25  # where Python lacks the name
_OPTION: Final = getattr(socket, "TCP_NOTSENT_LOWAT", _LINUX_NOTSENT_LOWAT)
_SIOCOUTQNSD: Final = 0x894B  # <linux/sockios.h>: bytes in the output queue, not sent yet


def limit(transport: Transport) -> None:
    """Let the kernel take little more than it can send."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, _OPTION, NOTSENT_BYTES)


def held_back(transport: Transport) -> bool:
    """Whether the kernel holds so much unsent that it may not take more.

    It wakes a writer when less than half the limit is left, so below that nobody waits to write.
    """
    sock = transport.get_extra_info("socket")
    if sock is None or sys.platform != "linux":
        return False
    try:
        found = fcntl.ioctl(sock.fileno(), _SIOCOUTQNSD, bytes(4))
    except OSError:
        return False
    return int(struct.unpack("i", found)[0]) >= NOTSENT_BYTES // 2
