"""A virtual board: the real firmware in a real MicroPython process, with stand-ins for hardware.

    root/            the board's flash: firmware, keys, config, what the board stores
    root/sim.json    the knobs, read by the stand-ins whenever they need one
    root/pins.log    every change of an output: unix_ms pin level
    root/board.log   what the program prints

Needs a running asyncio loop; one VirtualBoard belongs to one loop.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from porchkit import flashroot, footage, vboardrun
from porchkit.errors import CommandError
from porchkit.flashroot import BoardConfig, FrameSettings, MotionSettings
from porchkit.paths import standins_root

__all__ = ["BoardConfig", "FrameSettings", "MotionSettings", "PinChange", "VirtualBoard"]

_CAUSES = {vboardrun.RESET: "2", vboardrun.WATCHDOG: "3"}  # machine.HARD_RESET, WDT_RESET
_BOOT_S = 0.1  # a chip in a reset loop does not take a whole core either
_SIZE = re.compile(r"([1-9]\d{1,3})x([1-9]\d{1,3})")


class PinChange(NamedTuple):
    """At `unix_ms` the program drove `pin` to `level`."""

    unix_ms: int
    pin: int
    level: int


class VirtualBoard:
    """One board. `footage`: a prepared .mjpg (porchkit.footage.prepare); `heap`: the size of its
    heap as MicroPython's -X heapsize takes it, such as "256k"."""

    def __init__(
        self,
        root: Path,
        *,
        footage: Path,
        knobs: Mapping[str, Any] | None = None,
        heap: str | None = None,
    ) -> None:
        self.root = root
        self.log = root / "board.log"
        self.resets: list[str] = []  # why it restarted, in order: "reset" or "watchdog"
        self._footage = footage
        self._knobs: dict[str, Any] = dict(knobs or {})
        self._heap = heap
        self._run: vboardrun.Run | None = None
        self._power: asyncio.Task[None] | None = None
        self._rtc_ahead_s: str | None = None
        self._chores: set[asyncio.Task[None]] = set()

    def provision(self, config: BoardConfig) -> None:
        """Write the flash as it is after provisioning. CommandError for an unknown board."""
        flashroot.write(self.root, config)

    @property
    def pid(self) -> int | None:
        """The process while it runs."""
        run = self._run
        return run.process.pid if run and run.process.returncode is None else None

    @property
    def powered(self) -> bool:
        """Is it on? Also true while a reset is under way."""
        return self._power is not None and not self._power.done()

    async def start(self) -> None:
        """Switch the power on; the program starts as after a power-on reset."""
        if self.powered:
            raise CommandError(f"{self.root.name}: this virtual board is on already")
        await self._settle()
        self._film()
        self._rtc_ahead_s = None
        self._note("power on")
        self._run = self._boot("1")
        self._power = asyncio.create_task(self._supervise(), name=f"board {self.root.name}")

    async def stop(self) -> None:
        """Cut the power and wait until nothing of the board is left."""
        self.kill()
        await self._settle()

    def kill(self) -> None:
        """Cut the power, now: no line of the program runs after this."""
        if self._power is not None:
            self._power.cancel()
        if self._run is not None:
            self._run.kill()

    async def ended(self) -> None:
        """Wait until the program has stopped by itself, or the power was cut."""
        if self._power is not None:
            await asyncio.wait([self._power])

    def set_knob(self, **knobs: Any) -> None:
        """Turn knobs, from now on; None puts one back to its default."""
        self._knobs.update(knobs)
        self._save_knobs()

    def pins(self) -> list[PinChange]:
        """Every change of an output since the root was made, oldest first."""
        changes: list[PinChange] = []
        for name in ("pins.log.1", "pins.log"):
            path = self.root / name
            if path.exists():
                # A line still being written ends without its newline.
                lines = path.read_text(encoding="ascii").rpartition("\n")[0].splitlines()
                changes += [PinChange(*map(int, line.split())) for line in lines]
        return changes

    async def _settle(self) -> None:
        """Wait for what is left of an earlier run."""
        for task in [self._power, *self._chores]:
            if task is not None:
                await asyncio.wait([task])
        if self._run is not None:
            await self._run.ended()

    async def _supervise(self) -> None:
        """Start the program again after every reset, until it ends by itself."""
        while self._run is not None:
            cause = await self._run.ended()
            self._note(f"{cause} (exit status {self._run.process.returncode})")
            if cause == vboardrun.ENDED:
                return
            self.resets.append(cause)
            await asyncio.sleep(_BOOT_S)
            self._run = self._boot(_CAUSES[cause])

    def _boot(self, cause: str) -> vboardrun.Run:
        root = self.root.resolve()
        env = {
            "MICROPYPATH": f"{standins_root()}:{root}:{root / 'lib'}:.frozen",
            "PORCHLIGHT_BOARD_RESET_CAUSE": cause,
        }
        if self._rtc_ahead_s is not None:
            env["PORCHLIGHT_BOARD_RTC_AHEAD_S"] = self._rtc_ahead_s
        heap = ["-X", f"heapsize={self._heap}"] if self._heap else []
        command = [vboardrun.micropython(), *heap, "main.py"]
        return vboardrun.Run(command, root=root, log=self.log, env=env, told=self._told)

    def _told(self, word: str, rest: str) -> None:
        if word == "rtc":
            self._rtc_ahead_s = rest
        elif word == "footage" and (size := _SIZE.fullmatch(rest)):
            chore = asyncio.create_task(self._enlarge(int(size[1]), int(size[2])))
            self._chores.add(chore)
            chore.add_done_callback(self._chores.discard)

    async def _enlarge(self, width: int, height: int) -> None:
        """The sensor was set to a picture size that there is no footage of yet."""
        if (width, height) in footage.SENSOR_SIZES:
            path = await asyncio.to_thread(footage.resized, self._footage, width, height)
            self._knobs["footage"]["sizes"][f"{width}x{height}"] = str(path)
            self._save_knobs()

    def _film(self) -> None:
        reel = footage.load(self._footage)
        sizes = {f"{reel.width}x{reel.height}": str(self._footage.absolute())}
        self._knobs["footage"] = {"fps": reel.fps, "sizes": sizes}
        self._save_knobs()

    def _save_knobs(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        part = self.root / "sim.json.new"
        part.write_text(json.dumps(self._knobs), encoding="utf-8")
        part.replace(self.root / "sim.json")

    def _note(self, line: str) -> None:
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"--- virtual board: {line}\n")
