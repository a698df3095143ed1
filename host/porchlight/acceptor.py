"""Acceptor: takes connections from a bound socket, but not more than the door lets in.

It asks the door before the TLS handshake: who only knocks takes a place too, and loses it when the
handshake fails or takes too long. Stands where uvicorn expects an asyncio.Server.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from porchlight.deadline import Deadline
from porchlight.errors import CommandError
from porchlight.porch import Porch, Visit
from porchlight.protocols import HttpProtocol

BACKLOG: Final = 1_024
# Newcomers to a turn of the loop. With one, who comes to a busy host waits long; with many, those
# who watch already wait for them.
BATCH: Final = 8
_BREATH_S: Final = 0.1  # when the system has no file handle left
_FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 5\r\n\r\n"


@dataclass(frozen=True)
class Listener:
    """A bound socket, and the TLS it speaks; None: plain HTTP."""

    sock: socket.socket
    tls: ssl.SSLContext | None

    @property
    def port(self) -> int:
        """The port it is bound to."""
        return int(self.sock.getsockname()[1])


def bind(address: str, port: int, tls: ssl.SSLContext | None) -> Listener:
    """Bind a listener; CommandError if the port cannot be had. Port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
    except OSError as error:
        sock.close()
        raise CommandError(
            f"cannot listen on {address} port {port} ({error.strerror}); "
            "stop what uses it or choose another port"
        ) from None
    sock.setblocking(False)
    return Listener(sock, tls)


class Acceptor:
    """One listener at work. `protocol(visit)` makes what talks on a connection."""

    def __init__(
        self, at: Listener, porch: Porch, protocol: Callable[[Visit], HttpProtocol]
    ) -> None:
        self._at = at
        self._porch = porch
        self._protocol = protocol
        self._greeting: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._breath = Deadline(self._loop, _BREATH_S, self._listen)
        at.sock.listen(BACKLOG)
        self._listen()

    def close(self) -> None:
        """Take no more connections, and give up on handshakes under way."""
        self._breath.stop()
        self._loop.remove_reader(self._at.sock)
        for task in self._greeting:
            task.cancel()

    async def wait_closed(self) -> None:
        """Return once nothing of this is left."""
        await asyncio.gather(*self._greeting, return_exceptions=True)
        self._at.sock.close()

    def _listen(self) -> None:
        self._loop.add_reader(self._at.sock, self._accept)

    def _accept(self) -> None:
        for _ in range(BATCH):
            try:
                sock, address = self._at.sock.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:  # the peer gave up already
                self._porch.garbage("accept")
                continue
            except OSError:  # the system has no handles left
                self._porch.garbage("accept")
                self._loop.remove_reader(self._at.sock)
                self._breath.begin()
                return
            sock.setblocking(False)
            self._let_in(sock, address[0])

    def _let_in(self, sock: socket.socket, address: str) -> None:
        visit = Visit(address, sock)
        reason = self._porch.door.enter(visit, address)
        if reason is None:
            task = self._loop.create_task(self._greet(visit))
            self._greeting.add(task)
            task.add_done_callback(self._greeting.discard)
        else:
            self._porch.metrics.refused("connection", reason)
            self._turn_away(sock)

    async def _greet(self, visit: Visit) -> None:
        """Hand the connection to its protocol, once TLS is up."""
        limits, tls = self._porch.limits, self._at.tls
        try:
            await self._loop.connect_accepted_socket(
                lambda: self._protocol(visit),
                visit.sock,
                ssl=tls,
                ssl_handshake_timeout=limits.tls_handshake_s if tls else None,
                ssl_shutdown_timeout=limits.tls_shutdown_s if tls else None,
            )
        except OSError:  # ssl.SSLError and time-outs among them
            self._porch.garbage("tls")
            self._porch.door.leave(visit)
        except asyncio.CancelledError:
            self._porch.door.leave(visit)
            raise

    def _turn_away(self, sock: socket.socket) -> None:
        with contextlib.closing(sock), contextlib.suppress(OSError):
            if self._at.tls is None:
                sock.send(_FULL)
