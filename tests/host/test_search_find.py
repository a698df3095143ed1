"""Who is found: against a reference of the rules, for any grants, times and areas."""

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord import tz
from accord.grant import Grant
from porchkit import places
from porchlight.heldbook import HeldBook
from porchlight.search import cells, covering, sphere
from porchlight.search.areas import Area, Box, Circle, Everywhere
from porchlight.search.finder import Finder, Shown, Wanted
from porchlight.search.grid import Grid
from porchlight.search.index import REGISTER, Index
from porchlight.search.pseudonyms import Pseudonyms
from porchlight.search.sphere import Point
from tests.support.searching import NOW, granted, thumb

K = 3
NAMES = Pseudonyms(bytes(32))
# Two neighbours, one that holds them both, one across the antimeridian, one at a pole, no place.
PLACES = [("u173z", 1000), ("u173y", 1000), ("u173", 5000), ("rzzzz", 900), ("zzzzz", 1), None]
PLACES += [("not a hash", 5)]
HUBS = ("fire", "police")
AREAS: list[Area] = [
    Everywhere(),
    Circle(Point(52.36, 4.9), 3_000),
    Circle(Point(52.36, 4.9), 10),
    Circle(Point(0, 179.99), 9_000),
    Box(179, -5, -179, 5),
    Box(4, 52, 5, 53),
]


class World:
    """Books of cameras, and the index that follows them."""

    def __init__(self, k: int = K) -> None:
        self.index = Index()
        self.books: dict[str, HeldBook] = {}
        self.finder = Finder(self.index, k, NAMES.of)

    def add(self, grant: Grant) -> None:
        book = self.books.setdefault(grant.sub, HeldBook(grant.sub, [self.index.held], lambda: 0))
        book.restore(grant)

    def find(self, hub: str, area: Area, action: str = "live", now: int = NOW) -> list[Shown]:
        return self.finder.find(thumb(hub), Wanted(area, action, "fire"), now)

    @property
    def held(self) -> list[Grant]:
        return [grant for book in self.books.values() for grant in book.grants()]


