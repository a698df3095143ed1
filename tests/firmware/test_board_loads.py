"""The loader on a running board: what it runs, and that it falls back by itself."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.flash import Flash
from agent.slots import Slots
from tests.support.porch import Porch

Build = Callable[..., Porch]
HANDLE = "aGFuZGxlLWhhbmRsZS0xNg"


def slots_of(p: Porch) -> Slots:
    """The board's boot record, read with the firmware's own code; the board is off."""
    slots = Slots(Flash(f"{p.board.root}/"))
    slots.begin("reset")
    return slots


def lay_out(p: Porch, slot: str, changes: dict[str, str]) -> None:
    """Copy the board's program into a slot, then replace the content of some files."""
    for name in ("agent", "lib"):
        shutil.copytree(p.board.root / name, p.board.root / slot / name)
    for name, text in changes.items():
        (p.board.root / slot / name).write_text(text)


def on_trial(p: Porch, changes: dict[str, str]) -> None:
    """Slot "a" holds a changed program and is tried at the next start."""
    lay_out(p, "a", changes)
    slots_of(p).try_next(2, HANDLE, 0)


async def runs_the_cables(p: Porch, starts: int, because: str) -> None:
    """The old program is online after so many starts, and says why."""
    await p.online()
    assert p.host.hellos[-1].firmware.endswith(b"/cable")
    assert len(p.board.resets) == starts - 1
    await p.board.stop()
    slots = slots_of(p)
    assert (slots.slot, slots.trial) == ("", False)
    assert slots.news == (HANDLE, f"update-undone {because}")


@pytest.mark.parametrize("mark", ['{"state": "partial", "files": {}}', '{"state": "who', "", "[]"])
async def test_half_a_provisioning_runs_nothing_and_says_so(porch: Build, mark: str) -> None:
    async with porch() as p:
        (p.board.root / "provision.json").write_text(mark)
        (p.board.root / "agent" / "slots.py").write_text("half of a fi")
        await p.board.start()
        await p.board.ended()
        assert "provisioning was cut short; run `porchlight provision` again" in p.log
        assert "Traceback" not in p.log
        assert (p.board.resets, p.host.hellos) == ([], [])


async def test_a_whole_provisioning_runs(porch: Build) -> None:
    async with porch() as p:
        (p.board.root / "provision.json").write_text('{"state": "whole", "files": {}}')
        await p.online()
        assert "loader: the cable's program" in p.log


async def test_a_good_slot_runs_its_own_files_and_no_others(porch: Build) -> None:
    version = (Path(__file__).parents[2] / "firmware/agent/version.py").read_text()
    async with porch() as p:
        on_trial(p, {"agent/version.py": version.replace('"0.1.0"', '"9.9"')})
        for name in ("agent/gate.py", "lib/accord/wire.py"):  # the loader needs neither
            (p.board.root / name).write_text("1 // 0\n")
        await p.online()
        assert p.host.hellos[-1].firmware == b"9.9/1/a"
        assert "loader: slot a, on trial" in p.log


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"agent/gate.py": "def half(:\n"}, "SyntaxError"),
        ({"agent/gate.py": "raise MemoryError()\n"}, "MemoryError"),
        ({"agent/program.py": "def main(slots):\n    1 // 0\n"}, "ZeroDivisionError"),
        ({"agent/program.py": "def main():\n    pass\n"}, "TypeError"),
        ({"agent/program.py": "def main(slots):\n    return 'tired'\n"}, "ended"),
        ({"agent/radio.py": "class Radio: pass\n"}, "AttributeError"),
        ({"agent/program.py": ""}, "AttributeError"),
        (None, "ImportError"),
    ],
)
async def test_a_trial_that_fails_is_given_up_at_once(
    porch: Build, changes: dict[str, str] | None, because: str
) -> None:
    async with porch() as p:
        on_trial(p, changes or {})
        if changes is None:  # then the cable's agent/ would be found instead
            shutil.rmtree(p.board.root / "a/agent")
        await runs_the_cables(p, 2, because)


async def test_a_trial_that_ends_while_it_runs_is_given_up(porch: Build) -> None:
    async with porch() as p:
        on_trial(p, {})
        radio = p.board.root / "a/agent/radio.py"
        text = radio.read_text()
        radio.write_text(text + "\n\nasync def _fail(*_):\n    1 // 0\n\n\nRadio.run = _fail\n")
        await runs_the_cables(p, 2, "ZeroDivisionError")
        assert "main this trial is given up: ZeroDivisionError" in p.log


@pytest.mark.parametrize(
    "changes",
    [
        {"agent/gate.py": "while True:\n    pass\n"},
        {"agent/program.py": "import time\ndef main(slots):\n    time.sleep(1000)\n"},
    ],
    ids=["at its import", "at its start"],
)
async def test_a_trial_that_hangs_is_given_up_by_the_watchdog(
    porch: Build, changes: dict[str, str]
) -> None:
    async with porch() as p:
        p.patch("agent/watchdog.py", "TIMEOUT_MS = 30_000", "TIMEOUT_MS = 3_000")
        on_trial(p, changes)
        await runs_the_cables(p, 2, "hung")
        assert p.board.resets == ["watchdog"]


async def test_a_trial_that_never_proves_itself_cannot_feed_the_watchdog(porch: Build) -> None:
    idle = "import time\ndef main(slots):\n    while True:\n        slots.guard.feed()\n"
    async with porch() as p:
        p.patch("agent/watchdog.py", "TIMEOUT_MS = 30_000", "TIMEOUT_MS = 3_000")
        p.patch("agent/slots.py", "TRIAL_MS = 75_000", "TRIAL_MS = 200")
        on_trial(p, {"agent/program.py": idle + "        time.sleep_ms(10)\n"})
        await runs_the_cables(p, 2, "hung")


async def test_a_proven_program_that_no_longer_imports_gives_way(porch: Build) -> None:
    async with porch() as p:
        lay_out(p, "a", {"agent/gate.py": "half of a fi"})
        slots_of(p).try_next(2, HANDLE, 0)
        slots_of(p).confirm()
        await runs_the_cables(p, 2, "SyntaxError")


async def test_maintenance_runs_what_the_cable_put_there(porch: Build) -> None:
    async with porch() as p:
        on_trial(p, {"agent/gate.py": "1 // 0\n"})
        (p.board.root / "maintenance").touch()
        await p.online()
        assert p.host.hellos[-1].firmware.endswith(b"/cable")
        (p.board.root / "maintenance").unlink()
        assert p.board.resets == []
