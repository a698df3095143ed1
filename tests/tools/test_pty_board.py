"""A virtual board on a serial port starts, resets, hangs and is unplugged as a board is."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from porchkit.errors import CommandError
from porchkit.pty import PtyBoard
from tests.support.ptyhost import Terminal, gone, until

BANNER = 'Type "help()" for more information.'
LOOP = "print('working')\nwhile True:\n    pass\n"
HELD_KNOB = {"inputs": {"0": 0}}


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[PtyBoard]:
    board = PtyBoard(tmp_path / "board", knobs=HELD_KNOB)
    board.root.mkdir()
    yield board
    await board.stop()


async def power(board: PtyBoard, **files: str) -> Terminal:
    """Lay out the flash, plug the board in, and open its port before it says a word."""
    for name, source in files.items():
        (board.root / f"{name}.py").write_text(source)
    await board.start()
    return Terminal(board.port)


async def test_a_fresh_board_gives_its_prompt_and_an_empty_root(board: PtyBoard) -> None:
    with await power(board) as host:
        assert BANNER in await host.prompt()
        assert await host.ask("import os, sys; os.listdir('/'), os.getcwd(), sys.path") == (
            "([], '/', ['', '.frozen', '/lib'])"
        )
        assert await host.ask("[n for n in sorted(globals()) if n[0] != '_']") == "['os', 'sys']"


async def test_a_program_sees_its_flash_alone(board: PtyBoard, tmp_path: Path) -> None:
    (tmp_path / "host.txt").write_text("not the board's")
    with await power(board) as host:
        await host.prompt()
        assert "ENOENT" in await host.ask(f"open({str(tmp_path / 'host.txt')!r})")
        assert await host.ask("f = open('/a.txt', 'w'); f.write('kept'); f.close()") == "4"
        await host.ask("import os; os.mkdir('/d')")
        assert await host.ask("sorted(os.ilistdir('/'))") == (
            "[('a.txt', 32768, 0, 4), ('d', 16384, 0, 0)]"
        )
        assert await host.ask("os.statvfs('/')[:5]") == "(4096, 4096, 512, 507, 507)"
        assert await host.ask("hasattr(os, 'system'), hasattr(os, 'getenv')") == "(False, False)"
    assert (board.root / "a.txt").read_text() == "kept"
    assert sorted(path.name for path in board.root.iterdir()) == ["a.txt", "d"]


async def test_boot_then_main_then_the_prompt_in_one_namespace(board: PtyBoard) -> None:
    with await power(board, boot="a = 20\n", main="b = a + 1\nprint(__name__, __file__)\n") as host:
        assert "__main__ main.py" in await host.prompt()
        assert await host.ask("a + b") == "41"
        host.type(b"\x04")
        said = await host.prompt()
    assert said.index("MPY: soft reboot\r\n") < said.index("__main__ main.py") < said.index(BANNER)


async def test_a_failing_boot_keeps_main_from_running(board: PtyBoard) -> None:
    with await power(board, boot="def f():\n    1/0\nf()\n", main="print('main')\n") as host:
        said = await host.prompt()
    trace = said[said.index("Traceback") : said.index("ZeroDivisionError")]
    assert trace.split("\n")[1:-1] == [
        '  File "boot.py", line 3, in <module>',
        '  File "boot.py", line 2, in f',
    ]
    assert "main" not in trace


@pytest.mark.parametrize("wait", ["pass", "time.sleep(60)", "asyncio.run(asyncio.Event().wait())"])
async def test_ctrl_c_interrupts_main_and_gives_the_prompt(board: PtyBoard, wait: str) -> None:
    program = f"import asyncio, time\nprint('working')\nwhile True:\n    {wait}\n"
    with await power(board, main=program) as host:
        await host.until(b"working")
        host.type(b"\x03")
        assert "KeyboardInterrupt" in await host.prompt()
        assert await host.ask("1 + 1") == "2"
    assert board.resets == []


async def test_ctrl_c_in_the_middle_of_collecting_garbage_gives_the_prompt(board: PtyBoard) -> None:
    """Where it is raised, MicroPython may not survive it; the host must not notice more than a
    restart."""
    program = (
        "kept = list(range(60000))\nprint('working')\nwhile True:\n    [[n] for n in range(99)]\n"
    )
    with await power(board, main=program) as host:
        for _ in range(10):
            await host.until(b"working")
            host.type(b"\x03\rprint('af' + 'ter')\r")
            await host.until(b"after\n>>> ")
            assert await host.ask("1 + 1") == "2"
            host.type(b"\x04")


async def test_ctrl_c_before_the_program_begins_is_not_lost(board: PtyBoard) -> None:
    with await power(board, main=LOOP) as host:
        host.type(b"\r\x03\x03")
        assert "KeyboardInterrupt" in await host.prompt()


async def test_ctrl_c_at_the_prompt_clears_the_line(board: PtyBoard) -> None:
    with await power(board) as host:
        await host.prompt()
        pid = board.pid
        host.type(b"1/0\x03")
        await host.prompt()
        assert await host.ask("2 + 2") == "4"
    assert board.pid == pid


@pytest.mark.parametrize("leave", ["sys.exit()", "raise SystemExit", "machine.soft_reset()"])
async def test_what_leaves_main_resets_softly(board: PtyBoard, leave: str) -> None:
    program = (
        "import machine, sys\nprint('cause', machine.reset_cause())\n"
        f"if machine.reset_cause() == 1:\n    {leave}\n"
    )
    with await power(board, main=program) as host:
        said = await host.prompt()
    assert said.index("cause 1") < said.index("MPY: soft reboot\r\n") < said.index("cause 5")
    assert board.resets == ["soft-reset"]


async def test_a_soft_reset_from_the_raw_repl_runs_boot_but_not_main(board: PtyBoard) -> None:
    with await power(board, boot="print('boot')\n", main="print('main')\n") as host:
        await host.prompt()
        host.type(b"\r\x01")
        await host.until(b"raw REPL; CTRL-B to exit\r\n>")
        host.type(b"\x04")
        said = await host.until(b"raw REPL; CTRL-B to exit\r\n>")
        assert said.startswith("OK\r\nMPY: soft reboot\r\nboot\n")
        assert "main" not in said
        assert BANNER not in said
        host.type(b"print(6 * 7)\x04")
        assert await host.until(b"\x04>") == "OK42\n\x04\x04>"
        host.type(b"\x02")
        assert BANNER in await host.prompt()
        host.type(b"\x04")
        said = await host.prompt()
        assert said.index("boot\n") < said.index("main\n")


async def test_raw_code_that_exits_comes_back_to_the_raw_repl(board: PtyBoard) -> None:
    with await power(board, main="print('main')\n") as host:
        await host.prompt()
        for _ in range(3):
            host.type(b"\x01")
            await host.until(b"raw REPL; CTRL-B to exit\r\n>")
            host.type(b"import sys; sys.exit()\x04")
            said = await host.until(b"raw REPL; CTRL-B to exit\r\n>")
            assert "MPY: soft reboot" in said
            assert "main" not in said


async def test_a_hard_reset_runs_main_and_keeps_the_clock(board: PtyBoard) -> None:
    program = (
        "import machine\nclock = machine.RTC()\n"
        "print(machine.reset_cause(), clock.datetime()[0])\n"
        "if machine.reset_cause() == 1:\n"
        "    clock.datetime((2031, 1, 1, 2, 0, 0, 0, 0))\n"
        "    try:\n        machine.reset()\n    finally:\n        print('never')\n"
    )
    with await power(board, main=program) as host:
        said = await host.prompt()
        assert said.index("1 2000") < said.index("rst:0xc (SW_CPU_RESET)") < said.index("2 2031")
        assert "never" not in said
        host.type(b"\x01import machine; machine.reset()\x04")
        said = await host.prompt()
        assert "rst:0xc" in said
        assert "2 2031" in said
    assert board.resets == ["reset", "reset"]


async def test_the_watchdog_goes_on_at_the_prompt_and_over_a_soft_reset(board: PtyBoard) -> None:
    program = (
        "import machine\nprint('cause', machine.reset_cause())\n"
        "if machine.reset_cause() == 1:\n    w = machine.WDT(timeout=1500)\n"
    )
    with await power(board, main=program) as host:
        await host.until(b"cause 1")
        await host.prompt()
        host.type(b"\x04")
        await host.until(b"cause 5")
        await host.until(b"cause 3")
        await host.prompt()
    assert board.resets == ["soft-reset", "watchdog"]


async def test_power_cut_pulls_the_cable_and_keeps_the_flash(board: PtyBoard) -> None:
    with await power(board) as host:
        await host.prompt()
        await host.ask("f = open('half.txt', 'w'); f.write('before')")
        pid = board.pid
        board.kill()
        await host.gone()
        assert not board.port.is_symlink()
    await board.start()
    assert gone(pid)
    with Terminal(board.port) as host:
        await host.prompt()
        assert await host.ask("open('half.txt').read()") == "'before'"
        with pytest.raises(CommandError, match="on already"):
            await board.start()


async def test_what_is_printed_while_nobody_listens_is_lost(board: PtyBoard) -> None:
    program = "for n in range(20000):\n    print('line', n)\nopen('done', 'w').close()\n"
    await board.start()
    await until(lambda: BANNER in board.log.read_text())
    (board.root / "main.py").write_text(program)
    with Terminal(board.port) as host:
        host.type(b"\x04")
        await host.until(b"line 10\n")
    await until((board.root / "done").exists)
    await until(lambda: board.log.read_text().endswith(">>> "))
    with Terminal(board.port) as host:
        host.type(b"print('now')\r")
        said = await host.prompt()
    assert "line" not in said
    assert "now\n" in said


async def test_a_host_that_reads_late_gets_all_of_it(board: PtyBoard) -> None:
    program = "for n in range(30000):\n    print('line', n)\n"
    with await power(board, main=program) as host:
        said = await host.prompt()
    assert said.count("line ") == 30000


async def test_a_host_that_never_reads_does_not_stop_the_board(board: PtyBoard) -> None:
    (board.root / "main.py").write_text(
        "for n in range(30000):\n    print('line', n)\nopen('done', 'w').close()\n"
    )
    await board.start()
    deaf = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
    try:
        await until((board.root / "done").exists)
    finally:
        os.close(deaf)


async def test_knobs_pins_and_pictures(board: PtyBoard) -> None:
    with await power(board) as host:
        await host.prompt()
        assert await host.ask("import machine; machine.Pin(0, machine.Pin.IN)()") == "0"
        board.set_knob(inputs={"0": 1})
        await host.ask("import time; time.sleep_ms(150)")
        assert await host.ask("machine.Pin(0)()") == "1"
        await host.ask("machine.Pin(4, machine.Pin.OUT, value=1)")
        assert [(pin, level) for _, pin, level in board.pins()] == [(4, 1)]
        await host.ask(
            "import camera; c = camera.Camera(data_pins=[5,18,19,21,36,39,34,35], pclk_pin=22, "
            "vsync_pin=25, href_pin=23, sda_pin=26, scl_pin=27, xclk_pin=0, pixel_format=4, "
            "frame_size=10)"
        )
        assert await host.ask("bytes(c.capture()[:2])") == r"b'\xff\xd8'"


async def test_boards_differ_and_stay_the_same(tmp_path: Path) -> None:
    seen = []
    for name in ("one", "two", "one"):
        async with PtyBoard(tmp_path / name) as board:
            with Terminal(board.port) as host:
                await host.meet()
                seen.append(await host.ask("import machine; machine.unique_id()"))
    assert seen[0] == seen[2] != seen[1]


async def test_a_heap_as_small_as_asked(tmp_path: Path) -> None:
    async with PtyBoard(tmp_path / "board", heap="512k") as board:
        with Terminal(board.port) as host:
            await host.meet()
            heap = await host.ask("import gc; gc.mem_free() + gc.mem_alloc()")
    assert 400_000 < int(heap) <= 512 * 1024


async def test_nothing_typed_is_kept(board: PtyBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    home = board.root.parent / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    with await power(board) as host:
        await host.prompt()
        host.type(b"\x01")
        await host.until(b"raw REPL; CTRL-B to exit\r\n>")
        host.type(b"print('se' + 'cret')\x04")
        await host.until(b"secret\n\x04\x04>")
        host.type(b"\x02")
        await host.prompt()
        await host.ask("1 + 1")
        host.type(b"\x04")
        await host.until(b"soft reboot")
        await host.prompt()
    assert list(home.iterdir()) == []
    assert "secret" not in board.log.read_text()
    assert board.log.parent.stat().st_mode & 0o077 == 0


SUPERVISOR = """
import asyncio, signal, sys
from pathlib import Path
from porchkit.pty import PtyBoard
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever starts the tests may have them ignore it
async def main():
    async with PtyBoard(Path(sys.argv[1])) as board:
        print(board.pid, flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_no_board_outlives_whoever_powers_it(tmp_path: Path) -> None:
    root = tmp_path / "board"
    root.mkdir()
    (root / "main.py").write_text("open('runs', 'w').close()\n" + LOOP)
    supervisor = subprocess.Popen(  # noqa: ASYNC220 - its end is waited for below
        [sys.executable, "-c", SUPERVISOR, str(root)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with supervisor:
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        await until((root / "runs").exists)
        supervisor.send_signal(signal.SIGKILL)
    await until(lambda: gone(pid))
