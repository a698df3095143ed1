"""Cameras over HTTP: residents see their own; hubs what they may use now, and that is entered."""

import secrets

import pytest

from accord import b64, names
from tests.support.hosting import InThread, Kit, ShiftedClock
from tests.support.signing import Signer

CAUSE = {"case": "F-1", "purpose": "fire"}


@pytest.fixture
def sam(host: InThread) -> Signer:
    return host.resident()


@pytest.fixture
def porch(host: InThread, sam: Signer) -> Kit:
    return host.camera(sam, "front porch")


def seen(host: InThread, who: Signer, **query: str) -> list[str]:
    answer = host.caller(who).get("/cameras", **query)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["cameras"]]


def test_residents_see_their_own_and_no_others(host: InThread, sam: Signer, porch: Kit) -> None:
    theirs = host.camera(host.resident())
    assert seen(host, sam) == [porch.id]
    row = host.caller(sam).get(f"/cameras/{porch.id}").json()
    assert (row["label"], row["resident"], row["online"]) == ("front porch", sam.thumb, False)
    assert (row["source"], row["enforced_at"]) == ("board", "board")
    hidden = host.caller(sam).get(f"/cameras/{theirs.id}")
    missing = host.caller(sam).get(f"/cameras/{sam.thumb}")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json()["detail"] == missing.json()["detail"]


def test_a_hub_sees_what_it_is_allowed_now(
    host: InThread, sam: Signer, fire: Signer, porch: Kit, clock: ShiftedClock
) -> None:
    assert seen(host, fire, **CAUSE) == []
    jti = host.grant(porch, fire)
    answer = host.caller(fire).get("/cameras", **CAUSE).json()["cameras"]
    assert set(answer[0]) == {"id", "label", "source", "enforced_at", "online", "actions", "until"}
    assert (answer[0]["id"], answer[0]["actions"]) == (porch.id, ["live", "snapshot"])
    assert answer[0]["until"] > clock.unix()
    assert seen(host, host.hub(), **CAUSE) == []
    assert seen(host, fire, case="F-1", purpose="theft") == []
    host.caller(sam).post(f"/grants/{jti}/revoke")
    assert seen(host, fire, **CAUSE) == []


def test_a_search_is_entered_for_everybody_it_shows(
    host: InThread, sam: Signer, fire: Signer, porch: Kit
) -> None:
    yard, theirs = host.camera(sam, "yard"), host.camera(host.resident())
    for kit in (porch, yard, theirs):
        host.grant(kit, fire)
    assert set(seen(host, fire, **CAUSE)) == {porch.id, yard.id, theirs.id}
    [entry] = host.entries(sam, "search")
    assert set(entry["detail"]["cameras"]) == {porch.id, yard.id}
    assert (entry["hub"], entry["hub_name"], entry["case"]) == (fire.thumb, fire.name, "F-1")
    assert entry["purpose"] == "fire"
    [entry] = host.entries(theirs.owner, "search")
    assert entry["camera"] == theirs.id
    assert host.entries(host.resident(), "search") == []


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({}, "no-case"),
        ({"purpose": "fire"}, "no-case"),
        ({"case": "  ", "purpose": "fire"}, "no-case"),
        ({"case": "F-1"}, "no-purpose"),
        ({"case": "F-1", "purpose": "curiosity"}, "no-purpose"),
    ],
)
def test_a_hub_must_say_why(
    host: InThread, fire: Signer, porch: Kit, query: dict[str, str], reason: str
) -> None:
    host.grant(porch, fire)
    for path in ("/cameras", f"/cameras/{porch.id}"):
        answer = host.caller(fire).get(path, **query)
        assert (answer.status_code, answer.json()["reason"]) == (400, reason)
    assert host.entries(porch.owner, "search") == []


def test_what_a_hub_may_not_see_does_not_exist(host: InThread, fire: Signer, porch: Kit) -> None:
    hidden = host.caller(fire).get(f"/cameras/{porch.id}", **CAUSE)
    missing = host.caller(fire).get(f"/cameras/{fire.thumb}", **CAUSE)
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json()["detail"] == missing.json()["detail"]
    assert hidden.json()["reason"] == missing.json()["reason"]


def test_a_second_approval_is_not_passed_over_and_masks_hide_no_camera(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire, detail={"approve": "two"})
    assert seen(host, fire, **CAUSE) == []
    host.grant(porch, fire, detail={"mask": [[0, 0, 500, 500]]})
    assert seen(host, fire, **CAUSE) == [porch.id]


def test_a_resident_registers_a_camera_by_statement(host: InThread, sam: Signer) -> None:
    key = secrets.token_bytes(32)
    body = {"statement": sam.statement(key, "yard"), "key": b64.encode(key)}
    answer = host.caller(sam).post("/cameras", body)
    assert answer.status_code == 201
    assert (answer.json()["id"], answer.json()["label"]) == (names.camera_thumb(key), "yard")
    again = host.caller(sam).post("/cameras", body)
    assert (again.status_code, again.json()["reason"]) == (409, "camera-known")
    assert [entry["camera"] for entry in host.entries(sam, "camera.added")] == [answer.json()["id"]]


def test_a_statement_must_hold(host: InThread, sam: Signer, fire: Signer) -> None:
    key, other = secrets.token_bytes(32), host.resident()
    cases = [
        (sam.statement(key), secrets.token_bytes(32), 403, "wrong-camera"),
        (other.statement(key), key, 403, "unknown-key"),
        (sam.statement(key)[:-4] + "AAAA", key, 403, "bad-signature"),
        (sam.grant(names.camera_thumb(key), fire.thumb, seq=1), key, 403, "wrong-header"),
        ("x", key, 403, "malformed"),
        (sam.statement(key), b"short", 400, "bad-key"),
    ]
    for statement, given, status, reason in cases:
        body = {"statement": statement, "key": b64.encode(given)}
        answer = host.caller(sam).post("/cameras", body)
        assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert host.caller(fire).post("/cameras", body).json()["reason"] == "residents-only"
