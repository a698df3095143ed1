"""A host from its settings to its end: certificate, listeners, app, run.json.

`porchlight serve` and the tests start a host the same way, here.
"""

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from porchlight import app as composition
from porchlight import files, handles, tls
from porchlight.clock import Clock
from porchlight.config import Config
from porchlight.errors import CommandError
from porchlight.porch import WireLimits
from porchlight.running import wind_down
from porchlight.server import Listener, Server, bind
from porchlight.store import Store

RENEW_CHECK_S: Final = 6 * 3600
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ports:
    """The ports a host listens on; `http` is 0 where the page is off."""

    https: int
    http: int


class Serving:
    """One run of a host. Bound already when made: CommandError says what stands in the way."""

    def __init__(
        self,
        config: Config,
        clock: Clock | None = None,
        ready: Callable[[], None] | None = None,
        limits: WireLimits | None = None,
    ) -> None:
        self._config = config
        self._clock = clock or Clock()
        self._files = tls.TlsFiles(config.home)
        self._check_store()
        tls.renew(self._files, config.listen.names, self._clock.unix())
        self._context = tls.server_context(self._files)
        listeners = self._bind()
        ports = [listener.port for listener in listeners]
        self.ports = Ports(ports[0], ports[1] if len(ports) > 1 else 0)
        self.app = composition.build(config, self._clock)
        self._server = Server(
            self.app,
            listeners,
            self.app.state.parts.metrics,
            limits=limits or WireLimits(connections=handles.room_for(config.limits.connections)),
            wind_down=lambda: wind_down(self.app),
            ready=ready,
        )

    async def run(self) -> None:
        """Serve until stop() or a signal; everything is closed when this returns."""
        renewal = asyncio.create_task(self._keep_certificate())
        try:
            await self._server.serve()
        finally:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)

    def stop(self) -> None:
        """Ask for the end, gracefully. Safe from another thread."""
        self._server.stop()

    def _check_store(self) -> None:
        store = Store(self._config.database_url)
        try:
            store.open()
        finally:
            store.close()

    def _bind(self) -> list[Listener]:
        listen, page = self._config.listen, self._config.page
        found = [bind(listen.address, listen.port, self._context)]
        if page.port >= 0:
            found.append(bind(page.address, page.port, None))
        return found

    async def _keep_certificate(self) -> None:
        """A host may run for years: renew in time; new connections get the new certificate."""
        while True:
            await asyncio.sleep(RENEW_CHECK_S)
            try:
                if tls.renew(self._files, self._config.listen.names, self._clock.unix()):
                    self._context.load_cert_chain(self._files.cert, self._files.key)
                    _log.info("the certificate was renewed")
            except (CommandError, OSError, ssl.SSLError) as error:
                _log.error("the certificate could not be renewed: %s", error)


@contextlib.contextmanager
def alone(config: Config) -> Iterator[None]:
    """Hold the folder's lock; CommandError if another host serves it.

    The lock goes with the process, however that ends.
    """
    handle = os.open(
        config.home / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, files.PRIVATE
    )
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise CommandError(f"{config.home} is being served already; stop that host first") from None
    try:
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def announced(config: Config, ports: Ports) -> Iterator[None]:
    """While entered, run.json says where this host listens."""
    said = {"pid": os.getpid(), "https": ports.https, "http": ports.http}
    files.write(config.run_file, json.dumps(said).encode(), files.PUBLIC)
    try:
        yield
    finally:
        config.run_file.unlink(missing_ok=True)
