"""Grid: the cells in which one hub's grants lie, found by area. In memory, pure.

    square (row, column) -> cells whose middle is in it -> (action, purpose) -> grants

Cells that reach far beyond their square are few, and asked one by one.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Final

from accord.grant import Grant
from porchlight.search.areas import Area
from porchlight.search.cells import Cell

SQUARE_DEG: Final = 0.05
_COLUMNS: Final = round(360 / SQUARE_DEG)
WIDE_M: Final = 5_000  # cells less exact than this are not kept in squares

Key = tuple[str, str]  # action, purpose
Square = tuple[int, int]
Held = dict[Key, dict[bytes, Grant]]  # by handle


class Grid:
    """What put() put in is in there until drop(): once for each key."""

    def __init__(self) -> None:
        self._cells: dict[Cell, Held] = {}
        self._squares: dict[Square, set[Cell]] = {}
        self._wide: set[Cell] = set()

    def __len__(self) -> int:
        return len(self._cells)

    def put(self, cell: Cell, keys: Iterable[Key], grant: Grant) -> None:
        """The grant lies in this cell, to be found under these keys."""
        held = self._cells.get(cell)
        if held is None:
            held = self._cells[cell] = {}
            self._arrive(cell)
        for key in keys:
            held.setdefault(key, {})[grant.handle] = grant

    def drop(self, cell: Cell, keys: Iterable[Key], grant: Grant) -> None:
        """Take put() back; nothing happens if it was not put."""
        held = self._cells.get(cell)
        if held is None:
            return
        for key in keys:
            under = held.get(key, {})
            under.pop(grant.handle, None)
            if not under:
                held.pop(key, None)
        if not held:
            del self._cells[cell]
            self._leave(cell)

    def touched(self, area: Area) -> Iterator[tuple[Cell, Held]]:
        """The cells that an area touches, with what lies there."""
        for cell in self._near(area):
            if area.touches(cell.place, cell.accuracy_m):
                yield cell, self._cells[cell]

    def _near(self, area: Area) -> Iterator[Cell]:
        """More cells than it touches, and none less."""
        yield from self._wide
        for square in self._squares_near(area):
            yield from self._squares.get(square, ())

    def _squares_near(self, area: Area) -> Iterable[Square]:
        south, north, west, width = area.bounds(WIDE_M)
        rows = range(_row(south), _row(north) + 1)
        first = math.floor((west + 180) / SQUARE_DEG)
        across = min(_COLUMNS, math.floor(width / SQUARE_DEG) + 2)
        if len(rows) * across >= len(self._squares):
            return list(self._squares)
        return ((row, (first + at) % _COLUMNS) for row in rows for at in range(across))

    def _arrive(self, cell: Cell) -> None:
        if cell.accuracy_m > WIDE_M:
            self._wide.add(cell)
        else:
            self._squares.setdefault(_square(cell), set()).add(cell)

    def _leave(self, cell: Cell) -> None:
        self._wide.discard(cell)
        there = self._squares.get(_square(cell), set())
        there.discard(cell)
        if not there:
            self._squares.pop(_square(cell), None)


def _square(cell: Cell) -> Square:
    lat, lon = cell.place
    return _row(lat), math.floor((lon + 180) / SQUARE_DEG) % _COLUMNS


def _row(lat: float) -> int:
    return math.floor((lat + 90) / SQUARE_DEG)
