"""mpremote itself, as it is installed, works on a virtual board as it does on a real one."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from porchkit.pty import PtyBoard
from tests.support.ptyhost import done, mpremote, until

# A command takes 0.2 s on an idle machine; the promise is a second, the rest is for a busy one.
EACH_S = 5.0


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[PtyBoard]:
    async with PtyBoard(tmp_path / "board") as board:
        yield board


async def test_exec_eval_run(board: PtyBoard, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys\nprint('ran on', sys.implementation.name)\n")
    assert await done(board.port, "exec", "print(6 * 7)") == "42\n"
    assert await done(board.port, "eval", "{'a': [1, 2]}") == "{'a': [1, 2]}\n"
    assert await done(board.port, "run", script) == "ran on micropython\n"


async def test_an_error_on_the_board_is_an_error_of_the_command(board: PtyBoard) -> None:
    said = await mpremote(board.port, "exec", "raise ValueError('wrong wire')")
    assert said.code == 1
    assert "ValueError: wrong wire" in said.out


async def test_files_there_and_back(board: PtyBoard, tmp_path: Path) -> None:
    port, content = board.port, os.urandom(9000)  # every byte, control characters too
    (tmp_path / "bytes.bin").write_bytes(content)
    await done(port, "fs", "cp", tmp_path / "bytes.bin", ":bytes.bin")
    assert (board.root / "bytes.bin").read_bytes() == content
    await done(port, "fs", "mkdir", ":/d", "+", "fs", "cp", ":bytes.bin", ":/d/copy.bin")
    assert hashlib.sha256(content).hexdigest() in await done(
        port, "fs", "sha256sum", ":/d/copy.bin"
    )
    assert await done(port, "fs", "ls") == "ls :\n        9000 bytes.bin\n           0 d/\n"
    await done(port, "fs", "cp", ":/d/copy.bin", tmp_path / "back.bin")
    assert (tmp_path / "back.bin").read_bytes() == content
    await done(port, "fs", "rm", ":bytes.bin", "+", "fs", "rm", ":/d/copy.bin")
    await done(port, "fs", "rmdir", ":/d")
    assert list(board.root.iterdir()) == []


async def test_a_text_file_is_shown(board: PtyBoard) -> None:
    (board.root / "note.txt").write_text("a line\nand ümläuts\n", encoding="utf-8")
    assert (await done(board.port, "fs", "cat", ":note.txt")).endswith("a line\nand ümläuts\n")


async def test_a_folder_is_copied_whole(board: PtyBoard, tmp_path: Path) -> None:
    source = tmp_path / "parts"
    (source / "inner").mkdir(parents=True)
    (source / "one.py").write_text("one = 1\n")
    (source / "inner" / "two.py").write_text("two = 2\n")
    await done(board.port, "fs", "cp", "-r", source, ":")
    assert await done(board.port, "exec", "import parts.inner.two as m; print(m.two)") == "2\n"
    assert "two.py" in await done(board.port, "fs", "tree")


async def test_how_full_the_flash_is(board: PtyBoard) -> None:
    (board.root / "big").write_bytes(bytes(1_000_000))
    assert "2097152" in await done(board.port, "df")


async def test_a_mounted_folder_is_imported_from(board: PtyBoard, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "changed.py").write_text("line = 'the changed line'\n")
    (work / "numbers.json").write_text("[1, 2, 3]")
    program = "import changed, json; print(changed.line, json.load(open('numbers.json')))"
    assert "the changed line [1, 2, 3]" in await done(board.port, "mount", work, "exec", program)
    assert list(board.root.iterdir()) == []


async def test_the_firmware_is_installed_from_its_package(board: PtyBoard, root: Path) -> None:
    firmware = root / "firmware"
    port = board.port.resolve()  # to a name below /dev/pts mpremote does not pause while it reads
    await done(port, "mip", "install", "--target", "/", firmware / "package.json")
    for target, source in json.loads((firmware / "package.json").read_text())["urls"]:
        assert (board.root / target).read_bytes() == (firmware / source).read_bytes()
    program = "import accord.grant, agent.gate; print(agent.gate.__file__)"
    assert await done(board.port, "exec", program) == "agent/gate.py\n"


async def test_soft_reset_leaves_main_alone_and_a_hard_one_runs_it(board: PtyBoard) -> None:
    await done(board.port, "exec", "pass")  # it has started
    (board.root / "main.py").write_text("open('ran', 'a').write('x')\n")
    await done(board.port, "soft-reset")
    assert not (board.root / "ran").exists()
    await done(board.port, "reset")
    await until((board.root / "ran").exists)  # mpremote does not wait for it
    assert board.resets[-1] == "reset"


async def test_twenty_soft_resets_in_a_row(board: PtyBoard) -> None:
    slowest = 0.0
    for number in range(20):
        said = await mpremote(board.port, "exec", f"print({number})")  # each begins with one
        assert (said.code, said.out) == (0, f"{number}\n")
        slowest = max(slowest, said.seconds)
    assert board.resets == ["soft-reset"] * 20
    assert slowest < EACH_S


async def test_resume_keeps_what_is_there(board: PtyBoard) -> None:
    await done(board.port, "exec", "kept = 7")
    assert await done(board.port, "resume", "exec", "print(kept)") == "7\n"


async def test_it_takes_over_from_a_program_that_runs(board: PtyBoard) -> None:
    (board.root / "main.py").write_text("while True:\n    pass\n")
    await done(board.port, "reset")
    assert await done(board.port, "exec", "print('mine')") == "mine\n"


async def test_ctrl_c_ends_an_endless_loop(board: PtyBoard) -> None:
    command = [sys.executable, "-m", "mpremote", "connect", str(board.port), "exec"]
    process = await asyncio.create_subprocess_exec(
        *command, "print('going')\nwhile True: pass", stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), EACH_S) == b"going\n"
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), EACH_S)
    finally:
        if process.returncode is None:
            process.kill()
    assert await done(board.port, "exec", "print('back')") == "back\n"


async def test_the_clock_is_shown_and_set(board: PtyBoard) -> None:
    assert await done(board.port, "rtc") != ""
    await done(board.port, "rtc", "--set")
    assert (await done(board.port, "rtc")).startswith("(20")


async def test_a_port_that_is_gone_is_a_plain_error(tmp_path: Path) -> None:
    async with PtyBoard(tmp_path / "board") as board:
        pass
    said = await mpremote(board.port, "exec", "1")
    assert said.code == 1
    assert "failed to access" in said.out
