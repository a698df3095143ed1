"""Areas of the earth that a hub may draw: circle, polygon, box. Pure geometry, no camera in it.

Who asks an area whether it touches a place says how far from that point the truth may be: the
place of a camera is a disc, not a point. A polygon's sides are great circles, its inside is the
smaller side of it, so neither winding, nor the antimeridian, nor a pole is a special case: all is
done in the gnomonic projection around its middle, in which great circles are straight lines.
A polygon that crosses itself is filled by the even-odd rule.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from porchlight.search import sphere
from porchlight.search.sphere import DEGREE_M, Arc, Point, Vector

MAX_CORNERS: Final = 256
# A gnomonic map ends a quarter turn from its middle, and is of no use long before.
WIDEST_M: Final = 4_000_000.0


class AreaError(ValueError):
    """The area cannot be searched. The text says why, to the person who drew it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Bounds(NamedTuple):
    """Degrees. From `west` eastwards for `width`, which may lead across the antimeridian."""

    south: float
    north: float
    west: float
    width: float


class Area(Protocol):
    """`kind`: its name in entries. `reach_m`: the radius of a circle that it fits into."""

    kind: str
    reach_m: float

    def touches(self, place: Point, within_m: float) -> bool:
        """Whether some point not farther than `within_m` from `place` is inside."""

    def bounds(self, within_m: float) -> Bounds:
        """Every place that it touches is in there; the reverse need not be so."""


class Everywhere:
    """No area was named."""

    kind = "everywhere"
    reach_m = sphere.HALF_TURN_M

    def touches(self, place: Point, within_m: float) -> bool:
        """Always."""
        return True

    def bounds(self, within_m: float) -> Bounds:
        """All there is."""
        return Bounds(-90, 90, -180, 360)


class Circle:
    """All points up to `reach_m` from the middle."""

    kind = "circle"

    def __init__(self, middle: Point, reach_m: float) -> None:
        self.middle = middle
        self.reach_m = reach_m

    def touches(self, place: Point, within_m: float) -> bool:
        """By haversine."""
        return sphere.haversine_m(self.middle, place) <= self.reach_m + within_m

    def bounds(self, within_m: float) -> Bounds:
        """A box around it; all longitudes if a pole is inside."""
        lat, lon = self.middle
        reach = (self.reach_m + within_m) / DEGREE_M
        south, north = lat - reach, lat + reach
        if south <= -90 or north >= 90:
            return Bounds(max(-90, south), min(90, north), -180, 360)
        half = math.degrees(
            math.asin(min(1.0, math.sin(math.radians(reach)) / math.cos(math.radians(lat))))
        )
        return Bounds(south, north, lon - half, 2 * half)


class Polygon:
    """The inside of a ring of corners (the first is not repeated), and its edge."""

    kind = "polygon"

    def __init__(self, corners: Sequence[Point]) -> None:
        vectors = _distinct([sphere.vector(corner) for corner in corners])
        if len(vectors) < 3:
            raise AreaError("bad-polygon", "a polygon has at least three different corners")
        if len(vectors) > MAX_CORNERS:
            raise AreaError("bad-polygon", f"a polygon has at most {MAX_CORNERS} corners")
        self._middle = _middle(vectors)
        self.reach_m = max(sphere.apart_m(self._middle, v) for v in vectors)
        if self.reach_m > WIDEST_M:
            raise AreaError("area-too-large", "the polygon is larger than any search")
        self._east, self._north = _axes(self._middle)
        self._flat = [self._project(v) for v in vectors]
        ends = zip(vectors, vectors[1:] + vectors[:1], strict=True)
        self._sides = [Arc(a, b) for a, b in ends]
        self._around = Circle(sphere.point(self._middle), self.reach_m)

    def touches(self, place: Point, within_m: float) -> bool:
        """Inside, or that near to a side."""
        v = sphere.vector(place)
        if sphere.apart_m(self._middle, v) > self.reach_m + within_m:
            return False
        return self._inside(v) or any(side.distance_m(v) <= within_m for side in self._sides)

    def bounds(self, within_m: float) -> Bounds:
        """Those of the circle around it."""
        return self._around.bounds(within_m)

    def _project(self, v: Vector) -> tuple[float, float]:
        depth = sphere.dot(self._middle, v)
        return sphere.dot(self._east, v) / depth, sphere.dot(self._north, v) / depth

    def _inside(self, v: Vector) -> bool:
        """How often a ray to the east leaves: even means outside."""
        if sphere.apart_m(self._middle, v) > self.reach_m:
            return False  # and beyond a quarter turn there is no map
        x, y = self._project(v)
        inside = False
        x_a, y_a = self._flat[-1]
        for x_b, y_b in self._flat:
            if (y_a > y) != (y_b > y) and x < x_a + (y - y_a) * (x_b - x_a) / (y_b - y_a):
                inside = not inside
            x_a, y_a = x_b, y_b
        return inside


class Box:
    """Between two parallels and two meridians, edges too; west above east: over the antimeridian.

    It looks at the place itself, as GIS clients expect of a bbox, however coarse the place is.
    """

    kind = "bbox"

    def __init__(self, west: float, south: float, east: float, north: float) -> None:
        self._bounds = Bounds(south, north, west, _eastwards(west, east))
        self.reach_m = self._reach_m()

    def touches(self, place: Point, within_m: float) -> bool:
        """Whether the place is inside."""
        south, north, west, width = self._bounds
        return south <= place.lat <= north and (place.lon - west) % 360 <= width

    def bounds(self, within_m: float) -> Bounds:
        """Itself."""
        return self._bounds

    def _reach_m(self) -> float:
        """To the farthest corner from the middle: right for boxes of less than a half turn."""
        south, north, west, width = self._bounds
        if width >= 180:
            return sphere.HALF_TURN_M
        middle = Point((south + north) / 2, west + width / 2)
        return max(sphere.haversine_m(middle, Point(lat, west)) for lat in (south, north))


def _eastwards(west: float, east: float) -> float:
    """Degrees from one meridian to another; the whole turn from -180 to 180."""
    return 360.0 if east - west >= 360 else (east - west) % 360


def _distinct(ring: list[Vector]) -> list[Vector]:
    """Without corners that stand where the one before them does."""
    return [v for at, v in enumerate(ring) if sphere.apart_m(ring[at - 1], v) > 1e-3]


def _middle(vectors: list[Vector]) -> Vector:
    try:
        return sphere.unit(
            (sum(v[0] for v in vectors), sum(v[1] for v in vectors), sum(v[2] for v in vectors))
        )
    except ValueError:
        raise AreaError("area-too-large", "the polygon goes around the earth") from None


def _axes(middle: Vector) -> tuple[Vector, Vector]:
    """Two directions at right angles to the middle and to each other."""
    # Away from the axis of the earth where that is too near.
    up: Vector = (0.0, 0.0, 1.0) if abs(middle[2]) < 0.9 else (1.0, 0.0, 0.0)
    east = sphere.unit(sphere.cross(up, middle))
    return east, sphere.cross(middle, east)
