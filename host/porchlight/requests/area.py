"""The area of a request, as its statement spells it; never more than half a square mile.

    {"circle": {"lat": 523702000, "lon": 48952000, "radius_m": 300}}
    {"polygon": [[523702000, 48952000], [lat, lon], ...]}       3 to 16 corners, the first not again

Angles are whole 1e-7 degrees. Containment is that of search/areas.py; here is what a search has no
need of: how large an area is, and that its sides do not cross. A figure of eight could hide its
size, a needle a mile wide could thread a town: both are refused, and so is an area so small that
it means one house, whose silence would then be an answer.
"""

import math
from itertools import combinations, pairwise
from typing import Any, Final, NamedTuple

from accord import claims
from accord.errors import Refused
from porchlight.search import sphere
from porchlight.search.areas import AreaError, Circle, Polygon
from porchlight.search.sphere import EARTH_M, Point, Vector

MAX_M2: Final = 1_609.344**2 / 2  # half a square mile
MIN_M2: Final = 7_800.0  # a circle of fifty metres
MAX_REACH_M: Final = 5_000.0
MAX_CORNERS: Final = 16
UNIT: Final = 10_000_000  # of an angle, in a degree
_ON_A_LINE_M2: Final = 1e-3  # twice the area of a triangle this small is none
_LAT: Final = claims.whole(-90 * UNIT, 90 * UNIT)
_LON: Final = claims.whole(-180 * UNIT, 180 * UNIT)
_CIRCLE: Final = claims.record({"lat": _LAT, "lon": _LON, "radius_m": claims.whole(1, 5_000)}, {})
_Flat = tuple[float, float]


def _corner(value: Any) -> bool:
    return type(value) is list and len(value) == 2 and _LAT(value[0]) and _LON(value[1])


_SHAPES: Final = {"circle": _CIRCLE, "polygon": claims.some(_corner, 3, MAX_CORNERS)}


def shape(value: Any) -> bool:
    """For accord.claims tables: whether this spells an area; its size is not looked at."""
    if type(value) is not dict or len(value) != 1:
        return False
    ((kind, inside),) = value.items()
    return kind in _SHAPES and _SHAPES[kind](inside)


class Area(NamedTuple):
    """`ring`: the corners, or twelve points of a circle's edge; with `middle` enough to find out
    whether two areas overlap."""

    inside: Circle | Polygon
    m2: float
    middle: Point
    ring: tuple[Point, ...]

    def holds(self, place: Point) -> bool:
        """Whether a place is in it, edge included."""
        return self.inside.touches(place, 0.0)

    def overlaps(self, other: "Area") -> bool:
        """Whether the two share ground, as far as corners, middles and points of sides tell."""
        return any(other.holds(p) for p in self._samples()) or any(
            self.holds(p) for p in other._samples()
        )

    def _samples(self) -> list[Point]:
        sides = pairwise((*self.ring, self.ring[0]))
        return [self.middle, *(p for a, b in sides for p in _between(a, b))]


def of(value: dict[str, Any]) -> Area:
    """The area of a claim that has the shape(); Refused: area-too-large, -too-small, -too-long,
    -crosses-itself, bad-value."""
    found = _circle(**value["circle"]) if "circle" in value else _polygon(value["polygon"])
    if found.m2 > MAX_M2:
        raise Refused("area-too-large")
    if found.m2 < MIN_M2:
        raise Refused("area-too-small")
    if found.inside.reach_m > MAX_REACH_M:
        raise Refused("area-too-long")
    return found


def circle_m2(radius_m: float) -> float:
    """The cap of a sphere, whose radius is measured along the ground."""
    half = math.sin(radius_m / EARTH_M / 2)
    return 4 * math.pi * EARTH_M**2 * half * half


def polygon_m2(corners: list[Vector], middle: Vector) -> float:
    """Inside great circles that do not cross: triangles from the middle, each with its sign."""
    ends = zip(corners, corners[1:] + corners[:1], strict=True)
    return abs(sum(_excess(middle, a, b) for a, b in ends)) * EARTH_M**2


def _excess(a: Vector, b: Vector, c: Vector) -> float:
    """The spherical excess of a triangle, negative clockwise (Van Oosterom and Strackee)."""
    volume = sphere.dot(a, sphere.cross(b, c))
    return 2 * math.atan2(volume, 1 + sphere.dot(a, b) + sphere.dot(b, c) + sphere.dot(c, a))


