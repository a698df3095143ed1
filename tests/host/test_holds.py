"""Community holds: where and while one lies, hubs open nothing; it says so to each resident."""

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from porchlight.errors import ConfigError
from porchlight.profile import HELD, Asked, Profile, parse
from porchlight.search.sphere import Point
from tests.support import signing
from tests.support.clipping import clip_grant, frames, keep
from tests.support.hosting import SETTINGS, InThread, ShiftedClock, Signer, hosted
from tests.support.viewing import ask_view, until

BEGINS = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=20)
SQUARE = {"lat": 523_702_000, "lon": 48_952_000}
AWAY = {"lat": 523_802_000, "lon": 48_952_000}  # 1.1 km
GEO = {"cell": "u173z", "precision_m": 1_000}
CAUSE = {"case": "C-1", "purpose": "fire"}
HOLD = """\
[[hold]]
why = "gathering-28"
from = {begins}
until = {ends}
circle = {{ lat = 52.3702, lon = 4.8952, radius_m = 400 }}
"""
POLYGON = "polygon = [[52.36, 4.88], [52.38, 4.88], [52.38, 4.91], [52.36, 4.91]]"
CIRCLE = "circle = { lat = 52.3702, lon = 4.8952, radius_m = 400 }"
FROM, UNTIL = 1_800_230_400, 1_800_244_800  # 2027-01-18 00:00 and 04:00 UTC
TIMES = "from = 2027-01-18T00:00:00Z\nuntil = 2027-01-18T05:00:00+01:00\n"


def held(area: str = CIRCLE, times: str = TIMES) -> Profile:
    return parse(tomllib.loads(f'[[hold]]\nwhy = "gathering"\n{times}{area}\n'))


def asked(**changed: Any) -> Asked:
    said = {"action": "live", "label": "porch", "source": "board", "purpose": "fire", "now": FROM}
    return Asked(**{"place": Point(52.3702, 4.8952), **said, **changed})


@pytest.mark.parametrize("area", [CIRCLE, POLYGON])
@pytest.mark.parametrize(
    ("is_held", "changed"),
    [
        (True, {}),
        (True, {"now": UNTIL - 1}),
        (False, {"now": UNTIL}),
        (False, {"now": FROM - 1}),
        (True, {"action": "snapshot"}),
        (True, {"action": "clips"}),
        (True, {"action": "export"}),
        (False, {"action": "search"}),
        (False, {"place": Point(52.39, 4.8952)}),
        (True, {"place": None}),  # it may be anywhere
        (True, {"now": UNTIL + 9, "filmed": (FROM - 60, FROM)}),
        (True, {"now": UNTIL + 9, "filmed": (UNTIL - 1, UNTIL + 5)}),
        (True, {"now": UNTIL + 9, "filmed": (FROM - 60, UNTIL + 5)}),
        (False, {"now": UNTIL + 9, "filmed": (UNTIL, UNTIL + 5)}),
        (False, {"now": UNTIL + 9, "filmed": (FROM - 60, FROM - 1)}),
    ],
)
def test_where_and_when_it_lies(area: str, is_held: bool, changed: dict[str, Any]) -> None:
    found = held(area).refuses(asked(**changed))
    assert found == ((HELD, "gathering") if is_held else None)


def test_a_view_ends_when_it_begins() -> None:
    assert held().until(asked(now=FROM - 7)) == FROM
    assert held().until(asked(now=FROM - 7), approved=True) == FROM
    assert held().until(asked(now=FROM - 7, place=Point(52.39, 4.8952))) is None
    assert held().until(asked(now=UNTIL)) is None


@pytest.mark.parametrize(
    ("area", "times", "says"),
    [
        ("", TIMES, "hold[1] must have one circle or one polygon"),
        (f"{CIRCLE}\n{POLYGON}", TIMES, "hold[1] must have one circle or one polygon"),
        ("circle = { lat = 52.37, lon = 4.9 }", TIMES, "hold[1].circle must be"),
        ("circle = { lat = 52.37, lon = 4.9, radius_m = 0 }", TIMES, "hold[1].circle.radius_m"),
        ("circle = { lat = 52.37, lon = 4.9, radius_m = nan }", TIMES, "hold[1].circle.radius_m"),
        ("circle = { lat = nan, lon = 4.9, radius_m = 9 }", TIMES, "must be in degrees"),
        ("circle = { lat = 4.9, lon = 181, radius_m = 9 }", TIMES, "must be in degrees"),
        ("polygon = [[52.36, 4.88], [52.38, 4.88]]", TIMES, "hold[1].polygon must have 3"),
        ("polygon = [[1, 1], [1, 1], [1, 1]]", TIMES, "three different corners"),
        ("polygon = [[1, 1], [1, 2], [1, true]]", TIMES, "must be in degrees"),
        (CIRCLE + "\nallow = true", TIMES, "hold[1].allow is not known"),
        (CIRCLE, "until = 2027-01-18T05:00:00Z\n", "hold[1].from must be a time"),
        (CIRCLE, TIMES.replace("00Z", "00"), "hold[1].from must be a time with its offset"),
        (CIRCLE, TIMES.replace("2027-01-18T05", "2026-01-18T05"), "hold[1].until must come after"),
        (CIRCLE, TIMES + 'why = "x y"\n', "Cannot overwrite"),
    ],
)
def test_what_is_not_understood_is_an_error(area: str, times: str, says: str) -> None:
    with pytest.raises((ConfigError, tomllib.TOMLDecodeError), match=re.escape(says)):
        held(area, times)


