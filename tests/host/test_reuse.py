"""Case reuse is flagged: to residents where enough others are behind it, to the hub's auditor, and
to everybody in a report."""

from collections.abc import Iterator
from typing import Any

import pytest

from porchkit.sentences import sentence
from porchlight.reuse import LISTED
from porchlight.transparency import report
from porchlight.transparency.quarter import Quarter
from porchlight.transparency.reading import Line, Read
from porchlight.transparency.told import Told
from porchlight.who import roles
from tests.support.clipping import clip_grant, keep
from tests.support.hosting import SETTINGS, InThread, Kit, ShiftedClock, Signer, hosted
from tests.support.viewing import ask_view

RULES = """\
[quotas]
flag_cameras = 4
flag_km = 10
"""
HERE = {"lat": 523_702_000, "lon": 48_952_000}
NEAR = {"lat": 524_500_000, "lon": 48_952_000}  # 9 km
AWAY = {"lat": 524_900_000, "lon": 48_952_000}  # 13 km


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, clock: ShiftedClock) -> Iterator[InThread]:
    with hosted(tmp_path_factory.mktemp("reuse") / "home", SETTINGS + RULES, clock=clock) as one:
        yield one


def opened(host: InThread, hub: Signer, case: str, *places: dict[str, int] | None) -> list[Kit]:
    """A camera of another resident at each place, opened one after the other."""
    kits = []
    for place in places:
        kit = host.camera(host.resident(), **({} if place is None else {"place": place}))
        host.grant(kit, hub)
        assert ask_view(host, hub, kit, case=case).status_code == 201
        kits.append(kit)
    return kits


def told(host: InThread, kits: list[Kit]) -> list[str | None]:
    """What each resident reads of how the case is used."""
    return [host.entries(kit.owner, "view.open")[0]["detail"].get("case_use") for kit in kits]


def flagged(host: InThread, hub: Signer) -> list[dict[str, Any]]:
    answer = host.caller(hub).get("/cases")
    assert answer.status_code == 200, answer.text
    cases: list[dict[str, Any]] = answer.json()["cases"]
    return cases


def test_a_case_of_one_place_is_none(host: InThread, fire: Signer) -> None:
    kits = opened(host, fire, "A-1", HERE, NEAR, None, HERE)
    assert told(host, kits) == [None] * 4
    assert flagged(host, fire) == []


def test_many_cameras_and_however_it_is_spelt(host: InThread, fire: Signer) -> None:
    kits = opened(host, fire, "A-2", *[HERE] * 4) + opened(host, fire, "a 2", HERE)
    assert told(host, kits) == [None] * 4 + ["many-cameras"]
    [case] = flagged(host, fire)
    assert (case["case"], case["flag"], case["cameras"]) == ("a 2", "many-cameras", 5)
    assert case["openings"] == 5
    assert case["first"] < case["last"]
    assert flagged(host, host.hub()) == []  # of this hub alone


def test_places_far_apart(host: InThread, fire: Signer) -> None:
    kits = opened(host, fire, "A-3", HERE, AWAY, NEAR, HERE, HERE)
    # Of fewer than three others nothing is said, though the auditor reads it.
    assert told(host, kits) == [None, None, None, "far-apart", "many-and-far"]
    assert [case["flag"] for case in flagged(host, fire)] == ["many-and-far"]


def test_a_neighbour_is_not_told_of_one_other(host: InThread, fire: Signer) -> None:
    kits = opened(host, fire, "A-4", HERE, AWAY)
    assert told(host, kits) == [None, None]
    assert [case["flag"] for case in flagged(host, fire)] == ["far-apart"]


def test_clips_count(host: InThread, fire: Signer) -> None:
    kits = opened(host, fire, "A-5", HERE, HERE, HERE)
    kit = host.camera(host.resident(), place=AWAY)
    clip = keep(host, kit, clip_grant(host, kit, fire))
    path = f"/clips/{clip.id}/thumbnail.jpg"
    assert host.caller(fire).get(path, case="A/5", purpose="fire").status_code == 200
    entry = host.entries(kit.owner, "clip.played")[0]
    assert entry["detail"]["case_use"] == "far-apart"
    assert told(host, kits) == [None] * 3
    assert "used for places far apart" in sentence(entry, {})


def test_it_is_for_auditors(host: InThread, ann: Signer) -> None:
    assert roles.takes("GET", "/api/v1/cases") == roles.AUDIT
    answer = host.caller(ann).get("/cases")
    assert (answer.status_code, answer.json()["reason"]) == (403, "hubs-only")


def test_the_list_is_read_only_so_often(host: InThread) -> None:
    caller = host.caller(host.hub())
    answers = [caller.get("/cases") for _ in range(LISTED + 1)]
    assert [answer.status_code for answer in answers] == [200] * LISTED + [429]
    assert answers[-1].headers["retry-after"] == "60"


def test_a_report_tells_of_those_that_concern_enough() -> None:
    def line(resident: str, flag: str | None, type: str = "view.open") -> Line:
        return Line(type, resident, "H1", "fire", "fire", "live", None, 2, 0, flag)

    lines = [line(who, "far-apart") for who in "abc"] + [line(who, "many-cameras") for who in "ab"]
    lines += [line(who, None) for who in "abcdef"]
    lines += [line("c", "many-cameras", "access.refused"), line("d", "Sam's", "view.open")]
    frame = report.Frame("elm", Quarter(2026, 3), 3)
    made = report.make(Read(lines, [], [], frozenset({"H1"})), frame, Told())
    assert made["case_reuse"] == {
        "rows": [{"flag": "far-apart", "hub": "fire", "number": 6}],
        "total": 6,
    }
