"""The house that is measured: the real host as `porchlight serve` on a core of its own, residents,
cameras, a hub, and a view opened over the API as any hub opens one, with purpose and case."""

import contextlib
import io
import json
import os
import secrets
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from accord import b64
from porchkit import cli, keys, mint, statements
from porchkit.bench.processes import Cores, Process, python
from porchkit.client import Client
from porchkit.demo.acts import CASE, FOR_HUBS, PURPOSE, REASON
from porchkit.demo.household import Camera
from porchkit.errors import CommandError, HostUnreachable
from porchkit.home import Home, Running
from porchkit.sim.meters import Counts

START_S = 20.0
BACKDATE_S = 5
GRANT_S = 6 * 3600
PER_RESIDENT = 100  # more requests a minute with one key would be refused
_POLL_S = 0.02
# As many as one machine's loopback can bring; everything else as it comes. What is measured is the
# wire, so no words are written below pictures unless that is what is measured.
SETTINGS = """\
[host]
name = "bench"

[listen]
address = "127.0.0.1"
port = 0

[page]
port = 0

[views]
per_caller = 10000
streams_per_view = 10000
max_seconds = 14400
overlay = {overlay}

[quotas]
hub_opens = 100000
case_cameras = 100000

[limits]
boards = 20000
connections = 100000
viewers = 100000
"""


@dataclass(frozen=True)
class Owner:
    """A resident who asks the host."""

    key: keys.PrivateKey
    client: Client


