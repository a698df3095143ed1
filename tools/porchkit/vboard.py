"""A virtual board: the real firmware in a real MicroPython process, with stand-ins for hardware.

    root/            the board's flash: firmware, keys, config, what the board stores; and beside
                     them what belongs to the chip (vchip): knobs, pins.log, board.log

Runs main.py and nothing else; a board with a serial port and a prompt is porchkit.pty.PtyBoard.
Needs a running asyncio loop; one VirtualBoard belongs to one loop.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from porchkit import flashroot, vboardrun
from porchkit.flashroot import BoardConfig, FrameSettings, MotionSettings
from porchkit.paths import standins_root
from porchkit.vchip import PinChange
from porchkit.vpower import Powered

__all__ = ["BoardConfig", "FrameSettings", "MotionSettings", "PinChange", "VirtualBoard"]


class VirtualBoard(Powered):
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
        super().__init__(root, root, footage, knobs, heap)

    def provision(self, config: BoardConfig) -> None:
        """Write the flash as it is after provisioning. CommandError for an unknown board."""
        flashroot.write(self.root, config)

    async def start(self) -> None:
        """Switch the power on; the program starts as after a power-on reset."""
        await self._dark()
        self._chip.power_on()
        self._run = self._boot(vboardrun.CAUSES[vboardrun.POWER])
        self._power = asyncio.create_task(self._supervise(), name=f"board {self.root.name}")

    async def ended(self) -> None:
        """Wait until the program has stopped by itself, or the power was cut."""
        if self._power is not None:
            await asyncio.wait([self._power])

    async def _supervise(self) -> None:
        """Start the program again after every reset, until it ends by itself."""
        while self._run is not None:
            cause = await self._run.ended()
            self._chip.note(f"{cause} (exit status {self._run.process.returncode})")
            if cause == vboardrun.ENDED:
                return
            self.resets.append(cause)
            await asyncio.sleep(vboardrun.BOOT_S)
            self._run = self._boot(vboardrun.CAUSES[cause])

    def _boot(self, cause: int) -> vboardrun.Run:
        root = self.root.resolve()
        path = f"{standins_root()}:{root}:{root / 'lib'}:.frozen"
        command = vboardrun.command(self._heap, "main.py")
        with self.log.open("ab") as out:
            wires = vboardrun.Wires(asyncio.subprocess.DEVNULL, out.fileno())
            env = {"MICROPYPATH": path, **self._chip.env(cause)}
            return vboardrun.Run(command, root=root, wires=wires, env=env, told=self._chip.told)
