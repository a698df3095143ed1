"""Viewers who vanish: each connects, says a random part of what a viewer says, takes a random part
of the answer or none, and is gone, politely or not.

    python -m porchkit.bench.vanish -n 1000 --seed 1 --tls PORT http://127.0.0.1:PORT/PATH ...

Prints {"connected": N}: those who really came, whose connection a host had accepted or could. The
exit code is 1 where they are not nearly all.
"""

import argparse
import contextlib
import json
import random
import socket
import ssl
import struct
import sys
from collections import deque
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

HELD = 64  # of them at a time
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: a close that is a reset
NEARLY_ALL = 0.95  # of them have to be let in, or nothing was shown
_PATIENCE_S = 5.0
_KEY = "dGhlIHNhbXBsZSBub25jZQ=="


class Vanishing:
    """All of them; the same ones again for the same seed. `connected`: how many got as far as a
    connection; `failure`: what the first who did not was told."""

    def __init__(self, urls: list[str], tls_port: int, seed: int) -> None:
        self._urls = [urlsplit(url) for url in urls]
        self._tls_port = tls_port
        self._random = random.Random(seed)  # noqa: S311 - no secret, but repeatable
        self._held: deque[socket.socket] = deque()
        self.connected = 0
        self.failure = ""
        self._ways: list[Callable[[SplitResult], socket.socket]] = [
            *[self._asks] * 5, self._upgrades, self._begins_tls, self._finishes_tls,
        ]  # fmt: skip

    def come_and_go(self, count: int) -> None:
        """So many, and the last of them has gone."""
        for _ in range(count):
            url = self._random.choice(self._urls)
            with contextlib.suppress(OSError):  # a host that hangs up first is in its right
                self._held.append(self._random.choice(self._ways)(url))
            while len(self._held) > HELD:
                self._go(self._held.popleft())
        while self._held:
            self._go(self._held.popleft())

    def _asks(self, url: SplitResult) -> socket.socket:
        """Some of a request, maybe all of it."""
        return self._says(url, f"GET {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n")

    def _upgrades(self, url: SplitResult) -> socket.socket:
        """The same towards a WebSocket, as a board or a page would."""
        path = self._random.choice(("/uplink", f"{url.path.rpartition('/')[0]}/pictures"))
        upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"
        head = f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\n{upgrade}\r\n"
        return self._says(url, f"{head}Sec-WebSocket-Key: {_KEY}\r\n\r\n")

    def _begins_tls(self, _url: SplitResult) -> socket.socket:
        """Some of a client's first flight, and never the rest."""
        hello, incoming = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = _trusting().wrap_bio(incoming, hello)
        with contextlib.suppress(ssl.SSLWantReadError):
            client.do_handshake()
        sock = self._connected(self._tls_port)
        sock.sendall(self._part_of(hello.read()))
        return sock

    def _finishes_tls(self, url: SplitResult) -> socket.socket:
        """All of the handshake, and some of a request."""
        sock = _trusting().wrap_socket(self._connected(self._tls_port))
        sock.sendall(self._part_of(f"GET {url.path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()))
        return sock

    def _says(self, url: SplitResult, text: str) -> socket.socket:
        whole = text.encode()
        sock = self._connected(url.port or 80)
        sock.sendall(whole if self._random.random() < 0.5 else self._part_of(whole))
        return sock

    def _connected(self, port: int) -> socket.socket:
        """Counted; OSError where nobody listens."""
        try:
            sock = socket.create_connection(("127.0.0.1", port), _PATIENCE_S)
        except OSError as error:
            self.failure = self.failure or error.strerror or "no answer"
            raise
        self.connected += 1
        return sock

    def _part_of(self, whole: bytes) -> bytes:
        return whole[: self._random.randrange(len(whole) + 1)]

    def _go(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            sock.setblocking(False)
            if self._random.random() < 0.5:
                sock.recv(self._random.randrange(1, 100_000))
        with contextlib.suppress(OSError):
            if self._random.random() < 0.5:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        sock.close()


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is said that anybody may not hear
    return context


def main() -> int:
    """Come, go; 1 unless nearly all came."""
    parser = argparse.ArgumentParser(prog="vanish")
    parser.add_argument("-n", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tls", type=int, required=True, metavar="PORT")
    parser.add_argument("urls", nargs="+")
    options = parser.parse_args()
    vanishing = Vanishing(options.urls, options.tls, options.seed)
    vanishing.come_and_go(options.n)
    print(json.dumps({"connected": vanishing.connected}))
    if vanishing.connected >= NEARLY_ALL * options.n:
        return 0
    came = f"{vanishing.connected} of {options.n}"
    print(f"vanish: {came} could connect: {vanishing.failure}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