class Rule(NamedTuple):
    """The rules once more, as one would tell them."""

    held: list[Grant]
    hub: str
    area: Area
    action: str
    now: int

    def shown(self) -> set[tuple[str, bool, tuple[float, float]]]:
        found: dict[str, tuple[int, str, bool, Point]] = {}
        for grant, place, accuracy in self.listed():
            named = grant.actions not in ((), ("register",))
            if named and self.action not in {*grant.actions} - {"register"}:
                continue
            name = grant.sub if named else NAMES.of(self.hub, grant.sub)
            if self.area.touches(place, accuracy) and (named or self.crowded(place, accuracy)):
                mine = (accuracy, name, named, place)
                found[name] = min(found.get(name, mine), mine)
        return {(name, named, place) for _, name, named, place in found.values()}

    def crowded(self, place: Point, accuracy: int) -> bool:
        mine = [g for g, *cell in self.listed() if cell == [place, accuracy] and self.silent(g)]
        return len({grant.iss for grant in mine}) >= K

    def silent(self, grant: Grant) -> bool:
        return grant.actions in ((), ("register",))

    def listed(self) -> Iterator[tuple[Grant, Point, int]]:
        known = {g.iss for g in self.held if self.mine(g) and not self.silent(g)}
        for grant in self.held:
            cell = cells.of(grant)
            alive = grant.nbf <= self.now < grant.exp and "fire" in grant.purposes
            if cell is None or not alive or not self.mine(grant) or not self.open(grant):
                continue
            if not (self.silent(grant) and grant.iss in known):
                yield grant, cell.place, cell.accuracy_m

    def mine(self, grant: Grant) -> bool:
        return self.hub in grant.aud and grant.cnf in (None, self.hub)

    def open(self, grant: Grant) -> bool:
        if not grant.windows or grant.tz is None:
            return True
        minute = tz.parse(grant.tz).minute_of_week(self.now)
        return any(start <= minute < end for start, end in grant.windows)


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    number = draw(st.integers(0, 7))
    more: dict[str, Any] = {}
    if draw(st.booleans()):
        more["nbf"] = NOW - draw(st.sampled_from([50, 0, -50]))
        more["exp"] = more["nbf"] + draw(st.sampled_from([20, 50, 3000]))
    if draw(st.integers(0, 5)) == 0:
        start = draw(st.integers(0, tz.WEEK - 2))
        more |= {"windows": [[start, tz.WEEK]], "tz": "UTC0"}
    if draw(st.integers(0, 7)) == 0:
        more["mask"] = [[0, 0, 10, 10]]
    hubs = draw(st.sampled_from([HUBS, HUBS[:1], HUBS[1:]]))
    if draw(st.integers(0, 5)) == 0:
        more["cnf"] = draw(st.sampled_from(HUBS))
    return granted(
        f"camera {number}",
        f"resident {number // 2 if number < 4 else number}",
        *hubs,
        actions=draw(
            st.sampled_from([(), (), ("register",), ("live",), ("live", "register"), ("clips",)])
        ),
        purposes=draw(st.sampled_from([("fire",), ("fire", "theft"), ("theft",)])),
        geo=draw(st.sampled_from([*PLACES, PLACES[0], PLACES[0]])),
        **more,
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(grants(), max_size=16),
    st.lists(st.integers(0, 15)),
    st.sampled_from(AREAS),
    st.sampled_from(["live", "register", "clips", "snapshot"]),
    st.sampled_from([NOW - 60, NOW, NOW + 30, NOW + 90_000]),
    st.booleans(),
)
def test_what_is_shown_is_what_the_rules_allow(
    given: list[Grant], taken: list[int], area: Area, action: str, now: int, swept: bool
) -> None:
    world = World()
    for grant in given:
        world.add(grant)
    for at in taken:
        if at < len(given):
            world.books[given[at].sub].revoke(given[at].handle)
    if swept:
        for book in world.books.values():
            book.drop_expired(now)
    for hub in HUBS:
        shown = world.find(hub, area, action, now)
        ids = [one.id for one in shown]
        assert ids == sorted(set(ids))
        rule = Rule(world.held, thumb(hub), area, action, now)
        assert {(one.id, one.named, one.cell.place) for one in shown} == rule.shown()


@settings(max_examples=60, deadline=None)
@given(st.lists(grants(), max_size=16), st.floats(0, 9_000), st.floats(0, 360))
def test_no_circle_cuts_a_crowd_into_pieces(given: list[Grant], reach: float, lon: float) -> None:
    """Whatever is drawn, of the residents in one cell who only registered all are shown or none."""
    world = World()
    for grant in given:
        world.add(grant)
    whole = [one for one in world.find("fire", Everywhere()) if not one.named]
    there = Circle(Point(52.3 + reach / 90_000, 4.8 + lon / 1_800), reach)
    part = {one.id for one in world.find("fire", there) if not one.named}
    for cell in {one.cell for one in whole}:
        crowd = {one.id for one in whole if one.cell == cell}
        assert crowd <= part or not crowd & part


PAUSED = {"status": {"status_list": {"idx": 1, "uri": "urn:x"}}}  # nobody answers for its lease


@pytest.mark.parametrize("action", ["live", REGISTER])
@pytest.mark.parametrize(
    "against",
    [
        {"hub": "police"},
        {"purposes": ("theft",)},
        {"cnf": "police"},
        {"nbf": NOW + 1},
        {"exp": NOW},
        {"windows": [[0, 1]], "tz": "UTC0"},
        PAUSED,
    ],
    ids=lambda against: next(iter(against)),
)
def test_one_reason_against_it_is_enough(action: str, against: dict[str, Any]) -> None:
    more = dict(against)
    hub = more.pop("hub", "fire")
    actions = ("live",) if action == "live" else ()
    good = granted("porch", "ann", "fire", "police", actions=actions)
    bad = granted("porch", "ann", hub, *({hub, "police"} - {hub}), actions=actions, **more)
    for grant, covered in ((good, True), (bad, False)):
        until = covering.until(grant, thumb("fire"), action, "fire", NOW)
        assert (until is not None) is covered


