"""A virtual board is powered, reset, bitten and cut as a board is, and leaves nothing behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from porchkit import flashroot, footage, vboard
from porchkit.errors import CommandError
from tests.support import standins
from tests.support.ptyhost import PATIENCE_S, until

CONFIG = vboard.BoardConfig(
    "127.0.0.1", 8443, "host.example", b"der", bytes(range(32)), bytes(32), bytes(32)
)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    source = tmp_path / "film.mjpg"
    source.write_bytes(b"".join(standins.picture(shade) for shade in range(20)))
    return footage.prepare(source, tmp_path / "films")[0]


class Bench:
    """Boards that run a program of the test's own."""

    def __init__(self, folder: Path, film: Path) -> None:
        self._folder = folder
        self._film = film
        self.boards: list[vboard.VirtualBoard] = []

    async def run(self, program: str, **options: str | None) -> vboard.VirtualBoard:
        root = self._folder / f"board{len(self.boards)}"
        board = vboard.VirtualBoard(root, footage=self._film, heap=options.get("heap"))
        self.boards.append(board)
        flashroot.write(root, CONFIG)
        (root / "main.py").write_text(standins.HEAD + program)
        await board.start()
        return board


@pytest.fixture
async def bench(tmp_path: Path, film: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path, film)
    yield bench
    for board in bench.boards:
        await board.stop()


def printed(board: vboard.VirtualBoard) -> list[str]:
    """What the program printed, without our own notes."""
    lines = board.log.read_text().splitlines()
    return [line for line in lines if not line.startswith("---")]


def gone(pid: int | None) -> bool:
    """Neither running nor a zombie."""
    return not Path(f"/proc/{pid}").exists()


async def test_reset_restarts_the_program_and_says_why(bench: Bench) -> None:
    board = await bench.run(
        "import machine\nprint('cause', machine.reset_cause())\n"
        "if machine.reset_cause() == 1:\n"
        "    try:\n        machine.reset()\n    finally:\n        print('never')\n"
        "time.sleep(60)"
    )
    await until(lambda: len(printed(board)) == 2)
    assert printed(board) == ["cause 1", "cause 2"]
    assert board.resets == ["reset"]


@pytest.mark.parametrize(
    ("hang", "why"),
    [("while True: pass", "loops"), ("time.sleep(60)", "blocks"), ("raise OSError(5)", "dies")],
)
async def test_an_unfed_watchdog_bites_whatever_the_program_does(
    bench: Bench, hang: str, why: str
) -> None:
    board = await bench.run(
        "import machine\nprint('cause', machine.reset_cause())\n"
        f"if machine.reset_cause() == 1:\n    w = machine.WDT(timeout=300)\n    {hang}\n"
        "time.sleep(60)"
    )
    await until(lambda: "cause 3" in printed(board))
    assert board.resets == ["watchdog"], why


async def test_a_fed_watchdog_does_not_bite(bench: Bench) -> None:
    board = await bench.run(
        "import machine\nw = machine.WDT(timeout=1000)\n"
        "for _ in range(400):\n    w.feed()\n    time.sleep_ms(5)\n"
        "print('lived')\ntime.sleep(60)"
    )
    await until(lambda: printed(board))
    assert (printed(board), board.resets) == (["lived"], [])


async def test_a_program_that_dies_without_watchdog_stays_dead(bench: Bench) -> None:
    board = await bench.run("raise ValueError('wrong wire')")
    await asyncio.wait_for(board.ended(), PATIENCE_S)
    assert not board.powered
    assert board.pid is None
    assert "ValueError: wrong wire" in board.log.read_text()
    await board.start()
    await asyncio.wait_for(board.ended(), PATIENCE_S)
    assert board.log.read_text().count("wrong wire") == 2


async def test_power_cut_ends_it_at_once_and_leaves_no_zombie(bench: Bench) -> None:
    board = await bench.run("for n in range(100000):\n    print(n)\n    time.sleep_ms(1)")
    await until(lambda: printed(board))
    pid = board.pid
    board.kill()
    await board.ended()
    await until(lambda: gone(pid))
    last = printed(board)
    await board.start()
    await until(lambda: len(printed(board)) > len(last))
    assert printed(board)[len(last)] == "0", "a power-on starts from the beginning"
    await board.stop()
    await board.stop()
    assert gone(board.pid)
    assert not board.powered


async def test_starting_twice_is_refused(bench: Bench) -> None:
    board = await bench.run("time.sleep(60)")
    with pytest.raises(CommandError, match="on already"):
        await board.start()


async def test_the_clock_survives_a_reset_but_not_a_power_cut(bench: Bench) -> None:
    board = await bench.run(
        "import machine\nr = machine.RTC()\nprint(r.datetime()[0])\n"
        "if machine.reset_cause() == 1:\n"
        "    r.datetime((2031, 1, 1, 2, 0, 0, 0, 0))\n    machine.reset()\ntime.sleep(60)"
    )
    await until(lambda: len(printed(board)) == 2)
    assert printed(board) == ["2000", "2031"]
    await board.stop()
    await board.start()
    await until(lambda: len(printed(board)) == 4)
    assert printed(board)[2:] == ["2000", "2031"]


