"""POST /search: case and purpose first, an entry for everybody shown, then GeoJSON and receipts."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from porchlight.api.geojson import FeatureCollection
from porchlight.errors import StoreError
from tests.support.hosting import InThread, Kit, ShiftedClock
from tests.support.signing import Signer

AMSTERDAM = {"center": [4.9, 52.36], "radius_m": 2_000}
GEO = {"cell": "u173z", "precision_m": 1_000}
SQUARE = [[4.85, 52.3], [4.95, 52.3], [4.95, 52.4], [4.85, 52.4], [4.85, 52.3]]


def ask(host: InThread, who: Signer, **changes: Any) -> httpx.Response:
    body = {"circle": AMSTERDAM, "action": "live", "case": "C-1", "purpose": "fire"}
    wanted = {name: value for name, value in (body | changes).items() if value is not None}
    return host.caller(who).post("/search", wanted)


def features(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    found = answer.json()
    FeatureCollection.model_validate_json(answer.content)
    shown: list[dict[str, Any]] = found["features"]
    return shown


def registered(host: InThread, hub: Signer, count: int) -> list[Kit]:
    """Residents who may only be asked."""
    kits = [host.camera(host.resident()) for _ in range(count)]
    for kit in kits:
        host.grant(kit, hub, detail={"geo": GEO, "actions": []})
    return kits


def test_a_search_shows_what_the_grant_says_and_no_more(
    host: InThread, ann: Signer, fire: Signer, porch: Kit, clock: ShiftedClock
) -> None:
    jti = host.grant(porch, fire, detail={"geo": GEO})
    [shown] = features(ask(host, fire))
    assert shown["id"] == porch.id
    assert shown["geometry"] == {"type": "Point", "coordinates": [4.899902, 52.36084]}
    west, south, east, north = shown["bbox"]
    assert west < 4.899902 < east
    assert south < 52.36084 < north
    properties = shown["properties"]
    assert properties["kind"] == "camera"
    assert properties["accuracy_m"] > 700
    assert (properties["grant"], properties["action"]) == (jti, "live")
    assert clock.unix() < properties["until"] <= clock.unix() + 3600
    assert ann.thumb not in json.dumps(shown)
    assert features(ask(host, host.hub())) == []


def test_it_is_entered_before_it_is_answered(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    yard = host.camera(ann, "yard")
    for kit in (porch, yard):
        host.grant(kit, fire, detail={"geo": GEO})
    answer = ask(host, fire, reason="smoke over the roofs")
    assert len(features(answer)) == 2
    [entry] = host.entries(ann, "search")
    about = [entry[name] for name in ("hub", "hub_name", "case", "purpose", "reason")]
    assert about == [fire.thumb, fire.name, "C-1", "fire", "smoke over the roofs"]
    detail = entry["detail"]
    assert sorted(detail.pop("cameras")) == sorted([porch.id, yard.id])
    # Not where: that is somebody else's misfortune.
    said = {"action": "live", "area": "circle", "radius_m": 2_000, "named": True}
    assert detail == said
    [receipt] = answer.json()["receipts"]
    assert receipt["to"] == fire.thumb
    assert receipt["log"].endswith(ann.thumb)
    assert receipt["index"] == entry["index"]
    assert ann.thumb not in [each["log"] for each in ask(host, host.hub()).json()["receipts"]]


def test_no_entry_no_answer(
    host: InThread, fire: Signer, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.grant(porch, fire, detail={"geo": GEO})

    async def full(*_: Any, **__: Any) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(host.parts.entries, "add_with_receipts", full)
    answer = ask(host, fire)
    assert answer.status_code == 503
    assert porch.id not in answer.text


def test_a_search_costs_one_write(host: InThread, fire: Signer) -> None:
    for _ in range(5):
        host.grant(host.camera(host.resident()), fire, detail={"geo": GEO})
    registered(host, fire, 3)
    writes: list[int] = []
    store = host.parts.store
    before = store.run

    async def counted(work: Callable[..., Any]) -> Any:
        writes.append(1)
        return await before(work)

    store.run = counted  # type: ignore[method-assign, assignment]
    try:
        assert len(features(ask(host, fire))) == 8
        assert features(ask(host, host.hub())) == []
    finally:
        del store.run  # type: ignore[method-assign]
    assert len(writes) == 2  # one for each search


def test_who_takes_consent_back_meanwhile_is_not_shown(
    host: InThread, ann: Signer, fire: Signer, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    jti = host.grant(porch, fire, detail={"geo": GEO})
    party = host.parts.registry.party(ann.thumb)
    assert party is not None
    entries = host.parts.entries
    write = entries.add_with_receipts

    async def slow(drafts: Any, to: str) -> Any:
        written = await write(drafts, to)
        await host.parts.grants.revoke(jti, party)
        return written

    monkeypatch.setattr(entries, "add_with_receipts", slow)
    assert features(ask(host, fire)) == []
    assert len(host.entries(ann, "search")) == 1  # that it was found is in the log all the same


def test_a_camera_goes_with_its_grant(
    host: InThread, ann: Signer, fire: Signer, porch: Kit, clock: ShiftedClock
) -> None:
    jti = host.grant(porch, fire, detail={"geo": GEO})
    assert len(features(ask(host, fire))) == 1
    assert features(ask(host, fire, purpose="theft")) == []
    assert features(ask(host, fire, action="clips")) == []
    assert features(ask(host, fire, circle={"center": [5.2, 52.36], "radius_m": 2_000})) == []
    host.caller(ann).post(f"/grants/{jti}/revoke")
    assert features(ask(host, fire)) == []


def test_without_a_place_granted_there_is_none(host: InThread, fire: Signer, porch: Kit) -> None:
    host.grant(porch, fire)
    host.grant(porch, fire, detail={"geo": {"cell": "Ceintuurbaan 1", "precision_m": 10}})
    assert features(ask(host, fire)) == []
    listed = host.caller(fire).get("/cameras", case="C-1", purpose="fire").json()["cameras"]
    assert [row["id"] for row in listed] == [porch.id]


def test_who_only_registered_is_a_pseudonym_in_a_crowd(host: InThread, fire: Signer) -> None:
    few = registered(host, fire, 2)
    alone = ask(host, fire)
    assert features(alone) == []
    elsewhere = ask(host, fire, circle={"center": [20, 10], "radius_m": 2_000})
    assert alone.json() | {"timeStamp": ""} == elsewhere.json() | {"timeStamp": ""}
    assert [host.entries(kit.owner, "search") for kit in few] == [[], []]

    kits = few + registered(host, fire, 1)
    answer = ask(host, fire)
    shown = features(answer)
    assert len(shown) == 3
    for one in shown:
        assert set(one) == {"type", "id", "bbox", "geometry", "properties"}
        assert set(one["properties"]) == {"kind", "accuracy_m"}
    assert answer.json()["receipts"] == []  # a receipt says whose log it is from
    for kit in kits:
        assert kit.id not in answer.text
        assert kit.owner.thumb not in answer.text
        [entry] = host.entries(kit.owner, "search")
        assert entry["detail"]["cameras"] == [kit.id]
        assert entry["detail"]["named"] is False
    assert features(ask(host, fire, action="register")) == shown


def test_nothing_else_names_who_only_registered(host: InThread, ann: Signer, fire: Signer) -> None:
    registered(host, fire, 3)
    kit = host.camera(ann, "secret garden")
    none = host.grant(kit, fire, detail={"geo": GEO, "actions": []})
    word = host.grant(kit, fire, detail={"geo": GEO, "actions": ["register"]})
    hub = host.caller(fire)
    for path in ("/grants", "/cameras?case=C-1&purpose=fire"):
        assert kit.id not in hub.ask("GET", path).text
    for jti in (none, word):
        assert hub.get(f"/grants/{jti}").status_code == 404
        assert host.caller(ann).get(f"/grants/{jti}").status_code == 200
    assert hub.get(f"/cameras/{kit.id}", case="C-1", purpose="fire").status_code == 404
    for shown in features(ask(host, fire)):
        view = {"cameras": [shown["id"]], "action": "live", "case": "C-1", "purpose": "fire"}
        assert hub.post("/views", view).status_code == 403


def test_a_polygon_is_searched_as_well(host: InThread, fire: Signer, porch: Kit) -> None:
    host.grant(porch, fire, detail={"geo": GEO})
    for ring in (SQUARE, SQUARE[::-1]):
        polygon = {"type": "Polygon", "coordinates": [ring]}
        assert len(features(ask(host, fire, circle=None, polygon=polygon))) == 1
    away = [[lon + 1, lat] for lon, lat in SQUARE]
    polygon = {"type": "Polygon", "coordinates": [away]}
    assert features(ask(host, fire, circle=None, polygon=polygon)) == []


HOLES = {"type": "Polygon", "coordinates": [SQUARE, SQUARE]}
OPEN = {"type": "Polygon", "coordinates": [SQUARE[:-1]]}
LINE = {"type": "Polygon", "coordinates": [[[1, 1], [2, 2], [1, 1], [1, 1]]]}
WIDE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}


@pytest.mark.parametrize(
    ("status", "reason", "changes"),
    [
        (400, "no-case", {"case": ""}),
        (400, "no-case", {"case": " \t"}),
        (400, "no-purpose", {"purpose": None}),
        (400, "no-purpose", {"purpose": "curiosity"}),
        (400, "no-purpose", {"purpose": "own-use"}),
        (400, "bad-reason", {"reason": "a\x00b"}),
        (422, "invalid-request", {"action": None}),
        (422, "invalid-request", {"action": "zoom"}),
        (422, "invalid-request", {"circle": None}),
        (422, "invalid-request", {"polygon": {"type": "Polygon", "coordinates": [SQUARE]}}),
        (422, "invalid-request", {"circle": {"center": [0, 91], "radius_m": 1}}),
        (422, "invalid-request", {"circle": {"center": [0, 0], "radius_m": 0}}),
        (422, "invalid-request", {"circle": {"center": [0], "radius_m": 5}}),
        (422, "invalid-request", {"circle": {"center": [0, 0], "radius_m": float("nan")}}),
        (422, "invalid-request", {"more": 1}),
        (422, "area-too-large", {"circle": {"center": [0, 0], "radius_m": 10_001}}),
        (422, "holes-not-supported", {"circle": None, "polygon": HOLES}),
        (422, "bad-polygon", {"circle": None, "polygon": OPEN}),
        (422, "bad-polygon", {"circle": None, "polygon": LINE}),
        (422, "area-too-large", {"circle": None, "polygon": WIDE}),
    ],
)
def test_what_makes_no_sense_is_refused_with_one_word(
    host: InThread, fire: Signer, porch: Kit, status: int, reason: str, changes: dict[str, Any]
) -> None:
    host.grant(porch, fire, detail={"geo": GEO})
    answer = ask(host, fire, **changes)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert answer.headers["content-type"] == "application/problem+json"
    assert host.entries(porch.owner, "search") == []


def test_residents_do_not_search(host: InThread, ann: Signer) -> None:
    answer = ask(host, ann)
    assert (answer.status_code, answer.json()["reason"]) == (403, "hubs-only")


def test_a_quota_is_asked_first(
    host: InThread, fire: Signer, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.grant(porch, fire, detail={"geo": GEO})
    rules = host.parts.quotas._rules
    monkeypatch.setattr(host.parts.quotas, "_rules", type(rules)(hub_searches=2))
    assert [ask(host, fire).status_code for _ in range(3)] == [200, 200, 429]
    assert int(ask(host, fire).headers["retry-after"]) > 0
    assert len(host.entries(porch.owner, "search")) == 2


def test_an_empty_search_is_in_the_host_s_own_log(host: InThread, fire: Signer) -> None:
    assert features(ask(host, fire, case="C-empty")) == []
    number = host.wait(
        host.parts.store.read(
            lambda session: (
                session.connection()
                .exec_driver_sql(
                    "SELECT count(*) FROM entry WHERE type = 'search' AND resident IS NULL"
                    " AND hub = ?",
                    (fire.thumb,),
                )
                .scalar()
            )
        )
    )
    assert number == 1
