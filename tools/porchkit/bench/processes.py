"""Processes of a bench: each pinned to a core, measured from outside, ended with the bench.

Start them from the main thread only: Linux takes the end of the thread that started a child for
the end of its parent.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Self

from porchkit.errors import CommandError
from porchkit.lastline import last_line
from porchkit.sim import meters

STOP_S = 8.0


@dataclass(frozen=True)
class Cores:
    """Where what is measured runs, and where everything that loads it; -1: anywhere."""

    server: int = -1
    load: int = -1

    @classmethod
    def of_this_machine(cls) -> Self:
        """The first two there are; one alone is shared by all."""
        found = sorted(os.sched_getaffinity(0))
        return cls(found[0], found[1]) if len(found) > 1 else cls()


class Process:
    """A command at work while entered. What it writes to stderr goes to `log`."""

    def __init__(
        self,
        command: Sequence[str],
        core: int,
        log: Path,
        *,
        piped: bool = False,
    ) -> None:
        self.name = log.stem
        self._log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                python("pinned", str(os.getpid()), str(core), *command),
                stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
                stdout=subprocess.PIPE if piped else out,
                stderr=out,
                start_new_session=True,  # Ctrl-C in the terminal is ours: we end them in order
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def stdin(self) -> IO[bytes]:
        """Only of one that is piped."""
        if self._process.stdin is None:
            raise ValueError("not piped")
        return self._process.stdin

    @property
    def stdout(self) -> IO[bytes]:
        """Only of one that is piped."""
        if self._process.stdout is None:
            raise ValueError("not piped")
        return self._process.stdout

    def must_run(self) -> None:
        """CommandError with its last words if it has ended."""
        code = self._process.poll()
        if code is not None:
            raise self.failed(f"ended (exit code {code})")

    def must_have_done(self) -> None:
        """CommandError unless it ended well."""
        if self._process.poll():
            raise self.failed("failed")

    def failed(self, what: str) -> CommandError:
        """The error that says so, with the last thing it wrote."""
        words = last_line(self._log)
        return CommandError(f"{self.name} {what}{f': {words}' if words else ''}")

    def wait(self, limit_s: float) -> int:
        """Its exit code; CommandError if it runs longer."""
        try:
            return self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise self.failed(f"was not done after {limit_s:.0f} s") from None

    def stop(self) -> None:
        """End it politely, then firmly. Safe to call at any time."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def python(module: str, *words: str) -> list[str]:
    """The command line of one of the bench's own programs."""
    return [sys.executable, "-m", f"porchkit.bench.{module}", *words]


def cpu_ns(pid: int) -> int:
    """CPU time of a process and all its threads, those that ended too."""
    # clock_getcpuclockid(3), which Python lacks: the kernel's own packing of a pid.
    return time.clock_gettime_ns((~pid << 3) | 2)


def rss_bytes(pid: int) -> int:
    """Resident memory; 0 once it is gone."""
    found = meters.cost(pid)
    return found.rss_bytes if found else 0


def stop_on_sigterm() -> None:
    """A bench that is told to end puts everything away as after Ctrl-C."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