TOWNS = [Point(52.3, 4.9), Point(0, 179.95), Point(-16, -179.95), Point(89.9, 10), Point(-90, 0)]


@pytest.fixture(scope="module")
def filled() -> Grid:
    """Towns full of cells of every size, so that squares are looked up and not gone through."""
    grid, chance, one = Grid(), random.Random(7), granted("porch", "ann", "fire")
    for at in range(5_000):
        lat, lon = TOWNS[at % len(TOWNS)]
        spot = lat + chance.uniform(-0.2, 0.2), (lon + chance.uniform(-0.2, 0.2) + 180) % 360 - 180
        cell = cells.cell(places.geohash(*spot, chance.choice([2, 4, 5, 6, 7, 8, 8])), 1)
        assert cell is not None
        grid.put(cell, [("live", "fire")], one)
    return grid


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(TOWNS),
    st.floats(-0.25, 0.25),
    st.floats(-0.25, 0.25),
    st.sampled_from([1.0, 200.0, 3_000.0]),
)
def test_the_grid_overlooks_no_cell(
    filled: Grid, town: Point, north: float, east: float, reach: float
) -> None:
    there = Point(max(-90, min(90, town.lat + north)), (town.lon + east + 180) % 360 - 180)
    circle = Circle(there, reach)
    touched = {cell for cell in filled._cells if circle.touches(cell.place, cell.accuracy_m)}
    assert {cell for cell, _ in filled.touched(circle)} == touched


def test_nothing_is_left_when_all_is_taken_back() -> None:
    world = World()
    held = [granted(f"c{at}", f"r{at}", "fire", actions=()) for at in range(4)]
    for grant in held:
        world.add(grant)
    assert len(world.find("fire", Everywhere())) == 4
    for grant in held:
        world.books[grant.sub].revoke(grant.handle)
        world.books[grant.sub].revoke(grant.handle)  # twice changes nothing
    assert world.find("fire", Everywhere()) == []
    assert vars(world.index) == vars(Index())


def test_the_crowd_is_of_residents_and_not_of_cameras() -> None:
    world = World()
    for at in range(5):
        world.add(granted(f"camera {at}", "one", "fire", actions=()))
    world.add(granted("camera 6", "two", "fire", actions=("register",)))
    assert world.find("fire", Everywhere()) == []
    world.add(granted("camera 7", "three", "fire", actions=()))
    shown = world.find("fire", Everywhere())
    assert len(shown) == 7
    assert not any(one.named for one in shown)
    assert world.find("police", Everywhere()) == []


def test_whoever_allows_something_needs_no_crowd() -> None:
    world = World()
    world.add(granted("farm", "farmer", "fire"))
    [shown] = world.find("fire", Everywhere())
    assert (shown.id, shown.named) == (thumb("farm"), True)
    assert shown.until == NOW + 3600


def test_who_is_known_by_one_camera_is_no_pseudonym_by_another() -> None:
    world = World()
    for name in ("a", "b", "c"):
        world.add(granted(f"{name}'s", name, "fire", actions=()))
    assert len(world.find("fire", Everywhere())) == 3
    world.add(granted("c's other", "c", "fire", purposes=("theft",), nbf=NOW + 60))
    assert world.find("fire", Everywhere()) == []


def test_an_answer_to_a_request_changes_nothing_before_it_begins() -> None:
    """Or a crowd that is gone would tell, ahead of its time, that somebody said yes."""
    world = World()
    for name in ("a", "b", "c"):
        world.add(granted(f"{name}'s", name, "fire", actions=()))
    world.add(granted("c's other", "c", "fire", nbf=NOW + 60, req="A" * 22))
    assert len(world.find("fire", Everywhere())) == 3
    assert [one.named for one in world.find("fire", Everywhere(), now=NOW + 60)] == [True]


