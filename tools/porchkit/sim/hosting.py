"""The host of a simulation: a throw-away one, on ports that stay the same when it is started
again, or one that runs already and is only used."""

import contextlib
import io
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

from porchkit import cli
from porchkit.demo.hostproc import HostProcess
from porchkit.errors import CommandError
from porchkit.home import Home, Running

LOOPBACK = "127.0.0.1"
SETTINGS = """\
[host]
name = "sim"

[listen]
address = "127.0.0.1"
port = {https}

[page]
port = {http}

[views]
per_caller = {views}

[quotas]
hub_opens = 100000
case_cameras = 100000
"""


class Hosting:
    """`home`: the folder of a host that runs, None for a throw-away one in `folder`. `running`
    and `pid` are known after begin()."""

    def __init__(self, folder: Path, home: Path | None, boards: int) -> None:
        self.home = Home(home or folder / "home")
        self.running: Running
        self._ours = home is None
        self._log = folder / "host.log"
        self._boards = boards
        self._process: HostProcess | None = None

    @property
    def page(self) -> str:
        """Where this machine reaches the host without TLS."""
        return f"http://{LOOPBACK}:{self.running.http}"

    @property
    def pid(self) -> int:
        """The host's process."""
        return self._process.pid if self._process else self.running.pid

    @property
    def database(self) -> Path | None:
        """Of the throw-away host; None where it is not ours to look into."""
        return self.home.path / "porchlight.db" if self._ours else None

    async def begin(self) -> None:
        """Start it, or find it; CommandError if it does not answer."""
        if self._ours:
            self.command("init")
            with _free_ports(2) as (https, http):
                settings = SETTINGS.format(https=https, http=http, views=2 * self._boards + 64)
            (self.home.path / "porchlight.toml").write_text(settings)
            await self._start()
            return
        found = self.home.running()
        if found is None or not found.http:
            raise CommandError(
                f"no host serves {self.home.path} with its page on; start it: porchlight serve"
            )
        self.running = found

    async def kill_and_restart(self) -> None:
        """As a power cut would end it: no goodbye, nothing saved. Then start it again."""
        if self._process is None:
            raise CommandError("only a host of the simulation's own is killed; leave out --home")
        os.kill(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(CommandError):
            await self._process.ended()
        await self._start()

    async def stop(self) -> None:
        """End the host that is ours."""
        if self._process is not None:
            await self._process.stop()

    def command(self, name: str, *words: str) -> None:
        """Run one command of `porchlight` in this process, its words kept off our output."""
        with contextlib.redirect_stdout(io.StringIO()):
            cli.dispatch([name, *words, "--home", str(self.home.path)])

    async def _start(self) -> None:
        self._process = HostProcess(self.home, self._log)
        self.running = await self._process.start()


@contextlib.contextmanager
def _free_ports(count: int) -> Iterator[list[int]]:
    """Ports that nobody listens on, held while entered."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind((LOOPBACK, 0))
        yield [sock.getsockname()[1] for sock in sockets]
