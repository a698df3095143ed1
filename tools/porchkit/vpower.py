"""What every virtual board has: a chip, a processor that runs or not, and power."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from porchkit import vboardrun
from porchkit.errors import CommandError
from porchkit.vchip import Chip


class Powered:
    """One board, for one event loop: `root` is its flash, `folder` that of its chip."""

    def __init__(
        self,
        root: Path,
        folder: Path,
        footage: Path | None,
        knobs: Mapping[str, Any] | None,
        heap: str | None,
    ) -> None:
        self.root = root
        self.resets: list[str] = []  # why it restarted, in order, as vboardrun has it
        self._chip = Chip(folder, footage, knobs)
        self.log = self._chip.log
        self.set_knob = self._chip.set_knob
        self.pins = self._chip.pins
        self._heap = heap
        self._run: vboardrun.Run | None = None
        self._power: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process while it runs."""
        run = self._run
        return run.process.pid if run and run.process.returncode is None else None

    @property
    def powered(self) -> bool:
        """Is it on? Also true while a reset is under way."""
        return self._power is not None and not self._power.done()

    async def stop(self) -> None:
        """Cut the power and wait until nothing of the board is left."""
        self.kill()
        await self._settle()

    def kill(self) -> None:
        """Cut the power, now: no line of the program runs after this. The flash stays as it is."""
        if self._power is not None:
            self._power.cancel()
        if self._run is not None:
            self._run.kill()

    async def _dark(self) -> None:
        """Wait for what is left of an earlier run; CommandError while it is on."""
        if self.powered:
            raise CommandError(f"{self.root.name}: this virtual board is on already")
        await self._settle()

    async def _settle(self) -> None:
        if self._power is not None:
            await asyncio.wait([self._power])
        await self._chip.settle()
        if self._run is not None:
            await self._run.ended()
