"""What provision and doctor print: progress while it goes on, then a table."""

import sys
import threading
from collections.abc import Iterable, Sequence
from typing import TextIO

from porchkit.provision.verdicts import FAIL, Row
from porchkit.words import clean

_lock = threading.Lock()  # several boards tell at once


class Progress:
    """Lines as things happen; on a terminal with one board, one line that changes."""

    def __init__(self, name: str, out: TextIO | None = None, *, alone: bool = True) -> None:
        self._name, self._out = name, out or sys.stderr
        self._live = alone and self._out.isatty()
        self._last = ""

    def __call__(self, text: str) -> None:
        line = f"{self._name}: {clean(text)}"
        with _lock:
            if self._live:
                self._out.write(f"\r{line.ljust(len(self._last))}")
                self._last = line
            elif not text.startswith("file "):
                self._out.write(f"{line}\n")
            self._out.flush()

    def done(self) -> None:
        """Take the changing line away."""
        if self._live and self._last:
            self._out.write(f"\r{' ' * len(self._last)}\r")
            self._out.flush()


def few(names: Sequence[str], most: int = 5) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def table(rows: Iterable[Row]) -> str:
    """A line a check; under a failed one, what to do."""
    lines = []
    for row in rows:
        lines.append(f"  {row.outcome:<5} {row.check:<11} {clean(row.says)}")
        if row.todo:
            mark = "->" if row.outcome == FAIL else " ?"
            lines.append(f"        {mark} {clean(row.todo)}")
    return "\n".join(lines)
