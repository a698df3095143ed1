"""The request's statement: every cap just over and just under, and nothing unknown."""

import base64
import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.errors import LocalError, Refused
from porchlight import keys
from porchlight.cases import case_key
from porchlight.requests import area, statement
from porchlight.requests.statement import Request
from porchlight.search.sphere import Point
from tests.support.asking import U, circle, claims, signed, square, turned
from tests.support.signing import Signer

NOW = 1_795_000_000
HOUR = 3_600
HUB = Signer("fire")
OTHER = Signer("other")


def verified(hub: Signer = HUB, **changes: Any) -> Request:
    said = {k: v for k, v in claims(HUB, OTHER.thumb, NOW, **changes).items() if v is not None}
    token = signed(hub, said).encode()
    return statement.verify(token, {HUB.thumb: HUB.key.public}, keys.check)


def refusal(**changes: Any) -> str:
    with pytest.raises(Refused) as caught:
        verified(**changes)
    return caught.value.reason


def test_what_it_says() -> None:
    request = verified(op="A" * 22)
    assert (request.iss, request.aud, request.op) == (HUB.thumb, OTHER.thumb, "A" * 22)
    assert (request.case, request.purpose, request.actions) == ("26-1123", "fire", ("clips",))
    assert request.window == (NOW - 7_200, NOW - 3_600)
    assert request.area.holds(Point(52.37, 4.89))


def test_only_verify_makes_one() -> None:
    with pytest.raises(LocalError):
        Request(object(), b"", {})


@pytest.mark.parametrize("window_s", [15 * 60, 12 * HOUR])
def test_windows_at_their_bounds(window_s: int) -> None:
    assert verified(window=[NOW - window_s, NOW]).window == (NOW - window_s, NOW)


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        ([NOW - 15 * 60 + 1, NOW], "window-too-short"),
        ([NOW, NOW], "window-too-short"),
        ([NOW, NOW - HOUR], "window-too-short"),
        ([NOW - 12 * HOUR - 1, NOW], "window-too-long"),
        ([NOW - HOUR, NOW + 1], "window-in-future"),
        ([NOW - HOUR], "bad-value"),
        ([NOW - HOUR, float(NOW)], None),
        ([True, NOW], "bad-value"),
        ([str(NOW - HOUR), NOW], "bad-value"),
    ],
)
def test_windows_beyond_them(window: Any, reason: str | None) -> None:
    if reason is None:  # has no canonical form: cannot even be signed
        with pytest.raises(ValueError, match="canonical"):
            verified(window=window)
    else:
        assert refusal(window=window) == reason


def test_open_for_seven_days_and_no_longer() -> None:
    assert verified(exp=NOW + 7 * 86_400).exp == NOW + 7 * 86_400
    assert refusal(exp=NOW + 7 * 86_400 + 1) == "open-too-long"
    assert refusal(exp=NOW) == "bad-value"


@pytest.mark.parametrize(
    "place", [circle(642), circle(50), square(1_137), square(90), square(1_137, (-60.0, 180.0))]
)
def test_areas_within_the_cap(place: dict[str, Any]) -> None:
    assert area.MIN_M2 < verified(area=place).area.m2 <= area.MAX_M2


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (circle(643), "area-too-large"),
        (circle(49), "area-too-small"),
        (square(1_139), "area-too-large"),
        (square(88), "area-too-small"),
        (square(1_139, (0.0, -180.0)), "area-too-large"),
        (square(60_000), "area-too-large"),
        (circle(0), "bad-value"),
        ({}, "bad-value"),
        (circle(300) | square(300), "bad-value"),
        ({"bbox": [1, 2, 3, 4]}, "bad-value"),
        ({"circle": {"lat": 0, "lon": 0}}, "missing-claim"),
        ({"circle": {"lat": 90 * U + 1, "lon": 0, "radius_m": 300}}, "bad-value"),
        ({"polygon": square(300)["polygon"][:2]}, "bad-value"),
        ({"polygon": [[0, n] for n in range(17)]}, "bad-value"),
        ({"polygon": [[0, 0], [0, 1], [1, True]]}, "bad-value"),
    ],
)
def test_areas_beyond_it(place: dict[str, Any], reason: str) -> None:
    assert refusal(area=place) == reason


def test_a_figure_of_eight_cannot_hide_its_size() -> None:
    a, b, c, d = square(2_000)["polygon"]
    assert refusal(area={"polygon": [a, c, b, d]}) == "area-crosses-itself"
    assert refusal(area={"polygon": [a, b, a, c]}) in ("area-crosses-itself", "bad-value")


def test_a_needle_cannot_thread_a_town() -> None:
    lat, lon = 520_000_000, 48_000_000
    needle = [[lat, lon], [lat, lon + 1_600_000], [lat + 900, lon + 1_600_000], [lat + 900, lon]]
    assert refusal(area={"polygon": needle}) == "area-too-long"


