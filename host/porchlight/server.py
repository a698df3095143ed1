"""Server: one app behind two listeners, TLS for the network and plain HTTP for this machine.

One event loop, one lifespan, one shutdown. Garbage from peers is counted and never logged with a
traceback; see protocols.py for what a single connection may do.
"""

import asyncio
import contextlib
import functools
import logging
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from email.utils import formatdate
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from porchlight.acceptor import Acceptor, Listener, bind
from porchlight.door import Door
from porchlight.errors import CommandError
from porchlight.metrics import Metrics
from porchlight.porch import Porch, WireLimits
from porchlight.streaming import StreamingProtocol

GRACE_S: Final = 5
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_log = logging.getLogger(__name__)

__all__ = ["Listener", "Server", "WireLimits", "bind"]


class Server(uvicorn.Server):
    """Runs `app` behind `listeners` until stop() or a signal.

    `wind_down` is awaited first of all: it ends what would never end by itself. `ready` is called
    once both listeners accept.
    """

    def __init__(
        self,
        app: Any,
        listeners: list[Listener],
        metrics: Metrics,
        *,
        limits: WireLimits | None = None,
        wind_down: Callable[[], Awaitable[None]] | None = None,
        ready: Callable[[], None] | None = None,
    ) -> None:
        self._limits = limits or WireLimits()
        super().__init__(_config(app, self._limits))
        self.server_state = _State()
        door = Door(self._limits.connections, self._limits.per_address)
        metrics.gauge("connections", "Connections open now.", lambda: len(door))
        self._porch = Porch(self._limits, door, metrics)
        self._listeners = listeners
        self._wind_down = wind_down
        self._ready = ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked_to_stop = asyncio.Event()

    def stop(self) -> None:
        """Ask the server to end, gracefully. Safe from another thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._asked_to_stop.set)

    async def main_loop(self) -> None:
        """Until it is asked to end. uvicorn's own wakes ten times a second to look, and to write
        the Date header, which is written here when it is wanted."""
        self._loop = asyncio.get_running_loop()
        if not self.should_exit:
            await self._asked_to_stop.wait()
        self._loop = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the app, then accept on every listener."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_loop_error)
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            raise CommandError("the host could not start; its log says why")
        protocol = functools.partial(
            StreamingProtocol, self._porch, self.config, self.server_state, self.lifespan.state
        )
        acceptors = [Acceptor(at, self._porch, protocol) for at in self._listeners]
        self.servers = acceptors  # type: ignore[assignment]  # close() and wait_closed() is all
        self.started = True
        if self._ready is not None:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams and views, then connections, then the app."""
        for server in self.servers:
            server.close()
        if self._wind_down is not None:
            await self._wind_down()
        await super().shutdown(sockets)
        for server in self.servers:  # uvicorn leaves them open when its patience is at an end
            await server.wait_closed()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A first signal ends the server gracefully, a second one at once."""
        loop = asyncio.get_running_loop()
        try:
            for number in _SIGNALS:
                loop.add_signal_handler(number, self.handle_exit, number, None)
        except (ValueError, RuntimeError):  # not the main thread: somebody else handles them
            yield
            return
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Signal handler."""
        self.force_exit = self.should_exit
        self.stop()

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Errors of a connection are the peer's doing: counted. Any other is ours: logged."""
        error = context.get("exception")
        if isinstance(error, OSError):  # ssl.SSLError is one
            self._porch.garbage("connection")
            return
        _log.error("%s", context.get("message"), exc_info=error)


class _State(ServerState):
    """What uvicorn's connections share."""

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """The Date, as of now."""
        return [(b"date", _http_date(int(time.time())))]

    @default_headers.setter
    def default_headers(self, headers: list[tuple[bytes, bytes]]) -> None:
        """uvicorn begins with none."""


@functools.lru_cache(maxsize=1)
def _http_date(unix: int) -> bytes:
    return formatdate(unix, usegmt=True).encode()


def _config(app: Any, limits: WireLimits) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=HttpToolsProtocol,
        ws=WebSocketsSansIOProtocol,
        loop="uvloop",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ws_max_size=limits.message_bytes,
        ws_ping_interval=limits.ping_s,
        ws_ping_timeout=limits.ping_s,
        ws_per_message_deflate=False,
        timeout_keep_alive=limits.keep_alive_s,
        timeout_graceful_shutdown=GRACE_S,
    )
