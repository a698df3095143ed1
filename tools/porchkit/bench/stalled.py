"""Viewers who ask for a stream and read nothing of it: they keep a camera wanted at next to no cost
for the host, whose work is then all ingest."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

_BUFFER = 4096  # the kernel makes the least it can of it


@contextmanager
def looking(urls: Sequence[str]) -> Iterator[None]:
    """One for each of these, while entered."""
    with ExitStack() as held:
        for url in urls:
            parts = urlsplit(url)
            sock = held.enter_context(socket.socket())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            sock.connect((parts.hostname, parts.port))
            sock.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        yield