def test_a_court_with_two_wings_in_line_does_not_cross_itself() -> None:
    shape = [(0, 0), (0, 30), (20, 30), (20, 20), (10, 20), (10, 10), (20, 10), (20, 0)]
    corners = [[520_000_000 + up * 2_000, 48_000_000 + along * 2_000] for up, along in shape]
    assert verified(area={"polygon": corners}).area.m2 == pytest.approx(152_238, rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-85, 85),
    st.floats(-180, 180),
    st.integers(3, 16),
    st.floats(90, 560),
    st.floats(0, 6),
)
def test_areas_of_regular_polygons(
    lat: float, lon: float, corners: int, reach_m: float, turn: float
) -> None:
    """Against the plane's formula: at this size the earth is flat to one in ten thousand."""
    angles = [turn + math.tau * n / corners for n in range(corners)]
    narrow = 111_195.08 * math.cos(math.radians(lat))
    ring = [
        [
            round((lat + reach_m * math.sin(a) / 111_195.08) * U),
            turned(lon + reach_m * math.cos(a) / narrow),
        ]
        for a in angles
    ]
    flat = corners / 2 * reach_m**2 * math.sin(math.tau / corners)
    assert area.of({"polygon": ring}).m2 == pytest.approx(flat, rel=5e-3)


@pytest.mark.parametrize(
    ("north_m", "shared"), [(0, True), (590, True), (-590, True), (610, False), (5_000, False)]
)
def test_overlap_of_circles(north_m: float, shared: bool) -> None:
    one, other = area.of(circle(300)), area.of(circle(300, north_m))
    assert one.overlaps(other) is shared
    assert other.overlaps(one) is shared


def test_overlap_of_a_circle_within_a_square() -> None:
    assert area.of(square(1_100)).overlaps(area.of(circle(60)))
    assert area.of(circle(60)).overlaps(area.of(square(1_100)))


@pytest.mark.parametrize("claim", sorted(claims(HUB, OTHER.thumb, NOW)))
def test_every_claim_is_needed(claim: str) -> None:
    assert refusal(**{claim: None}) == "missing-claim"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"remind": True}, "unknown-claim"),
        ({"case": ""}, "bad-value"),
        ({"case": "-- / --"}, "no-case"),
        ({"case": "x" * 65}, "bad-value"),
        ({"reason": "x" * 281}, "bad-value"),
        ({"reason": ""}, "bad-value"),
        ({"purpose": "own-use"}, "bad-value"),
        ({"purpose": "protest"}, "bad-value"),
        ({"actions": ["live"]}, "bad-value"),
        ({"actions": ["clips", "snapshot"]}, "bad-value"),
        ({"actions": []}, "bad-value"),
        ({"actions": ["clips", "clips"]}, "bad-value"),
        ({"aud": [OTHER.thumb]}, "bad-value"),
        ({"op": "sam"}, "bad-value"),
        ({"iat": str(NOW)}, "bad-value"),
        ({"iss": OTHER.thumb}, "wrong-issuer"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], reason: str) -> None:
    assert refusal(**changes) == reason


def test_another_key_and_another_kind_of_statement() -> None:
    with pytest.raises(Refused, match="unknown-key"):
        verified(OTHER)
    token = signed(HUB, claims(HUB, OTHER.thumb, NOW))
    head, body, _ = token.split(".")
    forged = f"{head}.{body}.{'A' * 86}".encode()
    with pytest.raises(Refused, match="bad-signature"):
        statement.verify(forged, {HUB.thumb: HUB.key.public}, keys.check)
    grant = HUB.grant(OTHER.thumb, OTHER.thumb, seq=1).encode()
    with pytest.raises(Refused, match="wrong-header"):
        statement.verify(grant, {HUB.thumb: HUB.key.public}, keys.check)


def test_bytes_that_are_not_canonical() -> None:
    said = claims(HUB, OTHER.thumb, NOW)
    text = statement.signing_input(said, HUB.thumb)
    header = text.split(b".")[0]
    loose = base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=")
    whole = header + b"." + loose
    token = whole + b"." + base64.urlsafe_b64encode(HUB.key.sign(whole)).rstrip(b"=")
    with pytest.raises(Refused, match="not-canonical"):
        statement.verify(token, {HUB.thumb: HUB.key.public}, keys.check)


def test_spellings_of_a_case_are_one() -> None:
    spelt = ["26-1123a", "26 1123 A", "26/1123-a", "261123A", "\uff12\uff16-1123\u200ba"]
    assert {case_key(case) for case in spelt} == {"261123A"}
    assert all(a != b for a, b in itertools.pairwise(spelt))
    assert len(case_key("\u00df" * 64)) == 64  # which are twice as many capitals