def _circle(lat: int, lon: int, radius_m: int) -> Area:
    middle = Point(lat / UNIT, lon / UNIT)
    east, north = _axes(sphere.vector(middle))
    turn = [math.tau * at / 12 for at in range(12)]
    reach = math.tan(radius_m * 0.999 / EARTH_M)  # within the edge, whatever the rounding
    ring = (
        _moved(sphere.vector(middle), east, reach * math.cos(t), north, reach * math.sin(t))
        for t in turn
    )
    return Area(Circle(middle, radius_m), circle_m2(radius_m), middle, tuple(ring))


def _polygon(corners: list[list[int]]) -> Area:
    ring = tuple(Point(lat / UNIT, lon / UNIT) for lat, lon in corners)
    try:
        inside = Polygon(ring)
        vectors = [sphere.vector(corner) for corner in ring]
        middle = sphere.unit(
            (sum(v[0] for v in vectors), sum(v[1] for v in vectors), sum(v[2] for v in vectors))
        )
    except AreaError as error:
        raise Refused("bad-value" if error.reason == "bad-polygon" else error.reason) from None
    except ValueError:
        raise Refused("area-too-large") from None
    if inside.reach_m > MAX_REACH_M:  # before anything is flattened
        raise Refused("area-too-large" if inside.reach_m > 4 * MAX_REACH_M else "area-too-long")
    if _crosses(_flat(vectors, middle)):
        raise Refused("area-crosses-itself")
    return Area(inside, polygon_m2(vectors, middle), sphere.point(middle), ring)


def _axes(middle: Vector) -> tuple[Vector, Vector]:
    up: Vector = (0.0, 0.0, 1.0) if abs(middle[2]) < 0.9 else (1.0, 0.0, 0.0)
    east = sphere.unit(sphere.cross(up, middle))
    return east, sphere.cross(middle, east)


def _moved(at: Vector, east: Vector, x: float, north: Vector, y: float) -> Point:
    moved = (
        at[0] + x * east[0] + y * north[0],
        at[1] + x * east[1] + y * north[1],
        at[2] + x * east[2] + y * north[2],
    )
    return sphere.point(sphere.unit(moved))


def _flat(vectors: list[Vector], middle: Vector) -> list[_Flat]:
    """Metres on the plane that touches the earth at the middle; great circles are straight."""
    east, north = _axes(middle)
    found = []
    for v in vectors:
        scale = EARTH_M / sphere.dot(middle, v)
        found.append((sphere.dot(east, v) * scale, sphere.dot(north, v) * scale))
    return found


def _crosses(ring: list[_Flat]) -> bool:
    """Whether two sides share a point that is not the corner between them."""
    sides = list(pairwise((*ring, ring[0])))
    for (i, (a, b)), (j, (c, d)) in combinations(enumerate(sides), 2):
        if j == i + 1:
            folded = _turn(a, b, d) == 0 and _beside(b, a, d)
        elif (j + 1) % len(sides) == i:
            folded = _turn(c, d, b) == 0 and _beside(a, c, b)
        else:
            folded = _meet(a, b, c, d)
        if folded:
            return True
    return False


def _turn(a: _Flat, b: _Flat, c: _Flat) -> int:
    """1: left at b; -1: right; 0: straight on, or back."""
    twice = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return 0 if abs(twice) < _ON_A_LINE_M2 else 1 if twice > 0 else -1


def _beside(corner: _Flat, a: _Flat, b: _Flat) -> bool:
    """Whether both lie on the same side of the corner."""
    return (a[0] - corner[0]) * (b[0] - corner[0]) + (a[1] - corner[1]) * (b[1] - corner[1]) > 0


def _meet(a: _Flat, b: _Flat, c: _Flat, d: _Flat) -> bool:
    apart = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if apart[0] != apart[1] and apart[2] != apart[3]:
        return True
    ends = ((a, b, c, apart[0]), (a, b, d, apart[1]), (c, d, a, apart[2]), (c, d, b, apart[3]))
    return any(turn == 0 and _within(p, q, r) for p, q, r, turn in ends)


def _within(a: _Flat, b: _Flat, c: _Flat) -> bool:
    """Whether c, which is on the line through a and b, is between them."""
    return all(min(a[n], b[n]) <= c[n] <= max(a[n], b[n]) for n in (0, 1))


def _between(a: Point, b: Point) -> list[Point]:
    """Eight points of a side, its beginning first."""
    v, w = sphere.vector(a), sphere.vector(b)
    return [
        sphere.point(
            sphere.unit(
                (v[0] + (w[0] - v[0]) * t, v[1] + (w[1] - v[1]) * t, v[2] + (w[2] - v[2]) * t)
            )
        )
        for t in (n / 8 for n in range(8))
    ]
