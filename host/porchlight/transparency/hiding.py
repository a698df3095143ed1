"""What of a count may be published. Pure: no log, no clock.

A number is shown only if it concerns at least `k` residents, and rounded down to a multiple of `k`;
everything else, nothing at all included, reads "<k". A table is one partition: what is too small
is not listed but joined with its likes, and listed with them if together they are enough. No
total over both is ever made, so no subtraction leads back to what is not shown: `total` is the sum
of the lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Key = tuple[str | None, ...]
REST: Final = None  # in a key: the others together


@dataclass(frozen=True)
class Cell:
    """How often something happened, and to whom. `residents` never leaves this package."""

    times: int
    residents: frozenset[str]

    def __add__(self, other: "Cell") -> "Cell":
        return Cell(self.times + other.times, self.residents | other.residents)


NOTHING: Final = Cell(0, frozenset())


def shown(cell: Cell, k: int, unit: int = 1) -> int | str:
    """The number for everybody to read, in units of `unit`; "<3" where k is 3."""
    number = cell.times // unit // k * k
    return number if len(cell.residents) >= k and number else f"<{k}"


def table(cells: Mapping[Key, Cell], k: int) -> dict[Key, Cell]:
    """The lines to show: each concerns at least `k` residents, and no entry is in two of them.

    All keys are of one length. From the last part of the keys to the first, lines that concern too
    few become one line with REST in that part's place; what is still too small in the end is gone.
    """
    lines: dict[Key, Cell] = {}
    left = dict(cells)
    for at in range(max(map(len, left), default=0) - 1, -1, -1):
        small: dict[Key, Cell] = {}
        for key, cell in left.items():
            if len(cell.residents) >= k and key[at] is not REST:
                lines[key] = cell
            else:
                joined = key[:at] + (REST,) * (len(key) - at)
                small[joined] = small.get(joined, NOTHING) + cell
        left = small
    lines |= {key: cell for key, cell in left.items() if len(cell.residents) >= k}
    return lines
