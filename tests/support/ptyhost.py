"""The host's side of a virtual board's serial port: a terminal to type at, and mpremote."""

import asyncio
import os
import subprocess
import sys
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 30.0


async def until(happened: Callable[[], object]) -> None:
    """Wait for something that a process does; fails when it does not."""
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(0.01)


def gone(pid: int | None) -> bool:
    """Is that process dead? Its new parent may be slow to bury it."""
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


class Terminal:
    """Has the port open, as a person with a terminal program does."""

    def __init__(self, port: Path) -> None:
        self._fd = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._fd)
        self._seen = b""
        self._more = asyncio.Event()
        self.hung_up = False
        asyncio.get_running_loop().add_reader(self._fd, self._read)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)

    def type(self, keys: bytes) -> None:
        """To the board."""
        assert os.write(self._fd, keys) == len(keys)

    async def until(self, words: bytes) -> str:
        """What came up to and with `words`; the rest is kept for the next call."""
        async with asyncio.timeout(PATIENCE_S):
            while words not in self._seen:
                self._more.clear()
                await self._more.wait()
        before, _, self._seen = self._seen.partition(words)
        return (before + words).decode()

    async def prompt(self) -> str:
        """What came before the next friendly prompt."""
        return await self.until(b">>> ")

    async def meet(self) -> None:
        """Get to the prompt of a board that may or may not have shown it."""
        self.type(b"\rprint('he' + 'llo')\r")
        await self.until(b"hello\n>>> ")

    async def ask(self, line: str) -> str:
        """Type a line at the prompt; what it prints."""
        self.type(line.encode() + b"\r")
        await self.until(b"\n")  # the echo
        return (await self.prompt()).removesuffix(">>> ").strip()

    async def gone(self) -> None:
        """Wait for the cable to be pulled."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.hung_up:
                self._more.clear()
                await self._more.wait()

    def _read(self) -> None:
        try:
            chunk = os.read(self._fd, 65536)
        except OSError:
            chunk = b""
        if not chunk:
            self.hung_up = True
            asyncio.get_running_loop().remove_reader(self._fd)
        self._seen += chunk
        self._more.set()


@dataclass(frozen=True)
class Said:
    """What one run of a command said, and how long it took."""

    code: int
    out: str
    seconds: float


async def mpremote(port: Path, *words: str | Path) -> Said:
    """mpremote as it is installed, as a process of its own."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "mpremote", "connect", str(port), *map(str, words)]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(120):
            out, _ = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), time.monotonic() - begun)


async def done(port: Path, *words: str | Path) -> str:
    """What mpremote printed; fails where it did."""
    said = await mpremote(port, *words)
    assert said.code == 0, said.out
    return said.out
