"""Words and tables for a terminal. What others wrote (labels, cases, reasons) is made harmless:
a control character in a hub's reason must not move the resident's cursor."""

from collections.abc import Iterable, Sequence
from datetime import datetime


def clean(value: object) -> str:
    """One line of printable text; what is not printable becomes `?`."""
    return "".join(char if char.isprintable() else "?" for char in str(value))


def listed(items: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    names = list(items)
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns as wide as their widest cell; no trailing blanks."""
    cells = [list(head), *([clean(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def local_time(stamp: str | int) -> str:
    """An RFC 3339 stamp, or unix seconds, as this machine's clocks show it."""
    moment = (
        datetime.fromtimestamp(stamp).astimezone()
        if isinstance(stamp, int)
        else datetime.fromisoformat(stamp).astimezone()
    )
    return moment.strftime("%Y-%m-%d %H:%M:%S")