class House:
    """Everything up while entered, in a folder of its own in `folder`. `running` and `process`: of
    the host. `overlay`: hubs read below every picture who looks."""

    running: Running
    process: Process

    def __init__(self, folder: Path, cores: Cores, *, overlay: bool = False) -> None:
        self._settings = SETTINGS.format(overlay=str(overlay).lower())
        self._folder, self._cores = Path(tempfile.mkdtemp(prefix="house-", dir=folder)), cores
        self.home = Home(self._folder / "home")
        self.cameras: list[Camera] = []
        self._boot = int(time.time())
        self._undo = ExitStack()
        self._owners: list[Owner] = []
        self._hub: Owner

    def __enter__(self) -> Self:
        with ExitStack() as failing:
            failing.push(self._undo)
            self._command("init")
            (self.home.path / "porchlight.toml").write_text(self._settings)
            host = [*python_serve(), "--home", str(self.home.path), "--log-level", "warning"]
            log = self._folder / "host.log"
            self.process = self._undo.enter_context(Process(host, self._cores.server, log))
            self.running = self._answers()
            self._command("hub", "add", "bench")
            self._hub = self._owner(keys.load_private(self.home.path / "hubs" / "bench.pem"))
            failing.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    @property
    def page(self) -> str:
        """Where this machine reaches the host without TLS."""
        return f"http://127.0.0.1:{self.running.http}"

    def add_cameras(self, count: int, *, granted: bool = True) -> list[Camera]:
        """So many more, each granted to the hub."""
        first = len(self.cameras)
        for number in range(first, first + count):
            if number % PER_RESIDENT == 0:
                self._command("resident", "new", f"resident{len(self._owners)}")
                _, key = self.home.resident_key(f"resident{len(self._owners)}")
                self._owners.append(self._owner(key))
            camera = Camera(f"cam{number}", f"Camera {number}", secrets.token_bytes(32))
            self._register(camera, self._owners[-1])
            if granted:
                self._grant(camera, self._owners[-1])
            self.cameras.append(camera)
        return self.cameras[first:]

    def view(self, cameras: Sequence[Camera]) -> dict[str, Any]:
        """A live view of these, as the API answers it; its URLs made absolute."""
        wish = {"action": "live", "case": CASE, "purpose": PURPOSE, "reason": REASON}
        ids = [camera.thumb for camera in cameras]
        found: dict[str, Any] = self._hub.client.open_view({"cameras": ids, **wish})
        urls = found["urls"]
        return {
            "id": found["id"],
            "wall": self.page + urls["wall"],
            "streams": [self.page + urls["cameras"][thumb]["stream"] for thumb in ids],
        }

    def close_view(self, view_id: str) -> None:
        """Close it, as its hub may."""
        self._hub.client.delete(f"/views/{view_id}")

    def counts(self) -> Counts:
        """What the host has counted."""
        self.process.must_run()
        with urllib.request.urlopen(f"{self.page}/metrics") as answer:  # noqa: S310 - http, ours
            return Counts.parse(answer.read().decode())

    def boards(
        self,
        cameras: Sequence[Camera],
        frames: Path,
        *options: str,
        tls: bool = True,
        stagger_s: float = 0.0,
    ) -> "BoardProcess":
        """These cameras' boards in a process beside the viewers, over the real uplink."""
        command = python("boards", *options)
        log = self._folder / "boards.log"
        process = BoardProcess(command, self._cores.load, log, piped=True)
        settings = self.board_settings(cameras, tls=tls)
        process.tell(json.dumps(settings | {"frames": str(frames), "stagger_s": stagger_s}))
        return process

    def board_settings(self, cameras: Sequence[Camera], *, tls: bool) -> dict[str, Any]:
        """Where these boards connect, and as whom. Their boot count rises each time, as it must."""
        self._boot += 1
        return {
            "port": self.running.https if tls else self.running.http,
            "ca": str(self.home.ca) if tls else None,
            "keys": [camera.key.hex() for camera in cameras],
            "boot": self._boot,
            "stagger_s": 0.0,
        }

    def _owner(self, key: keys.PrivateKey) -> Owner:
        return Owner(key, self._undo.enter_context(Client(self.page, key)))

    def _register(self, camera: Camera, owner: Owner) -> None:
        jti = secrets.token_bytes(statements.JTI_BYTES)
        token = statements.sign(owner.key, camera.thumb, camera.label, jti=jti)
        body = {"statement": token.decode(), "key": b64.encode(camera.key)}
        owner.client.post("/cameras", body)

    def _grant(self, camera: Camera, owner: Owner) -> None:
        now = int(time.time()) - BACKDATE_S
        wish = mint.Wish(
            camera=camera.thumb,
            audience=(keys.thumb(self._hub.key.public_key()),),
            actions=("live", "snapshot"),
            purposes=FOR_HUBS,
            starts=now,
            ends=now + GRANT_S,
        )
        seq = mint.next_seq(0, now)
        made = mint.mint(wish, owner.key, seq=seq, now=now, random=os.urandom)
        owner.client.post("/grants", {"token": made.token.decode()})

    def _command(self, name: str, *words: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            cli.dispatch([name, *words, "--home", str(self.home.path)])

    def _answers(self) -> Running:
        """Once the host serves; CommandError with its last words if it does not."""
        limit = time.monotonic() + START_S
        while time.monotonic() < limit:
            self.process.must_run()
            found = self.home.running()
            if found is not None and found.pid == self.process.pid:
                return found
            time.sleep(_POLL_S)
        raise HostUnreachable(f"the host did not start in {START_S:.0f} s")


class BoardProcess(Process):
    """Boards at work; see porchkit.bench.boards for what may be said to them."""

    def tell(self, line: str) -> None:
        """One line to them. CommandError if they have ended."""
        try:
            self.stdin.write(line.encode() + b"\n")
            self.stdin.flush()
        except OSError:
            raise self.failed("ended") from None

    def hear(self, word: str) -> int:
        """The number in their next line, which must be about `word`."""
        line = self.stdout.readline()
        try:
            return int(json.loads(line)[word])
        except (ValueError, KeyError):
            raise self.failed("ended") from None

    def proved(self) -> None:
        """Wait until all of them are proved."""
        self.hear("open")


def python_serve() -> list[str]:
    """The host's command line."""
    return [sys.executable, "-m", "porchkit.cli", "serve"]


def seen(house: House, counter: str, least: int, limit_s: float) -> int:
    """What the host counted once that is `least`; CommandError if it never is."""
    limit = time.monotonic() + limit_s
    while (count := (counts := house.counts()).of(counter)) < least:
        if time.monotonic() > limit:
            refused = f"; refused: {found}" if (found := counts.refused_frames()) else ""
            raise CommandError(f"the host counted {count} of {least} {counter}{refused}")
        time.sleep(_POLL_S)
    return count