def test_other_hubs_purposes_and_times_lend_no_cover() -> None:
    world = World()
    world.add(granted("a's", "a", "fire", actions=()))
    world.add(granted("b's", "b", "fire", actions=()))
    world.add(granted("c's", "c", "police", actions=()))
    world.add(granted("d's", "d", "fire", actions=(), purposes=("theft",)))
    world.add(granted("e's", "e", "fire", actions=(), nbf=NOW + 1))
    world.add(granted("f's", "f", "fire", actions=(), geo=("u173y", 1000)))
    assert world.find("fire", Everywhere()) == []
    assert len(world.find("fire", Everywhere(), now=NOW + 1)) == 3


def test_a_pseudonym_is_the_same_tomorrow_and_another_at_the_next_hub() -> None:
    world = World()
    for name in ("a", "b", "c"):
        world.add(granted(f"{name}'s", name, "fire", "police", actions=()))
    first = [one.id for one in world.find("fire", Everywhere())]
    assert first == [one.id for one in world.find("fire", Everywhere(), now=NOW + 500)]
    other = [one.id for one in world.find("police", Everywhere())]
    assert not set(first) & set(other)
    assert not set(first) & {thumb(f"{name}'s") for name in "abc"}
    assert all(len(id) == 22 for id in first)
    mine = NAMES.of(thumb("fire"), thumb("b's"))
    cameras = [thumb("a's"), thumb("b's")]
    assert NAMES.find(thumb("fire"), mine, cameras) == thumb("b's")
    assert NAMES.find(thumb("police"), mine, cameras) is None


def test_no_place_leaks_from_one_consent_into_another() -> None:
    world = World()
    world.add(granted("porch", "ann", "fire", actions=("live",), geo=("u1", 50_000)))
    world.add(granted("porch", "ann", "fire", actions=("clips",), geo=("u173zq", 100)))
    world.add(granted("yard", "ann", "fire", actions=("live",), geo=None))
    [live] = world.find("fire", Everywhere())
    [clips] = world.find("fire", Everywhere(), "clips")
    assert live.cell.accuracy_m > 50_000 > 2_000 > clips.cell.accuracy_m


def test_of_two_grants_the_more_exact_and_the_longer_counts() -> None:
    world = World()
    world.add(granted("porch", "ann", "fire", geo=("u173z", 5_000)))
    world.add(granted("porch", "ann", "fire", geo=("u173z", 100)))
    world.add(granted("porch", "ann", "fire", geo=("u173z", 100), exp=NOW + 7200))
    [shown] = world.find("fire", Everywhere())
    assert shown.until == NOW + 7200
    assert shown.cell == cells.cell("u173z", 100)


def test_two_approvals_are_asked_for_later_and_masks_hide_no_camera() -> None:
    world = World()
    world.add(granted("a", "a", "fire", approve="two"))
    world.add(granted("b", "b", "fire", mask=[[0, 0, 10, 10]]))
    shown = {one.camera for one in world.find("fire", Everywhere())}
    assert shown == {thumb("a"), thumb("b")}


@pytest.mark.parametrize("reach", [1.0, 400.0, 9_000.0])
def test_a_camera_is_found_wherever_it_may_be(reach: float) -> None:
    """A circle that holds the true place finds the cell; one that is far from it does not."""
    world = World()
    world.add(granted("porch", "ann", "fire"))
    cell = cells.cell("u173z", 1000)
    assert cell is not None
    west, south, east, north = cell.bbox
    for corner in (Point(south, west), Point(north, east), Point(north, west), cell.place):
        assert world.find("fire", Circle(corner, reach))
    far = Point(cell.place.lat + (cell.accuracy_m + reach + 1) / sphere.DEGREE_M, cell.place.lon)
    assert world.find("fire", Circle(far, reach)) == []
