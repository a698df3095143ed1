"""Layout: where the cameras of a wall go. Pure geometry.

+-------+---+---+     A grid of equal cells, 4:3, of whole JPEG blocks (16 x 8 pixels). Cameras
|       | 1 | 2 |     fill it row by row. With `large` the first one fills two by two cells.
|   0   +---+---+
|       | 3 | 4 |
+-------+---+---+
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

MAX_CAMERAS: Final = 64
MAX_SIDE: Final = 8  # columns, and rows
WIDTHS: Final = (320, 1_920)  # of a whole wall, in pixels
USUAL_WIDTH: Final = 1_280
WIDEST_CELL: Final = 640
# Pixels of a JPEG's blocks, by how much colour it keeps. The second is cheaper, where it fits.
BLOCKS: Final = {"4:2:2": (16, 8), "4:2:0": (16, 16)}
_SMALLEST: Final = BLOCKS["4:2:2"]


@dataclass(frozen=True)
class Shape:
    """The form of a tile: so many pixels, and `span` cells across and down."""

    width: int
    height: int
    span: int = 1

    @property
    def subsampling(self) -> str:
        """How much colour is kept: the same for all tiles of a layout."""
        whole = self.height // self.span % BLOCKS["4:2:0"][1] == 0
        return "4:2:0" if whole else "4:2:2"

    @property
    def rows(self) -> int:
        """Of JPEG blocks."""
        return self.height // BLOCKS[self.subsampling][1]

    @property
    def cell_blocks(self) -> int:
        """The JPEG blocks of one cell in one row."""
        return self.width // self.span // BLOCKS[self.subsampling][0]

    @property
    def strips(self) -> int:
        """How many strips a tile of this shape has: one for each row of blocks in each cell."""
        return self.rows * self.span


@dataclass(frozen=True)
class Place:
    """The upper left cell of a tile, and its shape."""

    row: int
    column: int
    shape: Shape


@dataclass(frozen=True)
class Layout:
    """A wall at most `width` pixels wide, for `count` cameras. ValueError if they do not fit."""

    width: int
    columns: int
    count: int
    large: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_CAMERAS:
            raise ValueError(f"a wall has 1 to {MAX_CAMERAS} cameras")
        if not WIDTHS[0] <= self.width <= WIDTHS[1]:
            raise ValueError(f"a wall is {WIDTHS[0]} to {WIDTHS[1]} pixels wide")
        if not (2 if self.large else 1) <= self.columns <= MAX_SIDE:
            raise ValueError(f"a wall has at most {MAX_SIDE} columns, and two for a large picture")
        if self.rows > MAX_SIDE:
            raise ValueError(f"{self.count} cameras need more than {self.columns} columns")

    @property
    def rows(self) -> int:
        """As many as it takes."""
        rows = -(-_cells(self.count, self.large) // self.columns)
        return max(rows, 2) if self.large else rows

    @cached_property
    def shape(self) -> Shape:
        """Of a tile that fills one cell."""
        width = min(WIDEST_CELL, self.width // self.columns) // _SMALLEST[0] * _SMALLEST[0]
        return Shape(width, width * 3 // 4 // _SMALLEST[1] * _SMALLEST[1])

    @property
    def size(self) -> tuple[int, int]:
        """Of the whole wall, in pixels."""
        return self.columns * self.shape.width, self.rows * self.shape.height

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Of each camera, and behind them those that stay empty."""
        cells = [divmod(at, self.columns) for at in range(self.rows * self.columns)]
        one = self.shape
        if not self.large:
            return tuple(Place(row, column, one) for row, column in cells)
        first = Place(0, 0, Shape(2 * one.width, 2 * one.height, span=2))
        others = [Place(row, column, one) for row, column in cells if row > 1 or column > 1]
        return (first, *others)


def layout_for(
    count: int, width: int = USUAL_WIDTH, columns: int | None = None, *, large: bool = False
) -> Layout:
    """The squarest layout for so many cameras, unless told the columns; one and the same for all
    widths for which it comes out the same. ValueError as Layout."""
    if columns is None:
        columns = math.isqrt(max(1, _cells(count, large)) - 1) + 1
        columns = max(columns, 2) if large else columns
    cell = Layout(width, columns, count, large).shape.width
    return Layout(max(WIDTHS[0], columns * cell), columns, count, large)


def _cells(count: int, large: bool) -> int:
    """How many cells so many cameras fill."""
    return count + 3 if large else count
