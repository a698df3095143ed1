"""Points, distances and great circles on a sphere. Pure; metres and degrees, never radians outside.

The earth is taken as a sphere: distances are wrong by up to 0.6 %, far below the coarseness at
which any camera is shown.
"""

import math
from typing import Final, NamedTuple

EARTH_M: Final = 6_371_008.8  # the mean radius
DEGREE_M: Final = EARTH_M * math.pi / 180  # of latitude
HALF_TURN_M: Final = EARTH_M * math.pi  # to the other side: nothing is farther

Vector = tuple[float, float, float]


class Point(NamedTuple):
    """Degrees: latitude -90..90, longitude -180..180."""

    lat: float
    lon: float


def haversine_m(a: Point, b: Point) -> float:
    """The way from one point to another along a great circle."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    up = math.sin((lat_b - lat_a) / 2)
    along = math.sin(math.radians(b.lon - a.lon) / 2)
    squared = up * up + math.cos(lat_a) * math.cos(lat_b) * along * along
    return 2 * EARTH_M * math.asin(math.sqrt(min(1.0, squared)))


def vector(point: Point) -> Vector:
    """The point as a vector of length 1: no antimeridian there, and no poles."""
    lat, lon = math.radians(point.lat), math.radians(point.lon)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def point(v: Vector) -> Point:
    """Back again; longitudes of poles are 0."""
    return Point(
        math.degrees(math.atan2(v[2], math.hypot(v[0], v[1]))),
        math.degrees(math.atan2(v[1], v[0])),
    )


def dot(a: Vector, b: Vector) -> float:
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """Vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def unit(v: Vector) -> Vector:
    """The same direction at length 1; ValueError if it has none."""
    length = math.sqrt(dot(v, v))
    if length < 1e-12:
        raise ValueError("no direction")
    return v[0] / length, v[1] / length, v[2] / length


def apart_m(a: Vector, b: Vector) -> float:
    """The way between two unit vectors, exact for short ways too."""
    chord = math.dist(a, b) / 2
    return 2 * EARTH_M * math.asin(min(1.0, chord))


class Arc:
    """The shorter great circle from one unit vector to another; not for antipodes."""

    def __init__(self, begin: Vector, end: Vector) -> None:
        self._begin, self._end = begin, end
        self._normal = unit(cross(begin, end))
        self._after_begin = cross(self._normal, begin)
        self._before_end = cross(end, self._normal)

    def distance_m(self, v: Vector) -> float:
        """How far a unit vector is from the nearest point of it."""
        if dot(self._after_begin, v) >= 0 and dot(self._before_end, v) >= 0:
            return EARTH_M * math.asin(min(1.0, abs(dot(self._normal, v))))
        return min(apart_m(self._begin, v), apart_m(self._end, v))
