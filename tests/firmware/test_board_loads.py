"""The loader on a running board: what it runs, and that it falls back by itself."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.flash import Flash
from agent.slots import CRASHES, FAILED_STARTS, Slots
from porchkit.provision import cells
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


def proven(p: Porch, changes: dict[str, str]) -> None:
    """Slot "a" holds a changed program that has proved itself, some time ago."""
    on_trial(p, changes)
    slots_of(p).confirm()


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


async def test_pins_are_held_before_anything_else(porch: Build) -> None:
    """A TimerCam that is half provisioned would cut its own power while it is completed."""
    async with porch(board="m5_timercam") as p:
        (p.board.root / "provision.json").write_text('{"state": "partial", "files": {}}')
        await p.board.start()
        await p.board.ended()
        assert (33, 1) in [(change.pin, change.level) for change in p.board.pins()]


async def test_pins_that_cannot_be_held_stop_nothing(porch: Build) -> None:
    async with porch() as p:
        p.patch(
            "agent/board.py", "    for row in board.hold:", "    1 // 0\n    for row in board.hold:"
        )
        await p.online()
        assert "loader: pins to hold: divide by zero" in p.log


@pytest.mark.parametrize("record", ["a folder", {"starts": "x"}, {"slot": "c"}])
async def test_a_record_that_cannot_be_read_runs_the_cables(
    porch: Build, record: str | dict[str, Any]
) -> None:
    async with porch() as p:
        on_trial(p, {})
        path = p.board.root / "slot.json"
        if isinstance(record, str):
            path.unlink()
            path.mkdir()
        else:
            path.write_bytes(cells.sealed({**(cells.opened(path.read_bytes()) or {}), **record}))
        await p.online()
        assert p.host.hellos[-1].firmware.endswith(b"/cable")
        assert p.board.resets == []


@pytest.mark.parametrize("torn", ['{"x": "', "", "[]", "a folder"])
async def test_a_torn_release_key_means_no_updates_and_nothing_else(
    porch: Build, torn: str
) -> None:
    async with porch() as p:
        path = p.board.root / "release.json"
        if torn == "a folder":
            path.mkdir()
        else:
            path.write_text(torn)
        await p.film()
        assert p.log.count("no update is taken") == 1


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
        ({"agent/program.py": "def main(slots):\n    raise SystemExit\n"}, "SystemExit"),
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


@pytest.mark.parametrize("slot", ["a", "b"])
@pytest.mark.parametrize("proven", [False, True])
async def test_a_slot_that_is_not_there_runs_nobody_elses_program(
    porch: Build, slot: str, proven: bool
) -> None:
    """Not the cable's in its stead: "agent/program.py" begins with an "a", too."""
    async with porch() as p:
        as_on_a_chip = 'sys.path[0] = ""\nif "lib" not in sys.path:'  # here it is where main.py is
        p.patch("main.py", 'if "lib" not in sys.path:', as_on_a_chip)
        slots = slots_of(p)
        if slot == "b":
            slots.slot = "a"  # then the next one goes to b
        slots.try_next(2, HANDLE, 0)
        if proven:
            slots_of(p).confirm()
        await runs_the_cables(p, 1 + (FAILED_STARTS if proven else 1), "ImportError")
        assert f"loader: slot {slot}" in p.log


@pytest.mark.parametrize(
    ("end", "because"),
    [("1 // 0", "restarted"), ("raise SystemExit", "SystemExit"), ("return", "ended")],
)
async def test_a_proven_program_that_ends_on_every_start_gives_way(
    porch: Build, end: str, because: str
) -> None:
    """Whether it resets the board by itself, as the first one does, or leaves it to the loader."""
    async with porch() as p:
        proven(p, {})
        program = p.board.root / "a/agent/program.py"
        if because == "restarted":
            radio = p.board.root / "a/agent/radio.py"
            radio.write_text(
                f"{radio.read_text()}\n\nasync def _f(*_):\n    {end}\n\nRadio.run = _f\n"
            )
        else:
            program.write_text(f"def main(slots):\n    {end}\n")
        starts = CRASHES if because == "restarted" else FAILED_STARTS
        await runs_the_cables(p, 1 + starts, because)


async def test_whoever_works_over_usb_causes_no_crashes(porch: Build) -> None:
    async with porch() as p:
        proven(p, {"agent/program.py": "def main(slots):\n    return 'interrupted'\n"})
        for _ in range(3):
            for _ in range(CRASHES - 1):
                assert slots_of(p).slot == "a"
            await p.board.start()
            await p.board.ended()
        assert p.board.resets == []


async def test_a_proven_program_gets_another_start_after_one_failure(porch: Build) -> None:
    once = "import os\ntry:\n    os.stat('failed')\nexcept OSError:\n"
    once += "    open('failed', 'w').close()\n    raise MemoryError\n"
    async with porch() as p:
        gate = (p.board.root / "agent/gate.py").read_text()
        proven(p, {"agent/gate.py": gate + "\n" + once})
        await p.online()
        assert p.host.hellos[-1].firmware.endswith(b"/a")
        assert len(p.board.resets) == 1


async def test_a_proven_program_that_no_longer_imports_gives_way(porch: Build) -> None:
    async with porch() as p:
        proven(p, {"agent/gate.py": "half of a fi"})
        await runs_the_cables(p, 1 + FAILED_STARTS, "SyntaxError")


async def test_maintenance_runs_what_the_cable_put_there(porch: Build) -> None:
    async with porch() as p:
        on_trial(p, {"agent/gate.py": "1 // 0\n"})
        (p.board.root / "maintenance").touch()
        await p.online()
        assert p.host.hellos[-1].firmware.endswith(b"/cable")
        (p.board.root / "maintenance").unlink()
        assert p.board.resets == []
