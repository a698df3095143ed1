"""TCP_NOTSENT_LOWAT: how much the kernel may hold back for a slow viewer.

Without it the kernel takes megabytes, and "the newest frame" is tens of seconds old on arrival.
"""

import contextlib
import socket
from typing import Any, Final

NOTSENT_BYTES: Final = 16_384
_OPTION: Final = getattr(
    socket, "TCP_NOTSENT_LOWAT", 25
)  # 25 on Linux, where Python lacks the name


def set_notsent(sock: Any) -> None:
    """Set it where the platform has it; a stream works without."""
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, _OPTION, NOTSENT_BYTES)
