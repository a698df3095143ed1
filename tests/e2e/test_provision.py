"""A board on a cable becomes a camera: the commands a resident types, against a real host."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from porchkit import cli, keys
from porchkit.client import AsyncClient
from porchkit.demo.hostproc import HostProcess
from porchkit.home import Home
from porchkit.pty import PtyBoard

SETTINGS = '[listen]\naddress = "127.0.0.1"\nport = 0\n[page]\nport = 0\n'
SSID, PASSWORD = "porchlight-sim", "correct-horse-battery"
FRAMES = 5


@dataclass(frozen=True)
class Done:
    """What a command did, and what anybody on the machine could see of it meanwhile."""

    code: int
    out: str
    err: str
    seen: str

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
        self._wifi = folder / "wifi.txt"
        self._wifi.touch(mode=0o600)
        self._wifi.write_text(f"{SSID}\n{PASSWORD}\n")

    async def type(self, *words: str) -> Done:
        """One command line, watched from outside while it runs."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "porchkit.cli", *words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        ended = asyncio.create_task(process.communicate())
        seen = set()
        while not ended.done():
            seen.add(public(process.pid))
            await asyncio.wait([ended], timeout=0.05)
        out, err = await ended
        assert process.returncode is not None
        return Done(process.returncode, out.decode(), err.decode(), "\n".join(seen))

    async def provision(self, name: str, *ports: Path, board: str = "ai_thinker") -> Done:
        chosen = [word for port in ports for word in ("--port", str(port))]
        every = ["--all"] if len(ports) > 1 else []
        where = ["--home", str(self.home.path), "--wifi-file", str(self._wifi), "--board", board]
        return await self.type("provision", name, *chosen, *every, *where, "--json")


async def well(command: Awaitable[Done]) -> Done:
    """A command that must succeed."""
    done = await command
    assert done.code == 0, done.out + done.err
    return done


def public(pid: int) -> str:
    """Command line and environment of a process and its children."""
    words = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = re.search(r"^PPid:\s*(\d+)", (folder / "status").read_text(), re.MULTILINE)
            if int(folder.name) == pid or (parent and int(parent[1]) == pid):
                for name in ("cmdline", "environ"):
                    words.append((folder / name).read_bytes().decode(errors="replace"))
        except OSError:
            continue  # it has just ended
    return "\n".join(words)


@pytest.fixture
async def porch(tmp_path: Path) -> AsyncIterator[Porch]:
    home = Home(tmp_path / "home")
    where = ["--home", str(home.path)]
    cli.dispatch(["init", *where])
    (home.path / "porchlight.toml").write_text(SETTINGS)
    host = HostProcess(home, tmp_path / "host.log")
    await host.start()
    try:
        cli.dispatch(["resident", "new", "sam", *where])
        cli.dispatch(["hub", "add", "fire", *where])
        yield Porch(home, tmp_path)
    finally:
        await host.stop()


async def streamed(porch: Porch, camera: str) -> int:
    """Frames that hub `fire` sees of the camera, up to FRAMES."""
    key = keys.load_private(porch.home.path / "hubs" / "fire.pem")
    async with AsyncClient(porch.home.base_url(), key, ca=porch.home.ca) as client:
        wish = {"action": "live", "case": "C-1", "purpose": "emergency", "reason": "smoke"}
        view = await client.post("/views", {"cameras": [camera], **wish})
        count = 0
        async for part in client.parts(view["urls"]["cameras"][camera]["stream"]):
            assert part.jpeg[:2] == b"\xff\xd8"
            count += 1
            if count == FRAMES:
                break
        return count


async def test_an_empty_board_becomes_a_camera_that_streams(
    porch: Porch, film: Path, tmp_path: Path
) -> None:
    async with PtyBoard(tmp_path / "board", footage=film) as board:
        first = await porch.provision("porch", board.port)
        assert first.code == 0, first.out + first.err
        assert set(first.outcomes.values()) == {"pass"}
        assert {"sensor", "wifi", "tls", "light", "registered", "online"} <= set(first.outcomes)
        granted = await porch.type(
            *("grant", "porch", "--to", "fire", "--home", str(porch.home.path))
        )
        assert granted.code == 0, granted.err
        async with asyncio.timeout(30):
            assert await streamed(porch, first.board["id"]) == FRAMES

        second = await porch.provision("porch", board.port)
        assert second.code == 0, second.out + second.err
        assert (first.board["files_copied"] > 70, second.board["files_copied"]) == (True, 0)
        assert second.board["id"] == first.board["id"]
        # What it was granted it still holds.
        async with asyncio.timeout(30):
            assert await streamed(porch, first.board["id"]) == FRAMES
        _no_secret_anywhere(porch, tmp_path, first, second)


