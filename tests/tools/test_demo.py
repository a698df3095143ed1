"""The demo, really run: pictures, clean ends, loopback only, and a check that can fail."""

import asyncio
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from accord import b64
from porchkit import cli
from porchkit.client import AsyncClient
from porchkit.demo import story
from porchkit.demo.acts import Hub, Resident
from porchkit.demo.report import Report
from porchkit.demo.stage import Stage
from porchkit.demo.story import Story
from porchkit.demo.track import Track
from porchkit.demo.viewer import Viewer

START_S = 60
END_S = 30
LISTEN = "0A"
LOOPBACK = "0100007F"  # 127.0.0.1 as /proc/net/tcp writes it


def _demo(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "porchkit.cli", "demo", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )


def _left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith("porchlight-demo-")]


def _check_document(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\n") == 1, "exactly one JSON object"
    found = json.loads(done.stdout)
    assert found["ok"] is True
    assert all(step["ok"] for step in found["steps"])
    assert found["leaked_frames"] == 0
    assert found["revoke_to_last_frame_ms"] < 1000
    assert found["revoke_to_last_byte_ms"] < 1000
    assert 0 < found["grant_to_first_frame_ms"] < 10_000
    assert [camera["name"] for camera in found["cameras"]] == ["porch", "garden", "drive"]
    for camera in found["cameras"]:
        assert camera["frames"] >= 10
        assert camera["disorder"] == 0
        # What the hub saw did pass the board's socket: the tap is not blind.
        assert camera["socket_bytes"] > camera["frames"] * 1024
    return found


@pytest.fixture
def checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., dict]:
    """Run the check in this process, with a shorter look at everything; what it found."""

    def check(*words: str) -> dict:
        for name, seconds in (("DARK_S", 0.5), ("WATCH_S", 3.0), ("GUARD_S", 1.0)):
            monkeypatch.setattr(story, name, seconds)
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        command = ["demo", "--check", "--json", *words]
        code = cli.main(command)
        found = _check_document(subprocess.CompletedProcess(command, code, *capfd.readouterr()))
        assert _left_over(tmp_path) == []
        return found

    return check


def test_check_on_the_generated_street(checked: Callable[..., dict]) -> None:
    assert len(checked()["steps"]) == 9


def test_check_on_real_footage(checked: Callable[..., dict], shared: Path) -> None:
    footage = str(shared / "data" / "motion")
    assert checked("--footage", footage)["footage"] == footage


async def test_the_check_fails_when_consent_is_not_obeyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revocation that reaches nobody must show in every figure that counts leaks."""

    class Forgetful(Resident):
        async def revoke(self, jti: str) -> None:
            """Says so, and does nothing."""

    monkeypatch.setattr(story, "WATCH_S", 1.5)
    monkeypatch.setattr(story, "END_S", 1.5)
    monkeypatch.setattr(story, "GUARD_S", 1.0)
    report = Report("street", lambda _line: None)
    async with Stage(tmp_path, tapped=True) as stage:
        house = stage.house
        async with stage.client(house.resident) as mine, stage.client(house.hub) as theirs:
            tracks = [Track(camera, stage.taps[camera.name]) for camera in stage.cameras]
            people = Forgetful(mine, house.resident), Hub(theirs, house.hub)
            await Story(*people, tracks, report).run()
    held = {step.name for step in report.steps if step.ok}
    assert held == {
        "no grant, no picture",
        "a grant opens the picture",
        "pictures flow, in order",
        "one wall of all cameras",
    }
    found = report.document()
    assert found["ok"] is False
    assert found["leaked_frames"] > 0
    assert all(camera["leaked_bytes"] > 0 for camera in found["cameras"])
    assert found["revoke_to_last_frame_ms"] > 1000


class Shown:
    """A running `porchlight demo`, with the address it printed."""

    def __init__(self, tmp_path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "porchkit.cli", "demo"],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        assert self.process.stdout is not None
        lines = iter(self.process.stdout.readline, "")
        self.base, _, fragment = next(line for line in lines if "#demo=" in line).partition(
            "#demo="
        )
        self.held = json.loads(b64.decode(fragment.strip()))

    def family(self) -> list[int]:
        """The demo and every process below it."""
        parents = dict(_parents())
        found = [self.process.pid]
        while more := [
            pid for pid, above in parents.items() if above in found and pid not in found
        ]:
            found += more
        return found

    def key(self, who: str) -> ec.EllipticCurvePrivateKey:
        secret = int.from_bytes(b64.decode(self.held[who]["d"]))
        return ec.derive_private_key(secret, ec.SECP256R1())


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Shown]:
    running = Shown(tmp_path)
    with running.process:
        yield running
        running.process.kill()


async def _watch_all(shown: Shown) -> int:
    """How many cameras show two pictures, seen with what is in the page's address alone."""
    async with (
        AsyncClient(shown.base, shown.key("resident")) as mine,
        AsyncClient(shown.base, shown.key("hub")) as theirs,
    ):
        ids = [row["id"] for row in (await mine.get("/cameras"))["cameras"]]
        wish = {"cameras": ids, "action": "live", "case": "C-1", "purpose": "fire", "reason": "r"}
        urls = (await theirs.open_view(wish))["urls"]["cameras"]
        viewers = [Viewer(theirs, urls[camera]["stream"]) for camera in ids]
        moved = await asyncio.gather(*(viewer.wait_count(2, 10) for viewer in viewers))
        own = {**wish, "purpose": "own-use", "case": "", "reason": ""}
        assert "ticket" in await mine.post("/views", own)
        await asyncio.gather(*(viewer.close() for viewer in viewers))
    return sum(moved)


