"""`porchlight sim --pty`: a bench of virtual boards, each on its port, until somebody stops it."""

import asyncio
import fcntl
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from porchkit import flashroot, footage
from porchkit.errors import CommandError
from porchkit.pty.board import PtyBoard

_HOW = """
  mpremote connect {port} repl                the prompt; Ctrl-X leaves it
  mpremote connect {port} mount firmware      run what you edit, without copying
  porchlight provision NAME --port {port} --board ai_thinker
                                              make it a camera of yours
  pytest tests/hardware --port {port}         what every board has to pass

Ctrl-C here unplugs the boards."""


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The folder for this bench only: two boards on one flash would write over each other."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError(
                f"another porchlight sim --pty uses {folder}; end it, or name another --folder"
            ) from None
        yield


@dataclass(frozen=True)
class Bench:
    """How many boards, and what they begin with. `footage`: as for porchkit.footage.prepare."""

    boards: int
    firmware: bool = False
    footage: Path | None = None

    async def run(self, folder: Path, tell: Callable[[str], None]) -> int:
        """The flash of each is in `folder`; what is there stays there. Runs until cancelled."""
        async with AsyncExitStack() as plugged:
            plugged.enter_context(_alone(folder))
            ports = []
            for number, film in enumerate(await self._films(folder)):
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

    async def _films(self, folder: Path) -> list[Path | None]:
        """What each board sees."""
        if self.footage is None:
            return [None] * self.boards
        kept = folder / "footage"
        return [*await asyncio.to_thread(footage.prepare, self.footage, kept, self.boards)]
