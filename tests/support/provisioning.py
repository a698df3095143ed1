"""A resident with a host that runs and a terminal to type at, for boards on a cable."""

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porchkit import cli, keys
from porchkit.client import AsyncClient
from porchkit.demo.hostproc import HostProcess
from porchkit.home import Home
from porchkit.provision import program
from porchkit.pty import PtyBoard
from tests.support.runtimes import run_micropython

SETTINGS = '[listen]\naddress = "127.0.0.1"\nport = 0\n[page]\nport = 0\n'
SSID, PASSWORD = "porchlight-sim", "correct-horse-battery"
FRAMES = 5


@dataclass(frozen=True)
class Done:
    """What a command did; `seen`: what anybody on the machine could see of it meanwhile, where it
    was watched."""

    code: int
    out: str
    err: str
    seen: str = ""

    @property
    def board(self) -> dict[str, Any]:
        (found,) = json.loads(self.out)["boards"]
        return found

    @property
    def outcomes(self) -> dict[str, str]:
        return {row["check"]: row["outcome"] for row in self.board["checks"]}


class Porch:
    """A host that runs, and a resident at a terminal."""

    def __init__(self, home: Home, folder: Path) -> None:
        self.home = home
        self.wifi = folder / "wifi.txt"
        self.wifi.touch(mode=0o600)
        self.wifi.write_text(f"{SSID}\n{PASSWORD}\n")

    async def type(self, *words: str) -> Done:
        """One command line."""
        return await typed(*words)

    async def watched(self, *words: str) -> Done:
        """One command line as a process, looked at from outside while it runs."""
        process = await self.begin(*words)
        ended = asyncio.create_task(process.communicate())
        seen = set()
        while not ended.done():
            seen.add(public(process.pid))
            await asyncio.wait([ended], timeout=0.05)
        out, err = await ended
        assert process.returncode is not None
        return Done(process.returncode, out.decode(), err.decode(), "\n".join(seen))

    async def begin(self, *words: str) -> asyncio.subprocess.Process:
        """One command line, running."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "porchkit.cli", *words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def words(self, name: str, *ports: Path | str, board: str = "ai_thinker") -> list[str]:
        """The command line that provisions the boards on these ports."""
        chosen = [word for port in ports for word in ("--port", str(port))]
        every = ["--all"] if len(ports) > 1 else []
        where = ["--home", str(self.home.path), "--wifi-file", str(self.wifi), "--board", board]
        return ["provision", name, *chosen, *every, *where, "--json"]

    async def provision(self, name: str, *ports: Path | str, board: str = "ai_thinker") -> Done:
        return await self.type(*self.words(name, *ports, board=board))


def copied(root: Path, film: Path) -> PtyBoard:
    """A board whose flash has the program already, and nothing else: provisioning it is quicker."""
    mpy = run_micropython("import sys; print(sys.implementation._mpy)").stdout
    for path, raw in program.for_board(int(mpy)).files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(raw)
    return PtyBoard(root, footage=film)


async def well(command: Awaitable[Done]) -> Done:
    """A command that must succeed."""
    done = await command
    assert done.code == 0, done.out + done.err
    return done


async def typed(*words: str) -> Done:
    """One command line, carried out in a thread of this process. One at a time."""
    return await asyncio.to_thread(_carried_out, words)


def _carried_out(words: Sequence[str]) -> Done:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = cli.main(words)
    return Done(code, out.getvalue(), err.getvalue())


def public(pid: int) -> str:
    """Command line and environment of a process and its children."""
    words = []
    for one in (pid, *children(pid)):
        for name in ("cmdline", "environ"):
            try:
                words.append(Path(f"/proc/{one}/{name}").read_bytes().decode(errors="replace"))
            except OSError:
                break  # it has just ended
    return "\n".join(words)


def children(pid: int) -> list[int]:
    """The processes that any thread of this one has started and that have not ended."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, thread.read_text().split())
    return found


@asynccontextmanager
async def living(folder: Path, settings: str = SETTINGS) -> AsyncIterator[Porch]:
    """Resident sam, hub fire, and their host, in `folder`."""
    home = Home(folder / "home")
    where = ["--home", str(home.path)]
    cli.dispatch(["init", *where])
    (home.path / "porchlight.toml").write_text(settings)
    host = HostProcess(home, folder / "host.log")
    await host.start()
    try:
        cli.dispatch(["resident", "new", "sam", *where])
        cli.dispatch(["hub", "add", "fire", *where])
        yield Porch(home, folder)
    finally:
        await host.stop()


async def streamed(porch: Porch, camera: str) -> int:
    """Frames that hub `fire` sees of the camera, up to FRAMES."""
    key = keys.load_private(porch.home.path / "hubs" / "fire.pem")
    async with AsyncClient(porch.home.base_url(), key, ca=porch.home.ca) as client:
        wish = {"action": "live", "case": "C-1", "purpose": "emergency", "reason": "smoke"}
        view = await client.open_view({"cameras": [camera], **wish})
        count = 0
        async for part in client.parts(view["urls"]["cameras"][camera]["stream"]):
            assert part.jpeg[:2] == b"\xff\xd8"
            count += 1
            if count == FRAMES:
                break
        return count
