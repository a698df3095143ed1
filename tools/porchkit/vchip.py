"""What a virtual board has beside its processor, and keeps when that restarts.

    folder/sim.json    the knobs, read by the stand-ins whenever they need one
    folder/pins.log    every change of an output: unix_ms pin level
    folder/board.log   what the program prints, and our own notes

Needs a running asyncio loop once a program runs.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from porchkit import footage

_SIZE = re.compile(r"([1-9]\d{1,3})x([1-9]\d{1,3})")


class PinChange(NamedTuple):
    """At `unix_ms` the program drove `pin` to `level`."""

    unix_ms: int
    pin: int
    level: int


class Chip:
    """`film`: a prepared .mjpg (porchkit.footage.prepare); None for the generated street, made
    when the sensor first asks for a picture."""

    def __init__(self, folder: Path, film: Path | None, knobs: Mapping[str, Any] | None) -> None:
        self.folder = folder
        self.log = folder / "board.log"
        self._film = film
        self._knobs: dict[str, Any] = dict(knobs or {})
        self._rtc_ahead_s: str | None = None
        self._chores: set[asyncio.Task[None]] = set()

    def power_on(self) -> None:
        """The clock is lost, and the sensor sees its footage from the beginning."""
        self._rtc_ahead_s = None
        if self._film is not None:
            self._show(self._film)
        self._save()
        self.note("power on")

    def env(self, cause: int) -> dict[str, str]:
        """What the stand-ins are told at a start of the processor; `cause`: as the program's
        machine.reset_cause() gives it."""
        env = {"PORCHLIGHT_BOARD_RESET_CAUSE": str(cause)}
        if self._rtc_ahead_s is not None:
            env["PORCHLIGHT_BOARD_RTC_AHEAD_S"] = self._rtc_ahead_s
        return env

    def told(self, word: str, rest: str) -> None:
        """Take a report of the stand-ins (vboardrun)."""
        if word == "rtc":
            self._rtc_ahead_s = rest
        elif word == "footage" and (size := _SIZE.fullmatch(rest)):
            chore = asyncio.create_task(self._enlarge(int(size[1]), int(size[2])))
            self._chores.add(chore)
            chore.add_done_callback(self._chores.discard)

    async def settle(self) -> None:
        """Wait for what is still being made."""
        if self._chores:
            await asyncio.wait(self._chores)

    def set_knob(self, **knobs: Any) -> None:
        """Turn knobs, from now on; None puts one back to its default."""
        self._knobs.update(knobs)
        self._save()

    def pins(self) -> list[PinChange]:
        """Every change of an output since the folder was made, oldest first."""
        changes: list[PinChange] = []
        for name in ("pins.log.1", "pins.log"):
            path = self.folder / name
            if path.exists():
                # A line still being written ends without its newline.
                lines = path.read_text(encoding="ascii").rpartition("\n")[0].splitlines()
                changes += [PinChange(*map(int, line.split())) for line in lines]
        return changes

    def note(self, line: str) -> None:
        """A line of our own in the log."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"--- virtual board: {line}\n")

    async def _enlarge(self, width: int, height: int) -> None:
        """The sensor was set to a picture size that there is no footage of yet."""
        if (width, height) not in footage.SENSOR_SIZES:
            return
        if self._film is None:
            self._film = (await asyncio.to_thread(footage.prepare, None, self.folder))[0]
            self._show(self._film)
        path = await asyncio.to_thread(footage.resized, self._film, width, height)
        self._knobs["footage"]["sizes"][f"{width}x{height}"] = str(path.absolute())
        self._save()

    def _show(self, film: Path) -> None:
        reel = footage.load(film)
        sizes = {f"{reel.width}x{reel.height}": str(film.absolute())}
        self._knobs["footage"] = {"fps": reel.fps, "sizes": sizes}

    def _save(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / "sim.json.new"
        part.write_text(json.dumps(self._knobs), encoding="utf-8")
        part.replace(self.folder / "sim.json")
