"""Grid: the cells in which one hub's grants lie, found by area. In memory, pure.

    layer (cells about as exact) -> square (row, column) -> cells whose middle is in it
    cell -> (action, purpose) -> grants

An area has to be widened by what its cells reach beyond their middle, so those that reach far are
kept apart from the many that do not. The few that reach beyond every layer are asked one by one.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Final

from accord.grant import Grant
from porchlight.search.areas import Area, Bounds
from porchlight.search.cells import Cell

# Up to which reach, and how wide its squares are: about as wide as the reach is long.
LAYERS: Final = ((300, 0.005), (1_500, 0.02), (6_000, 0.1))

Key = tuple[str, str]  # action, purpose
Square = tuple[int, int]
Held = dict[Key, dict[bytes, Grant]]  # by handle


class Layer:
    """Cells that reach no farther than `reach_m`, in squares of `side` degrees."""

    def __init__(self, reach_m: int, side: float) -> None:
        self.reach_m = reach_m
        self._side = side
        self._columns = round(360 / side)
        self._squares: dict[Square, set[Cell]] = {}

    def add(self, cell: Cell) -> None:
        """One more."""
        self._squares.setdefault(self._square(cell), set()).add(cell)

    def remove(self, cell: Cell) -> None:
        """One less."""
        there = self._squares[self._square(cell)]
        there.remove(cell)
        if not there:
            del self._squares[self._square(cell)]

    def near(self, area: Area) -> Iterator[Cell]:
        """More than an area touches, and none less."""
        for square in self._within(area.bounds(self.reach_m)):
            yield from self._squares.get(square, ())

    def _within(self, bounds: Bounds) -> Iterable[Square]:
        south, north, west, width = bounds
        rows = range(self._row(south), self._row(north) + 1)
        first = math.floor((west + 180) / self._side)
        across = min(self._columns, math.floor(width / self._side) + 2)
        if len(rows) * across >= len(self._squares):
            return list(self._squares)
        return ((row, (first + at) % self._columns) for row in rows for at in range(across))

    def _square(self, cell: Cell) -> Square:
        lat, lon = cell.place
        return self._row(lat), math.floor((lon + 180) / self._side) % self._columns

    def _row(self, lat: float) -> int:
        return math.floor((lat + 90) / self._side)


class Grid:
    """What put() put in is in there until drop(): once for each key."""

    def __init__(self) -> None:
        self._cells: dict[Cell, Held] = {}
        self._layers = [Layer(*layer) for layer in LAYERS]
        self._wide: set[Cell] = set()

    def __len__(self) -> int:
        return len(self._cells)

    def put(self, cell: Cell, keys: Iterable[Key], grant: Grant) -> None:
        """The grant lies in this cell, to be found under these keys."""
        held = self._cells.get(cell)
        if held is None:
            held = self._cells[cell] = {}
            self._home(cell).add(cell)
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
            self._home(cell).remove(cell)

    def touched(self, area: Area) -> Iterator[tuple[Cell, Held]]:
        """The cells that an area touches, with what lies there."""
        for cell in self._near(area):
            if area.touches(cell.place, cell.accuracy_m):
                yield cell, self._cells[cell]

    def at(self, cell: Cell) -> Held:
        """What lies in this cell."""
        return self._cells.get(cell, {})

    def _near(self, area: Area) -> Iterator[Cell]:
        yield from self._wide
        for layer in self._layers:
            yield from layer.near(area)

    def _home(self, cell: Cell) -> Layer | set[Cell]:
        fitting = (layer for layer in self._layers if cell.accuracy_m <= layer.reach_m)
        return next(fitting, self._wide)
