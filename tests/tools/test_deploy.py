"""`porchlight deploy` and `porchlight maintenance` on a virtual board on a serial port."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from porchkit import flashroot, keys
from porchkit.errors import CommandError
from porchkit.provision import cells, deploy, install, program
from porchkit.provision.board import Board
from porchkit.provision.errors import LinkLost
from porchkit.pty import PtyBoard
from tests.support.bareboard import BEFORE, DURING, BareBoard, boot
from tests.support.fakehost import Ca
from tests.support.provisioning import typed
from tests.support.ptyhost import until

PATIENCE_S = 60


def provisioned(root: Path) -> Path:
    """A camera's flash, for a host that is not there."""
    x, y = keys.coordinates(keys.generate().public_key())
    config = flashroot.BoardConfig("127.0.0.1", 9, "localhost", Ca().der, bytes(range(32)), x, y)
    flashroot.write(root, config)
    return root


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[PtyBoard]:
    async with PtyBoard(provisioned(tmp_path / "board")) as board:
        yield board


@pytest.fixture
def tree(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the firmware, to be changed."""
    copy = tmp_path / "tree"
    for name in flashroot.FIRMWARE:
        source = root / "firmware" / name
        (shutil.copytree if source.is_dir() else _copied)(source, copy / name)
    monkeypatch.setattr(program, "firmware_root", lambda: copy)
    return copy


def _copied(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


async def begin(*words: str) -> asyncio.subprocess.Process:
    """One command line, running."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "porchkit.cli", *words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


async def ran(*words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command line."""
    done = await typed(*words)
    return done.code, done.out, done.err


def onto(root: Path, **options: bool) -> deploy.Deployed:
    """Deploy to a board at its prompt, in this thread."""
    with Board(BareBoard(root)) as board:
        wanted = {"compiled": False, **options}
        return deploy.deploy(board, "test", told=lambda text: None, **wanted)


async def test_what_is_there_already_is_not_copied_and_its_log_is_read(board: PtyBoard) -> None:
    process = await begin("deploy", str(board.port))
    assert process.stdout is not None
    lines = []
    async with asyncio.timeout(PATIENCE_S):
        while not lines or "radio" not in lines[-1]:
            lines.append((await process.stdout.readline()).decode())
    process.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 0
    assert all(line[:-1].isprintable() for line in lines)
    assert "Nothing had to be copied." in err.decode()
    assert board.resets[-1] == "reset"
    assert "interrupted" not in board.log.read_text().rpartition("rst:")[2]


async def test_a_changed_line_runs(tree: Path, tmp_path: Path) -> None:
    root = provisioned(tmp_path / "flash")
    onto(root)
    version = tree / "agent" / "watchdog.py"
    version.write_text(version.read_text("utf-8") + "\nprint('the changed line')\n")
    done = onto(root)
    assert (done.files, done.bytes) == (1, version.stat().st_size)
    async with PtyBoard(root) as board:
        await until(lambda: "the changed line" in board.log.read_text())


async def test_a_board_that_is_not_provisioned_is_refused_in_one_line(tmp_path: Path) -> None:
    async with PtyBoard(tmp_path / "board") as board:
        flashroot.copy_firmware(board.root)
        before = sorted(path.name for path in board.root.iterdir())
        code, out, err = await ran("deploy", str(board.port))
        after = sorted(path.name for path in board.root.iterdir())
    assert (code, out, after) == (1, "", before)
    assert err.count("\n") == 1
    assert "is not provisioned" in err
    assert f"porchlight provision NAME --port {board.port}" in err


def test_a_provisioning_that_was_cut_short_is_not_deploy_s_to_complete(tmp_path: Path) -> None:
    root = provisioned(tmp_path / "flash")
    (root / install.MARK).write_text(json.dumps({"state": "partial", "files": {}}))
    with pytest.raises(CommandError, match="was cut short; first: porchlight provision"):
        onto(root)


def test_only_the_program_changes(tree: Path, tmp_path: Path) -> None:
    root = provisioned(tmp_path / "flash")
    (root / "release.json").write_text('{"updates": "ask"}')
    (root / "state.json").write_text("what it stored")
    (root / "notes.txt").write_text("the resident's own")
    (root / "agent" / "gone.py").write_text("x = 1")
    (root / "a" / "agent").mkdir(parents=True)
    (root / "slot.json").write_bytes(cells.sealed({"generation": 3, "slot": "a", "highest": 7}))
    names = ("config.json", "board.json", "resident.json", "ca.der", "board.key", "release.json")
    kept = {name: (root / name).read_bytes() for name in (*names, "state.json", "notes.txt")}
    onto(root)
    assert {name: (root / name).read_bytes() for name in kept} == kept
    assert not (root / "agent" / "gone.py").exists()
    assert not (root / "a").exists()
    record = cells.opened((root / "slot.json").read_bytes())
    assert record is not None
    assert (record["slot"], record["highest"]) == ("", 7)
    mark = json.loads((root / install.MARK).read_text())
    assert mark["state"] == "whole"
    assert mark["files"] == program.as_source(tree).hashes


def test_compiled_and_back(tmp_path: Path) -> None:
    root = provisioned(tmp_path / "flash")
    onto(root, compiled=True)
    assert (root / "agent/gate.mpy").exists()
    assert not (root / "agent/gate.py").exists()
    onto(root)
    assert not (root / "agent/gate.mpy").exists()


def run_into(line: BareBoard) -> bool:
    """Deploy over a line that is cut; False where all was done before that."""
    try:
        with Board(line) as board:
            deploy.deploy(board, "test", compiled=False, told=lambda text: None)
    except LinkLost:
        return True
    return False


def first_mark(root: Path) -> int:
    """The write with which a deploy to this board says that it has begun; nothing is changed."""
    shutil.copytree(root, copy := root.with_name("dry"))
    line = BareBoard(copy)
    assert not run_into(line)
    shutil.rmtree(copy)
    return next(n for n, sent in enumerate(line.sent, 1) if b"'provision.json',0," in sent)


@pytest.mark.parametrize("cut", [BEFORE, DURING])
def test_a_deploy_that_was_cut_short_is_completed_by_the_next(
    tree: Path, tmp_path: Path, cut: str
) -> None:
    root = provisioned(tmp_path / "flash")
    onto(root)
    changed = [tree / "agent" / name for name in ("watchdog.py", "clock.py")]
    for path in changed:
        path.write_text(path.read_text("utf-8") + "# changed\n")
    states = []
    # Ever later: each run goes on from what the one before left, until one has nothing to do.
    for at in range(first_mark(root), 200, 5):
        if not run_into(BareBoard(root, cut_at=at, cut=cut)):
            break
        states.append(json.loads((root / install.MARK).read_text())["state"])
    assert "partial" in states
    mark = json.loads((root / install.MARK).read_text())
    assert (mark["state"], mark["files"]) == ("whole", program.as_source().hashes)
    for path in changed:
        assert (root / "agent" / path.name).read_bytes() == path.read_bytes()


def test_while_a_deploy_is_cut_short_nothing_runs(tmp_path: Path) -> None:
    root = provisioned(tmp_path / "flash")
    with Board(BareBoard(root)) as board:
        install.begin(board, install.plan(board, None, {}), deploy.BY)
    assert "provisioning was cut short" in boot(root)


async def test_maintenance_is_switched_and_doctor_tells(board: PtyBoard) -> None:
    await until(lambda: "radio" in board.log.read_text())
    code, out, err = await ran("maintenance", "on", str(board.port))
    assert code == 0, err
    assert "maintenance is on" in out
    assert (board.root / "maintenance").exists()
    await until(lambda: "maintenance: the watchdog is off" in board.log.read_text())
    code, out, _ = await ran("maintenance", "on", str(board.port))
    assert (code, "on already" in out) == (0, True)
    code, out, err = await ran("maintenance", "off", str(board.port))
    assert code == 0, err
    assert "its watchdog runs" in out
    assert not (board.root / "maintenance").exists()


async def test_make_deploys(board: PtyBoard, root: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *("make", "--old-file=.venv/.flash", f"BIN={Path(sys.executable).parent}"),
        *("deploy", f"PORT={board.port}"),
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while "radio" not in said:
                line = await process.stdout.readline()
                assert line, said
                said += line.decode()
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does at Ctrl-C
        await asyncio.wait_for(process.wait(), PATIENCE_S)
    assert "Nothing had to be copied." in said


async def test_make_hardware_wants_a_port(root: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *("make", "--old-file=.venv/.dev", "hardware"),
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode != 0
    assert b"make hardware PORT=/dev/ttyUSB0" in said