def _commands_hear_the_board(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*words: str) -> str:
        assert cli.main([*words, "--home", str(home)]) == 0
        return capsys.readouterr().out

    assert "The board holds the grant." in said("grant", "porch", "--to", "fire-brigade")
    assert "held" in said("grants")
    assert "the board confirmed: dark" in said("revoke", "porch")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_shown_and_ended(
    shown: Shown, tmp_path: Path, ending: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    if ending == signal.SIGINT:
        assert asyncio.run(_watch_all(shown)) == 3
    else:
        [folder] = tmp_path.glob("porchlight-demo-*")
        _commands_hear_the_board(folder / "home", capsys)
    family = shown.family()
    assert len(family) >= 5, "the demo, a host, three boards"
    addresses = _listening(family)
    assert addresses
    assert set(addresses) == {LOOPBACK}
    assert len(_left_over(tmp_path)) == 1

    shown.process.send_signal(ending)
    assert shown.process.wait(END_S) == 0
    assert [pid for pid in family if Path(f"/proc/{pid}").exists()] == []
    assert _left_over(tmp_path) == []


def test_killed(shown: Shown) -> None:
    """Nothing can be put away then, but host and boards do not go on alone."""
    family = shown.family()
    shown.process.kill()
    shown.process.wait()
    for pid in family[1:]:
        assert _gone(pid), Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (["--json"], 2, "--check"),
        (["--port", "70000"], 2, "65535"),
        (["--footage", "/nowhere/at.all"], 1, "/nowhere/at.all: no such file"),
    ],
)
def test_what_cannot_be_shown(tmp_path: Path, words: list[str], code: int, hint: str) -> None:
    done = _demo(tmp_path, *words)
    assert done.returncode == code, done.stderr
    assert done.stderr.count("\n") == 1
    assert hint in done.stderr
    assert _left_over(tmp_path) == []


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = _demo(tmp_path, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "cannot listen on 127.0.0.1 port" in done.stderr
    assert done.stderr.count("\n") == 1
    assert _left_over(tmp_path) == []


def _gone(pid: int) -> bool:
    """Wait for a process that is not our child; False if it is still there after END_S."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], END_S)[0])
    finally:
        os.close(handle)


def _parents() -> Iterator[tuple[int, int]]:
    """(pid, its parent's) of every process."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        yield int(stat.parent.name), int(fields[1])


def _listening(pids: list[int]) -> list[str]:
    """The local addresses on which these processes listen, as the kernel writes them."""
    links = [_target(link) for pid in pids for link in Path(f"/proc/{pid}/fd").glob("*")]
    inodes = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    return [row[1].partition(":")[0] for row in rows if row[3] == LISTEN and row[9] in inodes]


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # closed meanwhile
        return ""
