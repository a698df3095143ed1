"""Where a grant says that its camera is: never finer than asked, and read alike by the host."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchkit import places
from porchkit.errors import UsageError
from porchlight.search import cells, sphere
from porchlight.search.sphere import Point


def test_a_geohash_is_what_others_make_of_it() -> None:
    assert places.geohash(42.605, -5.603, 5) == "ezs42"
    assert places.geohash(57.64911, 10.40744, 11) == "u4pruydqqvj"


@settings(max_examples=60, deadline=None)
@given(st.floats(-90, 90), st.floats(-180, 180), st.integers(5, 100_000))
def test_the_host_shows_the_place_and_no_more(lat: float, lon: float, within_m: int) -> None:
    said = cells.cell(places.cell(lat, lon, within_m), 1)
    shown = cells.cell(places.cell(lat, lon, within_m), within_m)
    assert said is not None
    assert shown is not None
    west, south, east, north = said.bbox
    assert west <= lon <= east
    assert south <= lat <= north
    one_letter = said.height == 45
    assert one_letter or (north - south) * sphere.DEGREE_M >= within_m * 0.999
    edge = sphere.haversine_m(Point(lat, west), Point(lat, east))
    assert one_letter or edge >= within_m * 0.9
    assert sphere.haversine_m(shown.place, Point(lat, lon)) <= shown.accuracy_m


def test_words_become_geo() -> None:
    assert places.geo(" 52.3676, 4.9041", 500) == {"cell": "u173zt", "precision_m": 500}


@pytest.mark.parametrize("near", ["", "here", "91,0", "0,181", "52.3", "1,2,3", "nan,1", "1e1,2"])
def test_what_is_no_place_is_said(near: str) -> None:
    with pytest.raises(UsageError, match="--near"):
        places.geo(near, 500)


@pytest.mark.parametrize("within_m", [0, -1, 100_001])
def test_what_is_no_precision_is_said(within_m: int) -> None:
    with pytest.raises(UsageError, match="--within"):
        places.geo("1,1", within_m)
