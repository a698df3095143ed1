"""What a board's UART does before MicroPython sees a byte: Ctrl-C interrupts, a reset is told."""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from porchkit import vboardrun

CTRL_C = b"\x03"
_NOTHING = b"\n"
_HELD_MAX = 4096
# A second SIGINT that comes before the first is raised as KeyboardInterrupt ends the process.
_APART_S = 0.05


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
        self._interrupted = 0.0
        self.since = b""  # what came after the last SIGINT

    def let_through(self) -> None:
        """The program is about to begin, and reads one byte: has Ctrl-C been typed?"""
        held, self._held = self._held or b"", None
        self._type((CTRL_C if CTRL_C in held else _NOTHING) + held.replace(CTRL_C, b""))

    def press(self, chunk: bytes) -> None:
        """From the host, in order."""
        if self._held is not None:
            self._held = (self._held + chunk)[-_HELD_MAX:]
            return
        first, *others = chunk.split(CTRL_C)
        self._send(first)
        for piece in others:
            self._interrupt()
            self._send(piece)

    def _send(self, piece: bytes) -> None:
        self.since = (self.since + piece)[-_HELD_MAX:]
        self._type(piece)

    def _interrupt(self) -> None:
        """A program gets KeyboardInterrupt; whoever reads stdin as it comes gets the byte."""
        if not _catches_interrupt(self._pid):
            self._send(CTRL_C)
        elif time.monotonic() - self._interrupted > _APART_S:
            self._interrupted = time.monotonic()
            self.since = b""
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGINT)


def _catches_interrupt(pid: int) -> bool:
    """MicroPython handles SIGINT while a program runs, and not while it reads for its prompt."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return False
    caught = status.partition("SigCgt:")[2].split(maxsplit=1)
    return bool(caught) and bool(int(caught[0], 16) >> (signal.SIGINT - 1) & 1)
