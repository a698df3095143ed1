"""What a board's UART does before MicroPython sees a byte: Ctrl-C interrupts, a reset is told.

The unix port raises KeyboardInterrupt out of its signal handler, wherever it is: in the middle of
a garbage collection that leaves the heap locked for ever. So a program is interrupted when it
sleeps; one that never does is after a while, at a risk. If that kills the process, or leaves it
waiting for a lock that nobody will open, the next one makes up for it.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

from porchkit import vboardrun

CTRL_C = b"\x03"
_NOTHING = b"\n"
_HELD_MAX = 4096
_LOOK_S = 0.002
_RISK_AFTER_S = 0.25
_HANGS_AFTER_S = 0.5
_DYING_S = 5.0
_DEAD = (-signal.SIGINT, -signal.SIGSEGV, 1)  # 1: MicroPython's own "FATAL"


def first_words(cause: str) -> bytes:
    """What the chip's ROM prints after this hard reset (a watchdog panics and then restarts)."""
    why = "0x1 (POWERON_RESET)" if cause == vboardrun.POWER else "0xc (SW_CPU_RESET)"
    return f"\r\nrst:{why},boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n".encode()


class Keys:
    """What the host types to process `pid`, by way of `type_`. Held until the program is about to
    begin: before that nobody would notice a Ctrl-C. `held`: what an earlier process has missed."""

    def __init__(self, pid: int, type_: Callable[[bytes], None], held: bytes) -> None:
        self._pid = pid
        self._type = type_
        self._held: bytes | None = held
        self._since = b""  # what came after the last Ctrl-C
        self._loop = asyncio.get_running_loop()
        self._asked: float | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._doubting: asyncio.TimerHandle | None = None
        self._given_up = False

    def let_through(self) -> None:
        """The program is about to begin, and reads one byte: has Ctrl-C been typed?"""
        held, self._held = self._held or b"", None
        self._type((CTRL_C if CTRL_C in held else _NOTHING) + held.replace(CTRL_C, b""))

    def press(self, chunk: bytes) -> None:
        """From the host, in order."""
        if self._held is not None:
            self._held = (self._held + chunk)[-_HELD_MAX:]
            return
        self._doubt()
        first, *others = chunk.split(CTRL_C)
        self._send(first)
        for piece in others:
            self._interrupt()
            self._send(piece)

    def stop(self) -> None:
        """The process is dead, or is to die."""
        for timer in (self._looking, self._doubting):
            if timer is not None:
                timer.cancel()
        self._held = b""

    def missed(self, status: int) -> bytes:
        """If it was Ctrl-C that killed the process: what the next one has to get."""
        asked = self._asked is not None and self._loop.time() - self._asked < _DYING_S
        killed = self._given_up or (asked and status in _DEAD)
        return CTRL_C + self._since if killed else b""

    def _send(self, piece: bytes) -> None:
        self._since = (self._since + piece)[-_HELD_MAX:]
        self._type(piece)

    def _interrupt(self) -> None:
        """A program gets KeyboardInterrupt; whoever reads stdin as it comes gets the byte."""
        if not _State(self._pid).catches:
            self._send(CTRL_C)
        elif self._looking is None:
            self._since = b""
            self._asked = self._loop.time()
            self._strike(self._asked + _RISK_AFTER_S)

    def _strike(self, at_last: float) -> None:
        """SIGINT, unless the program has ended by now."""
        self._looking = None
        state = _State(self._pid)
        if state.catches and not state.sleeps and self._loop.time() < at_last:
            self._looking = self._loop.call_later(_LOOK_S, self._strike, at_last)
        elif state.catches:
            self._kill(signal.SIGINT)
            self._doubt()

    def _doubt(self) -> None:
        """After an interrupt, whenever the host expects something: does the process still run?"""
        if self._asked is not None and self._doubting is None:
            self._doubting = self._loop.call_later(_HANGS_AFTER_S, self._revive)

    def _revive(self) -> None:
        self._doubting = None
        if _waits_for_lock(self._pid):
            self._given_up = True
            self._kill(signal.SIGKILL)

    def _kill(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, number)


class _State:
    """Of a process, at this moment. `catches`: MicroPython handles SIGINT while a program runs,
    and not while it reads for its prompt."""

    def __init__(self, pid: int) -> None:
        try:
            status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
        except OSError:
            status = ""
        caught = status.partition("SigCgt:")[2].split(maxsplit=1) or ["0"]
        self.catches = bool(int(caught[0], 16) >> (signal.SIGINT - 1) & 1)
        self.sleeps = "\nState:\tS" in status


def _waits_for_lock(pid: int) -> bool:
    """MicroPython's one thread has nobody to wait for."""
    try:
        return Path(f"/proc/{pid}/wchan").read_text("ascii", "replace").startswith("futex")
    except OSError:
        return False
