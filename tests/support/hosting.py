"""A real host for tests: its own home folder, both listeners on free ports, in a thread of its own.

    with hosted(tmp_path) as host:
        sam = host.resident()
        answer = host.get(sam, "/api/v1/me")

`spawned()` is the same in a process of its own, which a test may kill.
"""

import asyncio
import contextlib
import functools
import itertools
import json
import os
import secrets
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvloop

from accord import b64, names
from porchlight import config as settings
from porchlight.audit import logkeys
from porchlight.client.looks import Ask
from porchlight.clock import Clock
from porchlight.commands import init
from porchlight.config import Config
from porchlight.parts import Parts
from porchlight.porch import WireLimits
from porchlight.registry import HUB, RESIDENT, Registry
from porchlight.serving import Ports, Serving
from porchlight.store import Store
from tests.support import databases
from tests.support.signing import Signer

API = "/api/v1"
PATIENCE_S = 20.0
SETTINGS = """\
[host]
name = "test"
[listen]
address = "127.0.0.1"
port = 0
[page]
port = 0
[views]
overlay = false
"""
_serial = itertools.count(1)
T = TypeVar("T")


class ShiftedClock(Clock):
    """The machine's clock, `ahead_s` seconds on; a test may change it while the host runs."""

    def __init__(self, ahead_s: int = 0) -> None:
        self.ahead_s = ahead_s

    def unix_ms(self) -> int:
        """Shifted; unix() follows."""
        return super().unix_ms() + self.ahead_s * 1000


@dataclass
class Kit:
    """A camera as its board knows it."""

    id: str
    key: bytes = field(repr=False)
    owner: Signer
    seq: int = 0

    def next_seq(self) -> int:
        """One above the last."""
        self.seq += 1
        return self.seq


class Caller:
    """Signed requests of one resident or hub; answers as they come, problems included."""

    def __init__(self, base: str, who: Signer, tls: ssl.SSLContext | bool = False) -> None:
        self.who = who
        self.base = base
        self._http = httpx.Client(verify=tls, timeout=PATIENCE_S, trust_env=False)

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """One request; `path` below /api/v1 or absolute."""
        url = self.base + (path if path.startswith("/api/") else API + path)
        body = self.who.signing(path, body) if method == "POST" else body
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"DPoP": self.who.proof(method, url, content)} | self._glance(path, query)
        if content:
            headers["Content-Type"] = "application/json"
        return self._http.request(method, url, content=content, headers=headers, params=query)

    def _glance(self, path: str, query: dict[str, Any]) -> dict[str, str]:
        """The statement of a look at a clip's small picture, which has no body."""
        if not path.endswith("/thumbnail.jpg") or not self.who.host:
            return {}
        clip, said = path.split("/")[-2], {"purpose": "", "case": ""} | query
        ask = Ask("clips", said["purpose"], said["case"], clip=clip)
        return {"Optin-Look": self.who.look(ask)}

    def get(self, path: str, **query: Any) -> httpx.Response:
        """GET."""
        return self.ask("GET", path, **query)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        """POST."""
        return self.ask("POST", path, body)

    def delete(self, path: str) -> httpx.Response:
        """DELETE."""
        return self.ask("DELETE", path)

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()


class Hosted:
    """One running host. Who is registered here is known to it at once, as with the commands."""

    def __init__(self, config: Config, ports: Ports) -> None:
        self.config = config
        self.home = config.home
        self.ports = ports
        self.ca = config.home / "ca.pem"
        self.store = Store(config.database_url)
        self._registry = Registry(self.store, Clock())
        self._callers: list[Caller] = []

    @property
    def https(self) -> str:
        """Base URL of the TLS listener."""
        return f"https://127.0.0.1:{self.ports.https}"

    @property
    def http(self) -> str:
        """Base URL of the listener for this machine."""
        return f"http://127.0.0.1:{self.ports.http}"

    @property
    def uplink(self) -> str:
        """Where boards connect."""
        return f"wss://127.0.0.1:{self.ports.https}/uplink"

    def tls(self) -> ssl.SSLContext:
        """A client's context with this host's CA pinned."""
        return ssl.create_default_context(cafile=self.ca)

    def resident(self, name: str | None = None) -> Signer:
        """A new registered resident."""
        return self._party(RESIDENT, name or f"resident-{next(_serial)}")

    def hub(self, name: str | None = None) -> Signer:
        """A new registered hub."""
        hub = self._party(HUB, name or f"hub-{next(_serial)}")
        hub.host = self.thumb
        return hub

    @functools.cached_property
    def thumb(self) -> str:
        """The name of the host, for which looks are signed."""
        return logkeys.load(self.home).host

    def camera(self, owner: Signer, label: str = "porch", **claims: Any) -> Kit:
        """A new registered camera of this resident; `claims` as in Signer.statement."""
        key = secrets.token_bytes(32)
        party = self._registry.party(owner.thumb)
        assert party is not None
        stated = owner.statement(key, label, **claims).encode()
        work = self._registry.adding_camera(stated, key, party)
        self.store.run_now(work)
        return Kit(names.camera_thumb(key), key, owner)

    def caller(self, who: Signer, *, over_tls: bool = False) -> Caller:
        """Who asks the host; closed with it."""
        caller = Caller(self.https if over_tls else self.http, who, over_tls and self.tls())
        self._callers.append(caller)
        return caller

    def grant(self, kit: Kit, *hubs: Signer, **changes: Any) -> str:
        """Hand in a grant that the host takes; its jti."""
        token = kit.owner.grant(kit.id, *(hub.thumb for hub in hubs), seq=kit.next_seq(), **changes)
        answer = self.caller(kit.owner).post("/grants", {"token": token})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["jti"])

    def entries(self, who: Signer, type: str | None = None) -> list[dict[str, Any]]:
        """A resident's log, or the entries of one type in it."""
        found = self.caller(who).get("/entries", limit=500).json()["entries"]
        return [entry for entry in found if type in (None, entry["type"])]

    def _party(self, kind: str, name: str) -> Signer:
        signer = Signer(name)
        self.store.run_now(self._registry.adding_party(kind, name, signer.key.public))
        return signer

    def close(self) -> None:
        """Let go of files and connections; does not stop the host."""
        for caller in self._callers:
            caller.close()
        self.store.close()


