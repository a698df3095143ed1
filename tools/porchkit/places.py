"""Where a camera may be shown to be: a geohash that says no more than its resident wants.

A grant carries the cell and how exact it may be taken. Whom the grant names reads both, so the cell
is cut here already; hosts show it no finer than the number says.
"""

import math
import re
from typing import Any, Final

from porchkit.errors import UsageError

USUAL_WITHIN_M: Final = 500
_ALPHABET: Final = "0123456789bcdefghjkmnpqrstuvwxyz"
_DEGREE_M: Final = 111_195  # of latitude
_MAX_LETTERS: Final = 9  # five metres
_PLACE: Final = re.compile(r"\s*(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*")


def geo(near: str, within_m: int) -> dict[str, Any]:
    """The `geo` of a grant, from "LAT,LON" and metres; UsageError if that is no place."""
    found = _PLACE.fullmatch(near)
    lat, lon = (float(found[1]), float(found[2])) if found else (99.0, 0.0)
    if abs(lat) > 90 or abs(lon) > 180:
        raise UsageError(f"--near '{near}' is no place; write degrees: 52.3676,4.9041")
    if not 1 <= within_m <= 100_000:
        raise UsageError("--within must be between 1 and 100000 metres")
    return {"cell": cell(lat, lon, within_m), "precision_m": within_m}


def cell(lat: float, lon: float, within_m: int) -> str:
    """The longest geohash of a place whose sides are at least `within_m` there; one letter at
    least."""
    letters = _MAX_LETTERS
    while letters > 1 and _shorter_side_m(lat, letters) < within_m:
        letters -= 1
    return geohash(lat, lon, letters)


def geohash(lat: float, lon: float, letters: int) -> str:
    """Bits of longitude and latitude in turn, five a letter."""
    bits, sides = 0, [[-180.0, 180.0], [-90.0, 90.0]]
    for at in range(5 * letters):
        low, high = sides[at % 2]
        middle = (low + high) / 2
        above = (lon, lat)[at % 2] >= middle
        sides[at % 2] = [middle, high] if above else [low, middle]
        bits = bits << 1 | above
    return "".join(_ALPHABET[bits >> 5 * at & 31] for at in reversed(range(letters)))


def _shorter_side_m(lat: float, letters: int) -> float:
    height = 180 / 2.0 ** (5 * letters // 2)
    width = 360 / 2.0 ** ((5 * letters + 1) // 2)
    poleward = min(90.0, abs(lat) + height)  # the cell's own edge is no farther
    return _DEGREE_M * min(height, width * math.cos(math.radians(poleward)))
