"""Areas and cells against other ways to reckon the same: angles as seen from a point, geohashes."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.search import cells, sphere
from porchlight.search.areas import (
    MAX_CORNERS,
    Area,
    AreaError,
    Bounds,
    Box,
    Circle,
    Polygon,
)
from porchlight.search.sphere import Point

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)
POINTS = st.builds(Point, LATITUDES, LONGITUDES)
# The middle of the world's harder places, and of easy ones.
MIDDLES = st.one_of(
    POINTS,
    st.builds(Point, st.floats(89.9, 90), LONGITUDES),
    st.builds(Point, st.floats(-90, -89.9), LONGITUDES),
    st.builds(Point, LATITUDES, st.sampled_from([180.0, -180.0, 179.99, -179.99])),
)
GEOHASHES = st.text("0123456789bcdefghjkmnpqrstuvwxyz", min_size=1, max_size=12)
EXAMPLES = settings(max_examples=60, deadline=None)


def away(start: Point, bearing: float, metres: float) -> Point:
    """Where one comes to, going straight on; from a pole too."""
    up = sphere.vector(start)
    lon, turn, angle = math.radians(start.lon), math.radians(bearing), metres / sphere.EARTH_M
    east = (-math.sin(lon), math.cos(lon), 0.0)
    north = sphere.cross(up, east)
    ahead = [n * math.cos(turn) + e * math.sin(turn) for n, e in zip(north, east, strict=True)]
    x, y, z = (u * math.cos(angle) + v * math.sin(angle) for u, v in zip(up, ahead, strict=True))
    return sphere.point((x, y, z))


def bearing(start: Point, end: Point) -> float:
    """In which direction one sees `end`, degrees."""
    a, b = math.radians(start.lat), math.radians(end.lat)
    over = math.radians(end.lon - start.lon)
    x = math.cos(a) * math.sin(b) - math.sin(a) * math.cos(b) * math.cos(over)
    return math.degrees(math.atan2(math.sin(over) * math.cos(b), x))


def surrounds(ring: list[Point], point: Point) -> bool:
    """Whoever is inside turns once around to see all corners one after the other."""
    seen = [bearing(point, corner) for corner in ring]
    turns = [(b - a + 540) % 360 - 180 for a, b in zip(seen, seen[1:] + seen[:1], strict=True)]
    return abs(sum(turns)) > 180


def star(middle: Point, seed: int, reach_m: float) -> list[Point]:
    """A ring that does not cross itself: its corners stand around the middle in turn."""
    chance = random.Random(seed)
    count = chance.randrange(3, 20)
    turns = [(at + chance.uniform(0.1, 0.9)) * 360 / count for at in range(count)]
    return [away(middle, turn, chance.uniform(0.2, 1) * reach_m) for turn in turns]


def within(bounds: Bounds, place: Point) -> bool:
    south, north, west, width = bounds
    slack = 1e-9
    around = (place.lon - west + slack) % 360 <= width + 2 * slack
    return south - slack <= place.lat <= north + slack and around


@EXAMPLES
@given(MIDDLES, st.floats(0, 360), st.floats(1, 2_000_000))
def test_one_comes_as_far_as_one_goes(start: Point, turn: float, metres: float) -> None:
    end = away(start, turn, metres)
    assert sphere.haversine_m(start, end) == pytest.approx(metres, abs=0.1)
    apart = sphere.apart_m(sphere.vector(start), sphere.vector(end))
    assert apart == pytest.approx(metres, abs=0.1)


@EXAMPLES
@given(MIDDLES, st.floats(0, 360), st.floats(10, 50_000), st.floats(0, 5_000))
def test_a_circle_touches_what_is_near_enough(
    middle: Point, turn: float, reach: float, slack: float
) -> None:
    circle = Circle(middle, reach)
    assert circle.touches(away(middle, turn, reach + slack - 1), slack)
    assert not circle.touches(away(middle, turn, reach + slack + 1), slack)


@EXAMPLES
@given(MIDDLES, st.integers(0, 2**32), st.sampled_from([300.0, 5_000.0, 900_000.0]))
def test_a_polygon_is_what_surrounds_one(middle: Point, seed: int, reach: float) -> None:
    ring = star(middle, seed, reach)
    there, reverse = Polygon(ring), Polygon(ring[::-1])
    chance = random.Random(seed + 1)
    for _ in range(20):
        place = away(middle, chance.uniform(0, 360), chance.uniform(0, 1.2) * reach)
        if there.touches(place, 1) != there.touches(place, 0):
            continue  # on the edge, where rounding decides
        assert there.touches(place, 0) == surrounds(ring, place)
        assert reverse.touches(place, 0) == there.touches(place, 0)


@EXAMPLES
@given(MIDDLES, st.integers(0, 2**32), st.floats(10, 3_000))
def test_a_polygon_reaches_as_far_around_as_it_is_told(
    middle: Point, seed: int, slack: float
) -> None:
    ring = star(middle, seed, 2_000)
    polygon = Polygon(ring)
    chance = random.Random(seed + 2)
    corner = ring[chance.randrange(len(ring))]
    near = away(corner, chance.uniform(0, 360), slack * 0.99)
    assert polygon.touches(near, slack)
    far = away(middle, chance.uniform(0, 360), 2_000 + slack * 1.01)
    assert not polygon.touches(far, slack)


@EXAMPLES
@given(MIDDLES, st.integers(0, 2**32), st.floats(0, 5_000))
def test_whatever_is_touched_is_within_the_bounds(middle: Point, seed: int, slack: float) -> None:
    areas: list[Area] = [Circle(middle, 3_000), Polygon(star(middle, seed, 3_000))]
    areas.append(Box(middle.lon, max(-90, middle.lat - 0.02), min(180, middle.lon + 0.03), 90))
    chance = random.Random(seed)
    for area in areas:
        for _ in range(20):
            place = away(middle, chance.uniform(0, 360), chance.uniform(0, 9_000))
            if area.touches(place, slack):
                assert within(area.bounds(slack), place)


def test_the_antimeridian_is_no_edge() -> None:
    taveuni = [(-16.7, 179.8), (-16.7, -179.8), (-17.0, -179.8), (-17.0, 179.8)]
    polygon = Polygon([Point(*corner) for corner in taveuni])
    assert polygon.touches(Point(-16.85, 180), 0)
    assert polygon.touches(Point(-16.85, -179.9), 0)
    assert polygon.touches(Point(-16.85, 179.9), 0)
    assert not polygon.touches(Point(-16.85, 0), 0)  # the other way around the earth
    assert not polygon.touches(Point(-16.85, 179.7), 0)
    box = Box(179.8, -17, -179.8, -16.7)
    assert box.touches(Point(-16.85, -179.9), 0)
    assert not box.touches(Point(-16.85, 0), 0)
    assert box.reach_m < 40_000


def test_a_ring_around_a_pole_holds_the_pole() -> None:
    polygon = Polygon([Point(89, lon) for lon in (-150, -60, 30, 120)])
    assert polygon.touches(Point(90, 17), 0)
    assert polygon.touches(Point(89.9, -100), 0)
    assert not polygon.touches(Point(88.9, -150), 0)
    assert not polygon.touches(Point(-89.9, 0), 0)


def test_sides_are_the_shortest_ways() -> None:
    # Over the Atlantic at 49 degrees: the way in the middle leads by 56.3.
    polygon = Polygon([Point(49, 0), Point(49, -80), Point(48, -40)])
    assert polygon.touches(Point(56, -40), 0)
    assert not polygon.touches(Point(56.5, -40), 0)


@pytest.mark.parametrize(
    ("corners", "reason"),
    [
        ([], "bad-polygon"),
        ([(1, 1), (2, 2)], "bad-polygon"),
        ([(1, 1), (2, 2), (1, 1)], "bad-polygon"),
        ([(1, 1), (1, 1), (1, 1), (1, 1)], "bad-polygon"),
        ([(1, at / 100) for at in range(MAX_CORNERS + 1)], "bad-polygon"),
        ([(0, 0), (0, 120), (0, -120)], "area-too-large"),
        ([(60, 0), (60, 120), (-60, -120)], "area-too-large"),
    ],
)
def test_what_is_no_polygon_is_refused(corners: list[tuple[float, float]], reason: str) -> None:
    with pytest.raises(AreaError) as caught:
        Polygon([Point(*corner) for corner in corners])
    assert caught.value.reason == reason


def test_opposite_corners_are_refused_and_not_guessed() -> None:
    with pytest.raises(AreaError):
        Polygon([Point(0, 0), Point(0, 180), Point(45, 90)])


def test_a_geohash_is_where_everybody_else_says() -> None:
    found = cells.cell("ezs42", 1)  # the example of Wikipedia's article
    assert found is not None
    assert found.place == pytest.approx((42.605, -5.603), abs=1e-3)
    assert (found.height, found.width) == (0.0439453125, 0.0439453125)


@pytest.mark.parametrize("text", ["a", "u17 z", "U173Z", "u173z!", "é"])
def test_what_is_no_geohash_is_nowhere(text: str) -> None:
    assert cells.cell(text, 100) is None


@EXAMPLES
@given(GEOHASHES, st.integers(1, 100_000))
def test_a_cell_is_never_finer_than_granted(geohash: str, precision_m: int) -> None:
    said, shown = cells.cell(geohash, 1), cells.cell(geohash, precision_m)
    assert said is not None
    assert shown is not None
    west, south, east, north = shown.bbox
    assert sphere.haversine_m(Point(south, west), Point(north, west)) >= precision_m * 0.999
    edge = math.radians(max(abs(south), abs(north)))
    around = sphere.DEGREE_M * math.cos(edge) * (east - west)
    assert around >= precision_m * 0.999 or east - west == 360
    # The cell that was said is within the one shown, and no corner is farther than it says.
    inner = said.bbox
    assert west <= inner[0] <= inner[2] <= east
    assert south <= inner[1] <= inner[3] <= north
    for lat in (south, north, shown.place.lat):
        for lon in (west, east):
            assert sphere.haversine_m(shown.place, Point(lat, lon)) <= shown.accuracy_m


@EXAMPLES
@given(GEOHASHES, st.integers(1, 100_000), GEOHASHES)
def test_neighbours_share_their_cell(geohash: str, precision_m: int, more: str) -> None:
    """What a geohash says beyond the precision changes nothing: nobody can tell two apart by it."""
    coarse = cells.cell(geohash, precision_m)
    finer = cells.cell((geohash + more)[:16], precision_m)
    assert coarse is not None
    assert finer is not None
    if coarse.height < 180 / 2 ** (5 * len(geohash) // 2) * 1.001:
        return  # the first was as coarse as it could say
    assert finer == coarse
