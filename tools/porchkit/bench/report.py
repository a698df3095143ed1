"""How a bench says what it found: checks against bars, a table, and the machine it ran on."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Check:
    """One figure beside its bar."""

    name: str
    measured: float
    bar: float
    least: bool  # the bar is the least allowed; else the most

    @classmethod
    def at_most(cls, name: str, measured: float, bar: float) -> Self:
        return cls(name, measured, bar, least=False)

    @classmethod
    def at_least(cls, name: str, measured: float, bar: float) -> Self:
        return cls(name, measured, bar, least=True)

    @property
    def ok(self) -> bool:
        return self.measured >= self.bar if self.least else self.measured <= self.bar

    def document(self) -> dict[str, object]:
        """For --json."""
        limit = "at_least" if self.least else "at_most"
        return {"name": self.name, "measured": self.measured, limit: self.bar, "ok": self.ok}


def table(checks: Sequence[Check]) -> str:
    """A row for each check, for a person."""
    width = max(len(check.name) for check in checks)
    rows = [f"{'':<{width}}  {'measured':>8}  {'bar':>8}"]
    for check in checks:
        bar = f"{'>=' if check.least else '<='} {check.bar:g}"
        word = "ok" if check.ok else "MISSED"
        rows.append(f"{check.name:<{width}}  {check.measured:>8.4g}  {bar:>8}  {word}")
    return "\n".join(rows)


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns for a person: the first to the left, figures to the right."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *cells[1:]]).rstrip())
    return "\n".join(lines)


def machine() -> dict[str, str]:
    """What a figure was measured on."""
    return {"system": platform.platform(), "python": platform.python_version()}
