"""What waits in the kernel for a viewer: how much may, whether any does, and letting go of it.

Without TCP_NOTSENT_LOWAT the kernel takes megabytes, and "the newest frame" is tens of seconds old
when it arrives. Linux also tells how much is not sent yet; elsewhere streams do without.

What is to be called back can be while it is on this machine, in the kernel's queue too. What was
sent cannot: it is on its way, or lies in the viewer's own receive buffer, which may be large.
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
LAST_MS: Final = 1_000  # how long what was sent before a close is sent again where it got lost
_LINUX_NOTSENT_LOWAT: Final = 25  # where Python lacks the name
_LINUX_USER_TIMEOUT: Final = 18
_NOTSENT: Final = getattr(socket, "TCP_NOTSENT_LOWAT", _LINUX_NOTSENT_LOWAT)
_USER_TIMEOUT: Final = getattr(socket, "TCP_USER_TIMEOUT", _LINUX_USER_TIMEOUT)
_SIOCOUTQNSD: Final = 0x894B  # <linux/sockios.h>: bytes in the output queue, not sent yet
_AT_ONCE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: a close drops the queue and resets


def limit(transport: Transport, *, tls: bool) -> None:
    """Have the transport call any byte that waits in it too much, and let the kernel take little
    more than it can send."""
    # 0: who waits for room hears of it for the last byte too. It would pause uvloop's TLS for ever.
    transport.set_write_buffer_limits(high=int(tls))
    _set(transport, socket.IPPROTO_TCP, _NOTSENT, NOTSENT_BYTES)


def held_back(transport: Transport) -> bool:
    """Whether the kernel holds so much unsent that it may not take more.

    It wakes a writer when less than half the limit is left, so below that nobody waits to write.
    """
    return (unsent(transport) or 0) >= NOTSENT_BYTES // 2


def unsent(transport: Transport) -> int | None:
    """Bytes that the kernel has yet to send for the first time; None: it does not say.

    Not those sent and not acknowledged: viewers acknowledge late (40 ms, 200 ms), so of one that
    keeps up there nearly always are some, and no reset gets them back.
    """
    sock = transport.get_extra_info("socket")
    if sock is None or sys.platform != "linux":
        return None
    try:
        found = fcntl.ioctl(sock.fileno(), _SIOCOUTQNSD, bytes(4))
    except OSError:
        return None
    return int(struct.unpack("i", found)[0])


def all_sent(transport: Transport) -> bool:
    """Whether nothing written waits on this machine, as far as it can be known; else False.

    A TLS transport hands on what it was given when the loop's turn ends: not before may it be
    asked.
    """
    if transport.is_closing():  # uvloop answers no questions about what is closed
        return False
    return transport.get_write_buffer_size() == 0 and unsent(transport) == 0


def cut(transport: Transport) -> None:
    """Close at once with a reset, dropping what waits in the transport and in the kernel."""
    _set(transport, socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    transport.abort()


def close(transport: Transport) -> None:
    """Close; what is on its way is tried again for LAST_MS, not for the minutes that TCP would."""
    _set(transport, socket.IPPROTO_TCP, _USER_TIMEOUT, LAST_MS)
    transport.close()


def _set(transport: Transport, level: int, option: int, value: int | bytes) -> None:
    """Where there is a socket, and it has that option; uvloop has other errors for a closed one."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(level, option, value)
