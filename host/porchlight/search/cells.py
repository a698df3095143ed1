"""Cells: where a grant lets its camera be shown. Never finer than the resident signed.

A grant says `geo: {cell, precision_m}`: a geohash, and how exact it may be taken at most. The cell
shown is the geohash's own, halved no further than both sides stay at least `precision_m` long: one
of a fixed, nested division of the earth, the same for neighbours at the same precision. Its middle
is the place; nothing is added to it by chance, for chance is averaged away by asking again.

Only the grant counts. The exact place in a camera's statement is between resident and host: a
search that tested it would tell it, by circles drawn ever smaller.
"""

import functools
import math
from typing import Any, Final, NamedTuple

from accord.grant import Grant
from porchlight.search import sphere
from porchlight.search.sphere import DEGREE_M, Point

_ALPHABET: Final = "0123456789bcdefghjkmnpqrstuvwxyz"


class Cell(NamedTuple):
    """`place` is its middle; nothing of it is farther from there than `accuracy_m`. Sides are in
    degrees."""

    place: Point
    height: float
    width: float
    accuracy_m: int

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        (lat, lon), up, along = self.place, self.height / 2, self.width / 2
        return lon - along, lat - up, lon + along, lat + up


def of(grant: Grant) -> Cell | None:
    """The cell in which a grant lets its camera be shown; None: nowhere."""
    detail: dict[str, Any] = grant.claims["authorization_details"][0]
    geo = detail.get("geo")
    return None if geo is None else cell(geo["cell"], geo["precision_m"])


@functools.lru_cache(maxsize=65_536)  # neighbours share theirs, and so do a camera's grants
def cell(geohash: str, precision_m: int) -> Cell | None:
    """The cell of a geohash at this precision; None if the text is no geohash."""
    split = _split(geohash)
    if split is None:
        return None
    (row, rows), (column, columns) = split
    while rows and DEGREE_M * 180 / 2**rows < precision_m:
        row, rows = row >> 1, rows - 1
    height = 180 / 2**rows
    south = row * height - 90
    narrow = math.cos(math.radians(max(abs(south), abs(south + height))))
    while columns and DEGREE_M * narrow * 360 / 2**columns < precision_m:
        column, columns = column >> 1, columns - 1
    width = 360 / 2**columns
    return _cell(south, column * width - 180, height, width)


def _cell(south: float, west: float, height: float, width: float) -> Cell:
    place = Point(south + height / 2, west + width / 2)
    corners = (Point(lat, west) for lat in (south, south + height))
    farthest = max(sphere.haversine_m(place, corner) for corner in corners)
    return Cell(place, height, width, math.ceil(farthest))


def _split(geohash: str) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """(row, bits), (column, bits): a geohash's bits are longitude and latitude in turn."""
    numbers = [_ALPHABET.find(letter) for letter in geohash]
    if not numbers or min(numbers) < 0:
        return None
    row = column = 0
    bits = 5 * len(numbers)
    for at in range(bits):
        bit = numbers[at // 5] >> (4 - at % 5) & 1
        if at % 2:
            row = row << 1 | bit
        else:
            column = column << 1 | bit
    return (row, bits // 2), (column, (bits + 1) // 2)