class InThread(Hosted):
    """A host in a thread of this process: its parts can be reached through call()."""

    def __init__(self, config: Config, serving: Serving, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(config, serving.ports)
        self.loop = loop
        self.serving = serving
        self.parts: Parts = serving.app.state.parts

    def call(self, work: Callable[[], T]) -> T:
        """Run a function in the host's own thread; its result."""

        async def run() -> T:
            return work()

        return self.wait(run())

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the host's loop; its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)


class Spawned(Hosted):
    """A host in a process of its own. `log`: what it wrote to stderr."""

    def __init__(self, config: Config, ports: Ports, process: "subprocess.Popen[bytes]") -> None:
        super().__init__(config, ports)
        self.process = process
        self.log = config.home / "host.log"

    def kill(self) -> None:
        """SIGKILL: nothing is written any more."""
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_S)


def make_home(folder: Path, text: str = SETTINGS) -> Config:
    """A home folder as `porchlight init` makes it, with these settings."""
    if databases.chosen() and "[database]" not in text:
        text += f'[database]\nurl = "{databases.url_for(folder)}"\n'
    return init.make(folder, text)


@contextlib.contextmanager
def hosted(
    folder: Path,
    text: str = SETTINGS,
    *,
    clock: Clock | None = None,
    limits: WireLimits | None = None,
) -> Iterator[InThread]:
    """A running host in this process; the home folder is made unless it exists."""
    made = (folder / settings.FILE_NAME).exists()
    config = settings.load(folder) if made else make_home(folder, text)
    ready = threading.Event()
    serving = Serving(config, clock, ready=ready.set, limits=limits)
    loops: list[asyncio.AbstractEventLoop] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                loops.append(runner.get_loop())
                runner.run(serving.run())
        except BaseException as error:
            failed.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="host")
    thread.start()
    try:
        assert ready.wait(PATIENCE_S), "the host did not start"
        assert not failed, failed
        host = InThread(config, serving, loops[0])
        with contextlib.closing(host):
            yield host
    finally:
        serving.stop()
        thread.join(PATIENCE_S)
    assert not thread.is_alive(), "the host did not stop"
    assert not failed, failed


@contextlib.contextmanager
def spawned(folder: Path, text: str = SETTINGS, program: str = "porchkit.cli") -> Iterator[Spawned]:
    """`porchlight serve` in a process of its own; the home folder is made unless it exists.
    `program`: the module that stands for `porchlight`."""
    made = (folder / settings.FILE_NAME).exists()
    config = settings.load(folder) if made else make_home(folder, text)
    config.run_file.unlink(missing_ok=True)  # left by one that was killed
    command = [sys.executable, "-m", program, "serve", "--home", str(folder)]
    with (folder / "host.log").open("ab") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, env=environment(), start_new_session=True
        )
    try:
        said = json.loads(_await_run_file(config.run_file, process))
        host = Spawned(config, Ports(said["https"], said["http"]), process)
        with contextlib.closing(host):
            yield host
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE_S)
        assert process.stdout is not None
        process.stdout.close()


def environment() -> dict[str, str]:
    """For a process that imports what this one does."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _await_run_file(path: Path, process: "subprocess.Popen[bytes]") -> bytes:
    """The line that ends serve's greeting comes after run.json was written."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(b"Ctrl-C"):
            return path.read_bytes()
    raise AssertionError(
        f"the host ended: {process.wait()}: {(path.parent / 'host.log').read_text()}"
    )


def handle_of(jti: str) -> bytes:
    """The 16 bytes that name a grant on the wire."""
    return b64.decode(jti)