# At a running host


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, clock: ShiftedClock) -> Iterator[InThread]:
    home = tmp_path_factory.mktemp("holds") / "home"
    home.mkdir(mode=0o700)
    times = {"begins": BEGINS.isoformat(), "ends": (BEGINS + timedelta(minutes=20)).isoformat()}
    (home / "county.toml").write_text(HOLD.format(**times))
    with hosted(home, SETTINGS + '[profile]\nfile = "county.toml"\n', clock=clock) as running:
        yield running


@pytest.fixture
def ahead(clock: ShiftedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShiftedClock]:
    """A test may shift it, and those who ask with it; it is shifted back."""
    monkeypatch.setattr(signing, "time", SimpleNamespace(time=clock.unix))
    yield clock
    clock.ahead_s = 0


def refused(answer: httpx.Response, status: int, reason: str) -> None:
    assert (answer.status_code, answer.json()["reason"]) == (status, reason), answer.text


async def test_a_view_ends_and_none_opens_until_it_is_over(
    host: InThread, ahead: ShiftedClock, ann: Signer, fire: Signer
) -> None:
    square, away = (host.camera(ann, place=place) for place in (SQUARE, AWAY))
    for kit in (square, away):
        host.grant(kit, fire, ann)
    opened = ask_view(host, fire, square)
    assert opened.json()["expires"] == BEGINS.timestamp()
    ahead.ahead_s = 1200
    await until(lambda: host.caller(fire).get("/views").json()["views"] == [])
    assert [entry["reason"] for entry in host.entries(ann, "view.close")] == ["area-held"]
    refused(ask_view(host, fire, square), 403, "area-held")
    refused(ask_view(host, fire, square, action="snapshot"), 403, "area-held")
    entry = host.entries(ann, "access.refused")[0]
    assert (entry["reason"], entry["detail"]["rule"]) == ("area-held", "gathering-28")
    assert ask_view(host, fire, away).status_code == 201
    assert ask_view(host, ann, square, case="", purpose="").status_code == 201  # one's own
    refused(ask_view(host, host.hub(), square), 403, "no-grant")  # who is told nothing else
    ahead.ahead_s = 2500
    assert ask_view(host, fire, square).status_code == 201


def test_what_was_filmed_then_stays_closed(
    host: InThread, ahead: ShiftedClock, ann: Signer, fire: Signer
) -> None:
    kit = host.camera(ann, place=SQUARE)
    jti = clip_grant(host, kit, fire)
    before = keep(host, kit, jti)
    then = keep(host, kit, jti, frames(5, began_ms=int(BEGINS.timestamp() * 1000) + 60_000))
    hub = host.caller(fire)

    ahead.ahead_s = 1200 + 120
    for clip in (before, then):
        refused(hub.get(f"/clips/{clip.id}/thumbnail.jpg", **CAUSE), 403, "area-held")
    assert hub.get("/clips", **CAUSE).json()["clips"] == []
    ahead.ahead_s = 2500  # it is over
    assert [row["id"] for row in hub.get("/clips", **CAUSE).json()["clips"]] == [before.id]
    refused(hub.get(f"/clips/{then.id}", **CAUSE), 404, "no-clip")
    played = hub.post(f"/clips/{then.id}/plays", {"action": "clips", **CAUSE})
    refused(played, 403, "area-held")
    assert hub.get(f"/clips/{before.id}/thumbnail.jpg", **CAUSE).status_code == 200
    own = host.caller(ann).get(f"/clips/{then.id}/thumbnail.jpg")
    assert own.status_code == 200
    assert {entry["reason"] for entry in host.entries(ann, "access.refused")} == {"area-held"}


def test_it_is_not_found_as_something_to_open(
    host: InThread, ahead: ShiftedClock, ann: Signer, fire: Signer
) -> None:
    kit = host.camera(ann, place=SQUARE)
    host.grant(kit, fire, detail={"geo": GEO})
    body = {"circle": {"center": [4.9, 52.36], "radius_m": 9_000}, "action": "live", **CAUSE}

    def found() -> list[str]:
        features = host.caller(fire).post("/search", body).json()["features"]
        cameras = host.caller(fire).get("/cameras", **CAUSE).json()["cameras"]
        assert [one["id"] for one in features] == [one["id"] for one in cameras]
        return [one["id"] for one in features]

    assert found() == [kit.id]
    ahead.ahead_s = 1200
    assert found() == []
