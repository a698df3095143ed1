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

from porchlight.errors import CommandError
from porchlight.porch import Porch, Visit
from porchlight.protocols import HttpProtocol

BACKLOG: Final = 512
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
        at.sock.listen(BACKLOG)
        self._task = asyncio.create_task(self._accept(), name=f"port {at.port}")

    def close(self) -> None:
        """Take no more connections, and give up on handshakes under way."""
        for task in (self._task, *self._greeting):
            task.cancel()

    async def wait_closed(self) -> None:
        """Return once nothing of this is left."""
        await asyncio.gather(self._task, *self._greeting, return_exceptions=True)
        self._at.sock.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, address = await loop.sock_accept(self._at.sock)
            except OSError:  # the peer gave up already, or the system has no handles left
                self._porch.garbage("accept")
                await asyncio.sleep(_BREATH_S)
                continue
            visit = Visit(address[0])
            reason = self._porch.door.enter(visit, visit.address)
            if reason is None:
                task = asyncio.create_task(self._greet(sock, visit))
                self._greeting.add(task)
                task.add_done_callback(self._greeting.discard)
            else:
                self._porch.metrics.refused("connection", reason)
                self._turn_away(sock)

    async def _greet(self, sock: socket.socket, visit: Visit) -> None:
        """Hand the connection to its protocol, once TLS is up."""
        limits, tls = self._porch.limits, self._at.tls
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._protocol(visit),
                sock,
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
