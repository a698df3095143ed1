"""A bench that is stopped in the middle of its work leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def running(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A bench in the middle of its work, with a folder for temporary files of its own."""
    words = ["bench", "slow", "--own", "--rounds", "100", "--seconds", "0.4", "--warm", "0"]
    path = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        [sys.executable, "-m", "porchkit.cli", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": path},
    )
    assert process.stderr is not None
    try:
        said = iter(process.stderr.readline, "")
        assert any("round 2" in line for line in said)  # a host, boards, viewers have been there
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def left_of(folder: Path) -> list[str]:
    """Processes that were given this folder for temporary files."""
    needle = f"TMPDIR={folder}\0".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if needle in (process / "environ").read_bytes() + b"\0":
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            pass  # it has ended, or is not ours
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_of_a_bench_that_is_stopped(
    running: "subprocess.Popen[str]", tmp_path: Path, number: signal.Signals
) -> None:
    running.send_signal(number)
    assert running.wait(30) == 130
    assert left_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_nothing_keeps_running_of_a_bench_that_is_killed(
    running: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    running.kill()
    running.wait(30)
    limit = time.monotonic() + 30
    while left := left_of(tmp_path):
        assert time.monotonic() < limit, left
        time.sleep(0.05)
