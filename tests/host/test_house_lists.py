"""The house's rules where a hub is told of cameras and clips without opening any: lists spend what
searches do and show no more; a small picture is an opening."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from porchlight.store import Entry
from tests.support.clipping import clip_grant, keep
from tests.support.hosting import SETTINGS, InThread, ShiftedClock, Signer, hosted

RULES = """\
[quotas]
hub_searches = 4
hub_opens = 2
[search]
most = 1
[profile]
file = "county.toml"
"""
COUNTY = """\
[[forbid]]
why = "unlisted"
actions = ["search"]
labels = ["hidden *"]

[[forbid]]
why = "no-live"
actions = ["live"]
labels = ["*doorbell*"]

[[approve]]
why = "two"
purposes = ["violence"]
"""
CAUSE = {"case": "C-1", "purpose": "fire"}
GEO = {"cell": "u173z", "precision_m": 1_000}
AMSTERDAM = {"center": [4.9, 52.36], "radius_m": 10_000}
ALL = {"actions": ["live", "snapshot", "clips"], "purposes": ["fire", "violence"], "geo": GEO}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, clock: ShiftedClock) -> Iterator[InThread]:
    home = tmp_path_factory.mktemp("lists") / "home"
    home.mkdir(mode=0o700)
    (home / "county.toml").write_text(COUNTY)
    with hosted(home, SETTINGS + RULES, clock=clock) as running:
        yield running


def refused(answer: httpx.Response, status: int, reason: str) -> None:
    assert (answer.status_code, answer.json()["reason"]) == (status, reason), answer.text


def own_log(host: InThread, hub: Signer) -> list[tuple[str, Any]]:
    """What the host's own log says was refused to this hub."""
    wanted = select(Entry.reason, Entry.detail).where(
        Entry.resident.is_(None), Entry.hub == hub.thumb, Entry.type == "access.refused"
    )
    rows = host.store.read_now(lambda session: session.execute(wanted).all())
    return [(row[0], row[1]["action"]) for row in rows]


def test_a_list_shows_what_a_search_would(host: InThread, ann: Signer, fire: Signer) -> None:
    door, hidden = host.camera(ann, "Doorbell"), host.camera(ann, "hidden yard")
    for kit in (door, hidden):
        host.grant(kit, fire, detail=ALL)
    hub = host.caller(fire)
    [shown] = hub.get("/cameras", **CAUSE).json()["cameras"]
    assert (shown["id"], shown["actions"]) == (door.id, ["clips", "snapshot"])
    refused(hub.get(f"/cameras/{hidden.id}", **CAUSE), 404, "no-camera")
    found = hub.post("/search", {"circle": AMSTERDAM, "action": "snapshot", **CAUSE}).json()
    assert [one["id"] for one in found["features"]] == [door.id]
    assert [entry["detail"]["cameras"] for entry in host.entries(ann, "search")] == [[door.id]] * 2
    assert len(host.caller(ann).get("/cameras").json()["cameras"]) == 2  # one's own


def test_a_list_of_clips_does_too(host: InThread, ann: Signer, fire: Signer) -> None:
    clips = []
    for label in ("porch", "hidden yard"):
        kit = host.camera(ann, label)
        clips.append(keep(host, kit, clip_grant(host, kit, fire)))
    hub = host.caller(fire)
    assert [one["id"] for one in hub.get("/clips", **CAUSE).json()["clips"]] == [clips[0].id]
    refused(hub.get(f"/clips/{clips[1].id}", **CAUSE), 404, "no-clip")
    assert hub.get(f"/clips/{clips[0].id}", **CAUSE).status_code == 200


@pytest.mark.parametrize("path", ["/cameras", "/cameras/CAMERA", "/clips", "/clips/CLIP"])
def test_a_list_spends_a_search(host: InThread, ann: Signer, fire: Signer, path: str) -> None:
    kit = host.camera(ann)
    clip = keep(host, kit, clip_grant(host, kit, fire))
    hub, path = host.caller(fire), path.replace("CAMERA", kit.id).replace("CLIP", clip.id)
    for _ in range(4):
        assert hub.get(path, **CAUSE).status_code == 200
    spent = hub.get(path, **CAUSE)
    refused(spent, 429, "too-many-searches")
    assert 3_500 < int(spent.headers["retry-after"]) <= 3_600
    refused(hub.post("/search", {"circle": AMSTERDAM, "action": "live", **CAUSE}), 429, SEARCHES)
    assert own_log(host, fire) == [(SEARCHES, "search")] * 2
    assert host.caller(ann).get(path).status_code == 200  # residents have no quota
    assert len(host.entries(ann, "search")) == 4


SEARCHES = "too-many-searches"


def test_a_search_that_finds_too_many_is_in_the_log(host: InThread, fire: Signer) -> None:
    for _ in range(2):
        host.grant(host.camera(host.resident()), fire, detail=ALL)
    hub = host.caller(fire)
    wide = {"circle": {**AMSTERDAM, "radius_m": 10_001}, "action": "live", **CAUSE}
    refused(hub.post("/search", wide), 422, "area-too-large")
    refused(hub.post("/search", wide | {"circle": AMSTERDAM}), 422, "too-many-cameras")
    assert own_log(host, fire) == [("area-too-large", "search"), ("too-many-cameras", "search")]


def test_a_small_picture_is_an_opening(host: InThread, ann: Signer, fire: Signer) -> None:
    kit = host.camera(ann)
    clip = keep(host, kit, clip_grant(host, kit, fire))
    hub, path = host.caller(fire), f"/clips/{clip.id}/thumbnail.jpg"
    for _ in range(2):
        assert hub.get(path, **CAUSE).headers["content-type"] == "image/jpeg"
    spent = hub.get(path, **CAUSE)
    refused(spent, 429, "too-many-opens")
    assert 3_500 < int(spent.headers["retry-after"]) <= 3_600
    assert [entry["reason"] for entry in host.entries(ann, "access.refused")] == ["too-many-opens"]
    assert len(host.entries(ann, "clip.played")) == 2


def test_a_small_picture_takes_two_people_where_the_clip_does(
    host: InThread, ann: Signer, fire: Signer
) -> None:
    kit = host.camera(ann)
    clip = keep(host, kit, clip_grant(host, kit, fire, detail=ALL | {"actions": ["clips"]}))
    path = f"/clips/{clip.id}/thumbnail.jpg"
    alone = host.caller(fire).get(path, case="C-1", purpose="violence")
    refused(alone, 403, "approval-missing")
    assert host.entries(ann, "access.refused")[0]["reason"] == "approval-missing"
