"""Provisioning over a real serial port, killed, unplugged and bitten; the next run completes it."""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from porchkit.pty import PtyBoard
from tests.support.provisioning import Porch, copied, living, well

pytestmark = pytest.mark.asyncio(loop_scope="module")

RANDOM = random.Random(4)
PATIENCE_S = 30.0
SOON_S = 5.0  # two seconds, on a machine that has other things to do
FEEDS = """\
import machine, time
wdt = machine.WDT(timeout=2000)
while True:
    wdt.feed()
    time.sleep_ms(50)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def porch(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Porch]:
    """One host for all; each test has cameras with names of their own there."""
    async with living(tmp_path_factory.mktemp("porch")) as porch:
        yield porch


async def until(happened: Callable[[], bool]) -> None:
    """Wait for something that another process does; fails when it does not."""
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(0.02)


async def files(board: PtyBoard, count: int) -> None:
    """Wait until so many files of the program have arrived."""
    await until(lambda: len(list(board.root.rglob("*.mpy"))) >= count)


async def test_our_process_is_killed_in_the_middle(
    porch: Porch, film: Path, tmp_path: Path
) -> None:
    async with PtyBoard(tmp_path / "board", footage=film) as board:
        for signal_, count in ((signal.SIGKILL, 5), (signal.SIGINT, 30), (signal.SIGTERM, 60)):
            process = await porch.begin(*porch.words("porch", board.port))
            await files(board, count)
            process.send_signal(signal_)
            pressed = time.monotonic()
            _, said = await process.communicate()
            assert process.returncode != 0
            if signal_ == signal.SIGINT:
                assert time.monotonic() - pressed < SOON_S
                assert process.returncode == 130
                assert b"half provisioned: run the same command again" in said
            # What would run now, had the power been cut too?
            await board.stop()
            await board.start()
            await until(lambda: "provisioning was cut short" in board.log.read_text())
            board.log.write_text("")
        done = await well(porch.provision("porch", board.port))
        assert 0 < done.board["files_copied"] < 40  # what had arrived was not sent again


async def test_the_board_is_unplugged_in_the_middle(
    porch: Porch, film: Path, tmp_path: Path
) -> None:
    async with PtyBoard(tmp_path / "board", footage=film) as board:
        for count in sorted(RANDOM.sample(range(1, 70), 3)):
            process = await porch.begin(*porch.words("attic", board.port))
            await files(board, count)
            board.kill()
            _, said = await process.communicate()
            assert process.returncode == 1
            assert b"run the same command again" in said
            assert b"Traceback" not in said
            await board.start()
        await well(porch.provision("attic", board.port))


async def test_a_running_watchdog_does_not_bite(porch: Porch, film: Path, tmp_path: Path) -> None:
    board = PtyBoard(tmp_path / "board", footage=film)
    board.root.mkdir()
    (board.root / "main.py").write_text(FEEDS)
    async with board:
        done = await well(porch.provision("side", board.port))
        assert set(done.outcomes.values()) == {"pass"}
        assert "watchdog" not in board.resets
        assert board.resets[-1] == "reset"  # back into service


async def test_a_camera_that_is_refused_goes_back_to_work(
    porch: Porch, film: Path, tmp_path: Path
) -> None:
    async with copied(tmp_path / "board", film) as board:
        await well(porch.provision("shed", board.port))
        board.resets.clear()
        refused = await porch.provision("yard", board.port)
        assert refused.code == 1
        assert "porchlight provision shed" in refused.err
        await until(lambda: board.resets[-1:] == ["reset"])