def _no_secret_anywhere(porch: Porch, folder: Path, *done: Done) -> None:
    files = porch.home.path / "boards" / "porch"
    key = (files / "board.key").read_bytes()
    secrets = [PASSWORD.encode(), key, key.hex().encode()]
    log = (folder / "board.chip" / "board.log").read_bytes()
    shown = "".join(text for one in done for text in (one.out, one.err, one.seen)).encode()
    for secret in secrets:
        assert secret not in shown
        assert secret not in log
    for path in porch.home.path.rglob("*"):
        if path.is_file() and path.name != "porchlight.db":
            assert PASSWORD.encode() not in path.read_bytes(), path
    for path in [files, *files.iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert b"provision" in shown  # it was looked at while it ran


async def test_several_boards_at_once_get_names_and_keys_of_their_own(
    porch: Porch, film: Path, tmp_path: Path
) -> None:
    boards = [PtyBoard(tmp_path / f"board{n}", footage=film) for n in range(3)]
    try:
        for board in boards:
            await board.start()
        done = await porch.provision("yard", *(board.port for board in boards))
        assert done.code == 0, done.out + done.err
        found = json.loads(done.out)["boards"]
        assert [row["camera"] for row in found] == ["yard-1", "yard-2", "yard-3"]
        assert len({row["id"] for row in found}) == 3
        # Once more, the other way round: each is who it was.
        again = await porch.provision("yard", *(board.port for board in reversed(boards)))
        assert [row["id"] for row in json.loads(again.out)["boards"]] == [
            row["id"] for row in reversed(found)
        ]
    finally:
        for board in boards:
            await board.stop()


async def test_a_camera_added_before_is_handed_its_key(
    porch: Porch, film: Path, tmp_path: Path
) -> None:
    where = ["--home", str(porch.home.path)]
    cli.dispatch(["camera", "add", "porch", "--label", "Front porch", *where])
    key = (porch.home.path / "boards/porch/board.key").read_bytes()
    async with PtyBoard(tmp_path / "board", footage=film) as board:
        done = await porch.provision("porch", board.port)
        assert done.code == 0, done.out + done.err
        assert (board.root / "board.key").read_bytes() == key
        # Erased and provisioned again: its boots go on, so the host takes its frames.
        boot = json.loads((board.root / "state.json").read_text())["boot"]
        await board.stop()
        for path in board.root.rglob("*"):
            if path.is_file():
                path.unlink()
        await board.start()
        await well(porch.provision("porch", board.port))
        assert (board.root / "board.key").read_bytes() == key
        state = json.loads((board.root / "state.json").read_text())
        assert state["boot"] > boot
        assert state["floor"] > 0
        granted = await porch.type("grant", "porch", "--to", "fire", *where)
        assert granted.code == 0, granted.err
        async with asyncio.timeout(30):
            assert await streamed(porch, done.board["id"]) == FRAMES


async def test_doctor_needs_nothing_but_the_port(porch: Porch, film: Path, tmp_path: Path) -> None:
    async with PtyBoard(tmp_path / "board", footage=film) as board:
        bare = await porch.type("doctor", str(board.port), "--json")
        assert bare.code == 1
        rows = {row["check"]: row for row in json.loads(bare.out)["checks"]}
        assert "provision" in rows["program"]["todo"]
        await well(porch.provision("porch", board.port))
        environment = {k: v for k, v in os.environ.items() if k != "PORCHLIGHT_HOME"}
        assert "PORCHLIGHT_HOME" not in environment
        done = await porch.type("doctor", str(board.port))
        assert done.code == 0, done.out + done.err
        assert "not sent" in done.out
