"""`porchlight sim --pty`: a bench of virtual boards, each on its port, until somebody stops it."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from porchkit import flashroot, footage
from porchkit.pty.board import PtyBoard

_HOW = """
  mpremote connect {port} repl                the prompt; Ctrl-X leaves it
  mpremote connect {port} mount firmware      run what you edit, without copying
  porchlight provision {port}                 make it a camera of yours
  pytest tests/hardware --port {port}         what every board has to pass

Ctrl-C here unplugs the boards."""


@dataclass(frozen=True)
class Bench:
    """How many boards, and what they begin with. `footage`: as for porchkit.footage.prepare."""

    boards: int
    firmware: bool = False
    footage: Path | None = None

    async def run(self, folder: Path, tell: Callable[[str], None]) -> int:
        """The flash of each is in `folder`; what is there stays there. Runs until cancelled."""
        films: list[Path | None] = [None] * self.boards
        if self.footage is not None:
            made = await asyncio.to_thread(
                footage.prepare, self.footage, folder / "footage", self.boards
            )
            films = [*made]
        async with AsyncExitStack() as plugged:
            ports = []
            for number, film in enumerate(films):
                board = PtyBoard(folder / f"board{number}", footage=film)
                board.root.mkdir(mode=0o700, parents=True, exist_ok=True)
                if self.firmware:
                    await asyncio.to_thread(flashroot.copy_firmware, board.root)
                await plugged.enter_async_context(board)
                ports.append(board.port.absolute())
                tell(str(ports[-1]))
            tell(_HOW.format(port=ports[0]))
            await asyncio.Event().wait()
        return 0
