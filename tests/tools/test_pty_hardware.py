"""The suite for real boards (tests/hardware) runs here against virtual ones."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from porchkit import flashroot, keys
from porchkit.pty import PtyBoard
from tests.support.fakehost import Ca

PATIENCE_S = 240


def config() -> flashroot.BoardConfig:
    """Provisioned for a host that is not there."""
    x, y = keys.coordinates(keys.generate().public_key())
    return flashroot.BoardConfig("127.0.0.1", 9, "localhost", Ca().der, bytes(range(32)), x, y)


async def suite(root: Path, *words: str) -> tuple[dict[str, int], str]:
    """Run it as the README says; (how many passed, failed, were skipped, what it said)."""
    return await typed(
        root, sys.executable, "-m", "pytest", "tests/hardware", "-q", "--color=no", *words
    )


async def typed(root: Path, *command: str) -> tuple[dict[str, int], str]:
    """The same of any command that ends with the suite."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    finally:
        if process.returncode is None:
            process.kill()
    *_, last = (line for line in said.decode().splitlines() if re.search(r" in [\d.]+s", line))
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|skipped|error)", last)}
    return counts, said.decode()


async def test_a_board_that_is_not_provisioned(tmp_path: Path, root: Path) -> None:
    async with PtyBoard(tmp_path / "board") as board:
        flashroot.copy_firmware(board.root)
        counts, said = await suite(root, "--port", str(board.port))
    assert counts == {"passed": 11, "skipped": 2}, said
    assert "a virtual board has no chip to ask" in said


async def test_make_tests_a_board_that_is_provisioned(tmp_path: Path, root: Path) -> None:
    board = PtyBoard(tmp_path / "board")
    flashroot.write(board.root, config())
    made = ["make", "--old-file=.venv/.dev", f"BIN={Path(sys.executable).parent}"]
    async with board:
        counts, said = await typed(root, *made, "hardware", f"PORT={board.port}")
    assert counts == {"passed": 11, "skipped": 2}, said
    assert "Error" not in said, "make's own word for an exit code"


async def test_a_board_without_the_firmware_fails(tmp_path: Path, root: Path) -> None:
    async with PtyBoard(tmp_path / "board") as board:
        counts, said = await suite(root, "--port", str(board.port), "-k", "file_is or answers")
    assert counts == {"passed": 1, "failed": 1}, said
    assert "porchlight provision copies them" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "no board: pytest tests/hardware --port"),
        (["-pno:pytest_embedded", "--port", "/dev/nowhere"], "pytest-embedded is missing"),
    ],
)
async def test_without_a_board_it_says_what_is_missing(
    root: Path, words: list[str], says: str
) -> None:
    counts, said = await suite(root, *words)
    assert counts == {"skipped": 13}, said
    assert says in said
