"""Community holds: an area in which hubs open nothing for a while, such as a square during a lawful
gathering; written in the place's profile. They only narrow.

    [[hold]]
    why = "square-2026-11-28"                              one word; the residents' logs say it
    from = 2026-11-28T14:00:00+01:00                       with its offset, as `until`
    until = 2026-11-29T02:00:00+01:00
    circle = { lat = 52.3702, lon = 4.8952, radius_m = 400 }
    # or: polygon = [[52.37, 4.89], [52.38, 4.89], [52.38, 4.91]]      latitude, longitude

What was filmed in an area while it was held stays closed, as long as the hold stands in the file.
A camera whose place is not stated may be in any area: unknown means no.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from porchlight.errors import ConfigError
from porchlight.search.areas import MAX_CORNERS, AreaError, Circle, Polygon
from porchlight.search.sphere import Point

MAX_RADIUS_M: Final = 50_000
_SHAPES: Final = ("circle", "polygon")
_KNOWN: Final = {"why", "from", "until", *_SHAPES}


@dataclass(frozen=True)
class Hold:
    """One area, from `begins` until `ends` (unix s, the end not included)."""

    why: str
    begins: int
    ends: int
    area: Circle | Polygon

    def covers(self, place: Point | None) -> bool:
        """Whether a camera there is concerned, its edge included."""
        return place is None or self.area.touches(place, 0.0)

    def within(self, begin: int, end: int) -> bool:
        """Whether any of the time from `begin` to `end` (unix s, both included) is held."""
        return begin < self.ends and self.begins <= end


def parse(given: dict[str, Any], where: str, word: Callable[[object, str], str]) -> Hold:
    """Check one, already read from TOML; ConfigError. `word` checks what a resident's log says."""
    for key in given:
        if key not in _KNOWN:
            raise ConfigError(f"{where}.{key} is not known; use one of {', '.join(sorted(_KNOWN))}")
    shapes = [name for name in _SHAPES if name in given]
    if len(shapes) != 1:
        raise ConfigError(f"{where} must have one circle or one polygon")
    begins, ends = (_moment(given.get(key), f"{where}.{key}") for key in ("from", "until"))
    if ends <= begins:
        raise ConfigError(f"{where}.until must come after from")
    area = (_circle if shapes == ["circle"] else _polygon)(given[shapes[0]], f"{where}.{shapes[0]}")
    return Hold(word(given.get("why"), f"{where}.why"), begins, ends, area)


def _moment(given: object, where: str) -> int:
    if not isinstance(given, datetime) or given.tzinfo is None:
        raise ConfigError(f"{where} must be a time with its offset: 2026-11-28T14:00:00+01:00")
    return math.floor(given.timestamp())


def _circle(given: object, where: str) -> Circle:
    if not isinstance(given, dict) or set(given) != {"lat", "lon", "radius_m"}:
        raise ConfigError(f"{where} must be {{ lat = 52.37, lon = 4.89, radius_m = 400 }}")
    radius = given["radius_m"]
    if not _is_number(radius) or not 1 <= radius <= MAX_RADIUS_M:
        raise ConfigError(f"{where}.radius_m must be from 1 to {MAX_RADIUS_M}")
    return Circle(_point([given["lat"], given["lon"]], where), radius)


def _polygon(given: object, where: str) -> Polygon:
    if not isinstance(given, list) or not 3 <= len(given) <= MAX_CORNERS:
        raise ConfigError(f"{where} must have 3 to {MAX_CORNERS} corners")
    try:
        return Polygon([_point(corner, where) for corner in given])
    except AreaError as error:
        raise ConfigError(f"{where}: {error}") from None


def _point(given: object, where: str) -> Point:
    if isinstance(given, list) and len(given) == 2 and all(map(_is_number, given)):
        lat, lon = given
        if -90 <= lat <= 90 and -180 <= lon <= 180:
            return Point(float(lat), float(lon))
    raise ConfigError(f"{where} must be in degrees: latitude -90 to 90, then longitude -180 to 180")


def _is_number(value: object) -> bool:
    return type(value) in (int, float)