async def test_knobs_turn_while_it_runs(bench: Bench) -> None:
    board = await bench.run(
        "import ntptime\nwhile True:\n    try:\n        ntptime.time(); print('ok')\n"
        "    except OSError:\n        print('fail')\n    time.sleep_ms(5)"
    )
    await until(lambda: "ok" in printed(board))
    board.set_knob(ntp="fail")
    await until(lambda: printed(board)[-1] == "fail")
    board.set_knob(ntp=None)
    await until(lambda: printed(board)[-1] == "ok")


async def test_pins_and_pictures(bench: Bench, film: Path) -> None:
    board = await bench.run(
        "import camera, machine, hashlib\n"
        "c = camera.Camera(pixel_format=4, frame_size=10, **PINS)\n"
        "with open('shot.jpg', 'wb') as f: f.write(c.capture())\n"
        "c.deinit()\nmachine.Pin(32, machine.Pin.OUT, value=1)\nprint('done')"
    )
    await until(lambda: "done" in printed(board))
    assert (board.root / "shot.jpg").read_bytes() in list(footage.frames(film))
    assert [(pin, level) for _, pin, level in board.pins()] == [(32, 0), (32, 1)]


async def test_footage_of_another_size_is_made_when_the_sensor_asks(bench: Bench) -> None:
    board = await bench.run(
        "import camera\nc = camera.Camera(pixel_format=4, frame_size=8, **PINS)\n"
        "with open('shot.jpg', 'wb') as f: f.write(c.capture())\nprint('done')"
    )
    await until(lambda: "done" in printed(board))
    assert (board.root / "shot.jpg").read_bytes().find(b"\x01\x28\x01\x90") > 0  # 296 x 400


async def test_heap_is_as_small_as_asked(bench: Bench) -> None:
    board = await bench.run("import gc\nprint(gc.mem_free() + gc.mem_alloc())", heap="256k")
    await until(lambda: printed(board))
    assert 200_000 < int(printed(board)[0]) <= 256 * 1024


async def test_forty_boards_start_and_stop(bench: Bench) -> None:
    boards = [await bench.run("print('up')\ntime.sleep(60)") for _ in range(40)]
    await until(lambda: all(printed(board) for board in boards))
    pids = [board.pid for board in boards]
    await asyncio.gather(*(board.stop() for board in boards))
    assert all(gone(pid) for pid in pids)


def test_provisioning_writes_the_flash_and_keeps_keys_closed(tmp_path: Path, film: Path) -> None:
    board = vboard.VirtualBoard(tmp_path / "root", footage=film)
    board.provision(CONFIG)
    (board.root / "state.json").write_text("{}")
    (board.root / "agent" / "old.py").touch()
    board.provision(CONFIG)
    root = board.root
    assert (root / "main.py").is_file()
    assert (root / "lib/accord/grant.py").is_file()
    assert (root / "state.json").read_text() == "{}", "what the board stored stays"
    assert not (root / "agent" / "old.py").exists(), "the program is copied anew"
    assert not list(root.rglob("__pycache__"))
    assert (root / "board.key").read_bytes() == CONFIG.board_key
    assert (root / "board.key").stat().st_mode & 0o077 == 0
    assert root.stat().st_mode & 0o077 == 0
    config = json.loads((root / "config.json").read_text())
    assert (config["host"], config["port"], config["frame"]["mode"]) == (
        "127.0.0.1", 8443, "always",
    )  # fmt: skip
    assert config["motion"] == {
        "sensitivity": 50, "zones": None, "pre_roll_s": 2, "post_roll_s": 3,
    }  # fmt: skip
    assert json.loads((root / "board.json").read_text())["power_down"] == {"pin": 32, "active": 1}
    assert len(json.loads((root / "resident.json").read_text())["thumb"]) == 43


def test_no_secret_in_a_printed_config() -> None:
    assert str(CONFIG.board_key) not in repr(CONFIG)
    assert "none" not in repr(CONFIG), "the Wi-Fi password"


SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from porchkit import vboard
async def main():
    board = vboard.VirtualBoard(Path(sys.argv[1]), footage=Path(sys.argv[2]))
    await board.start()
    print(board.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
async def test_no_board_outlives_whoever_powers_it(tmp_path: Path, film: Path, end: int) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "main.py").write_text(
        "import machine, time\nw = machine.WDT(timeout=1000)\n"
        "while True:\n    w.feed()\n    time.sleep_ms(5)\n"
    )
    supervisor = subprocess.Popen(  # noqa: ASYNC220 - its end is waited for below
        [sys.executable, "-c", SUPERVISOR, str(root), str(film)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with supervisor:
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        assert not gone(pid)
        supervisor.send_signal(end)
    # Its new parent may be slow to reap it; a zombie is dead all the same.
    await until(lambda: gone(pid) or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2])
