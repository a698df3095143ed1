"""What a person sees while it works: a bar in a terminal, a line per ten per cent elsewhere."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

_WIDTH = 30
_REDRAW_S = 0.1


class Voice:
    """Says lines and draws progress on `stream`; stdout stays for results."""

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        terminal: bool | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty() if terminal is None else terminal
        self._now = now
        self._open_line = False
        self.start()

    def say(self, line: str) -> None:
        """One line of its own."""
        if self._open_line:
            print(file=self._stream)
            self._open_line = False
        print(line, file=self._stream, flush=True)

    def start(self) -> None:
        """A new piece of work: progress counts from nothing."""
        self._tenth, self._drawn_at, self._full = -1, -_REDRAW_S, False

    def progress(self, done: int, total: int) -> None:
        """`done` of `total` bytes."""
        share = done / total if total else 1.0
        if self._terminal:
            self._draw(share, done, total)
        elif int(share * 10) > self._tenth:
            self._tenth = int(share * 10)
            self.say(f"{self._tenth * 10:3} %")

    def _draw(self, share: float, done: int, total: int) -> None:
        too_soon = share < 1 and self._now() - self._drawn_at < _REDRAW_S
        if too_soon or self._full:
            return
        self._full = share >= 1
        self._drawn_at = self._now()
        full = int(share * _WIDTH)
        bar = "#" * full + "." * (_WIDTH - full)
        print(
            f"\r[{bar}] {share * 100:3.0f} %  {done >> 10} of {total >> 10} KB",
            end="\n" if self._full else "",
            file=self._stream,
            flush=True,
        )
        self._open_line = not self._full
