"""Viewers who ask for a stream and read nothing of it: they keep a camera wanted at next to no cost
for the host, whose work is then all ingest."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from porchkit.errors import CommandError

PATIENCE_S = 20.0
_BUFFER = 4096  # the kernel makes the least it can of it
_STATUS = len(b"HTTP/1.1 200")
_BUSY = b"503"
_AGAIN_S = 0.2


@contextmanager
def looking(urls: Sequence[str]) -> Iterator[None]:
    """One for each of these, let in and stalled while entered. A host that is too busy is asked
    again; CommandError when it lets somebody in neither now nor later."""
    with ExitStack() as held:
        for url in urls:
            held.enter_context(_let_in(url))
        yield


def _let_in(url: str) -> socket.socket:
    limit = time.monotonic() + PATIENCE_S
    while True:
        sock, status = _asked(url)
        if status == b"200":
            return sock
        sock.close()
        if status != _BUSY or time.monotonic() > limit:
            raise CommandError(f"a viewer was turned away ({status.decode() or 'no answer'})")
        time.sleep(_AGAIN_S)


def _asked(url: str) -> tuple[socket.socket, bytes]:
    """A connection, and the status that it was answered with; b"" for none."""
    parts = urlsplit(url)
    sock = socket.socket()
    sock.settimeout(PATIENCE_S)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    try:
        sock.connect((parts.hostname, parts.port))
        sock.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        return sock, sock.recv(_STATUS, socket.MSG_WAITALL)[-3:]
    except OSError:
        return sock, b""
