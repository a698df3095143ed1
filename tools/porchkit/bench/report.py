"""How a bench says what it found: checks against bars, a table, and the machine it ran on."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from porchkit.bench.figures import known


@dataclass(frozen=True)
class Check:
    """One figure beside its bar. What was not measured (None, NaN, below zero) passes no bar, and
    neither does a figure that is `unproven`: the reason why it says nothing, for a person."""

    name: str
    measured: float | None
    bar: float
    least: bool  # the bar is the least allowed; else the most
    unproven: str = ""

    @classmethod
    def at_most(cls, name: str, measured: float | None, bar: float) -> Self:
        return cls(name, measured, bar, least=False)

    @classmethod
    def at_least(cls, name: str, measured: float | None, bar: float, *, unproven: str = "") -> Self:
        return cls(name, measured, bar, least=True, unproven=unproven)

    @property
    def why(self) -> str:
        """Why the figure passes no bar, whatever it is; "" for one that can be judged."""
        return self.unproven if known(self.measured) else "not measured"

    @property
    def ok(self) -> bool:
        if self.why or not known(self.measured):
            return False
        return self.measured >= self.bar if self.least else self.measured <= self.bar

    def document(self) -> dict[str, object]:
        """For --json; `measured` is null where nothing was."""
        limit = "at_least" if self.least else "at_most"
        measured = self.measured if known(self.measured) else None
        found: dict[str, object] = {
            "name": self.name,
            "measured": measured,
            limit: self.bar,
            "ok": self.ok,
        }
        return found | ({"why": self.why} if self.why else {})

    @property
    def row(self) -> tuple[str, str, str]:
        """What was measured, the bar, and the verdict, for a person."""
        measured = f"{self.measured:.4g}" if known(self.measured) else "-"
        verdict = f"MISSED{f': {self.why}' if self.why else ''}"
        return (
            measured,
            f"{'>=' if self.least else '<='} {self.bar:g}",
            "ok" if self.ok else verdict,
        )


def table(checks: Sequence[Check]) -> str:
    """A row for each check, for a person."""
    width = max(len(check.name) for check in checks)
    rows = [f"{'':<{width}}  {'measured':>8}  {'bar':>8}"]
    for check in checks:
        measured, bar, word = check.row
        rows.append(f"{check.name:<{width}}  {measured:>8}  {bar:>8}  {word}")
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
