"""Grants over HTTP, against a running host: taken in, refused, listed, taken back."""

from typing import Any

import httpx
import pytest

from tests.support.hosting import InThread, Kit, ShiftedClock
from tests.support.signing import Signer, new_id


@pytest.fixture
def sam(host: InThread) -> Signer:
    return host.resident()


@pytest.fixture
def porch(host: InThread, sam: Signer) -> Kit:
    return host.camera(sam)


def hand_in(host: InThread, by: Signer, token: str) -> httpx.Response:
    return host.caller(by).post("/grants", {"token": token})


def test_a_grant_is_taken_in_and_listed(
    host: InThread, sam: Signer, fire: Signer, porch: Kit
) -> None:
    token = sam.grant(porch.id, fire.thumb, seq=1)
    answer = hand_in(host, sam, token)
    assert answer.status_code == 201
    row = answer.json()
    assert row["state"] == "active"
    assert row["board"] == "offline"
    assert (row["camera"], row["hubs"], row["seq"]) == (porch.id, [fire.thumb], 1)
    assert host.caller(sam).get("/grants").json() == {"grants": [row]}
    assert host.caller(fire).get("/grants").json() == {"grants": [row]}
    assert host.caller(fire).get(f"/grants/{row['jti']}").json() == {**row, "token": token}
    entry = host.entries(sam, "grant.seen")[0]
    assert (entry["jti"], entry["camera"], entry["hub_name"]) == (row["jti"], porch.id, fire.name)


def test_the_same_grant_twice_is_one_grant(
    host: InThread, sam: Signer, fire: Signer, porch: Kit
) -> None:
    token = sam.grant(porch.id, fire.thumb, seq=1)
    first, second = hand_in(host, sam, token), hand_in(host, sam, token)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert len(host.entries(sam, "grant.seen")) == 1


def test_strangers_see_no_grants(host: InThread, sam: Signer, fire: Signer, porch: Kit) -> None:
    jti = host.grant(porch, fire)
    for stranger in (host.resident(), host.hub()):
        assert host.caller(stranger).get("/grants").json() == {"grants": []}
        hidden = host.caller(stranger).get(f"/grants/{jti}")
        missing = host.caller(stranger).get(f"/grants/{new_id()}")
        assert hidden.status_code == missing.status_code == 404
        assert hidden.json()["detail"] == missing.json()["detail"]


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("expired", {"iat": 1_700_000_000, "nbf": 1_700_000_000, "exp": 1_700_003_600}),
    ("bad-value", {"exp": True}),
    ("bad-value", {"exp": "1800000000"}),
    ("unknown-claim", {"wildcard": 1}),
    ("bad-value", {"aud": []}),
    ("bad-value", {"seq": 0}),
    ("live-too-long", {"exp": 1_900_000_000, "nbf": 1_899_000_000}),
    ("unknown-claim", {"detail": {"faces": True}}),
    ("bad-value", {"detail": {"onward": True}}),
    ("bad-value", {"detail": {"actions": ["ptz"]}}),
]


@pytest.mark.parametrize(("reason", "changes"), REFUSED)
def test_a_grant_that_does_not_hold_is_refused_and_entered(
    host: InThread, sam: Signer, fire: Signer, porch: Kit, reason: str, changes: dict[str, Any]
) -> None:
    answer = hand_in(host, sam, sam.grant(porch.id, fire.thumb, **({"seq": 1} | changes)))
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["reason"] == reason
    assert answer.json()["type"] == f"urn:porchlight:problem:{reason}"
    assert [entry["reason"] for entry in host.entries(sam, "grant.refused")] == [reason]
    assert host.caller(sam).get("/grants").json() == {"grants": []}


@pytest.mark.parametrize("number", ["1e400", "1800000000.0", '"1800000000"', "null", "01"])
def test_numbers_that_are_none_are_refused(
    host: InThread, sam: Signer, fire: Signer, porch: Kit, number: str
) -> None:
    head, body, _ = sam.grant(porch.id, fire.thumb, seq=1, exp=1_800_000_000).split(".")
    changed = decoded(body).replace("1800000000", number)
    answer = hand_in(host, sam, sam.jws(decoded(head), changed))
    assert answer.status_code == 403
    assert answer.json()["reason"] in ("not-canonical", "bad-value")


def decoded(part: str) -> str:
    from accord import b64

    return b64.decode(part).decode()


def test_every_flipped_character_is_refused(
    host: InThread, sam: Signer, fire: Signer, porch: Kit
) -> None:
    token = sam.grant(porch.id, fire.thumb, seq=1)
    for at in range(0, len(token), 23):
        flipped = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert hand_in(host, sam, flipped).status_code == 403, at
    assert hand_in(host, sam, token).status_code == 201


def test_what_is_no_token_is_refused_not_a_fault(host: InThread, sam: Signer) -> None:
    for text in ("", ".", "..", "a.b.c", "\u0000", "\ud83d\ude00", "x" * 5000):
        assert hand_in(host, sam, text).json()["reason"] in (
            "malformed",
            "too-long",
            "wrong-header",
        )


def test_only_whoever_signed_may_hand_it_in(
    host: InThread, sam: Signer, fire: Signer, porch: Kit
) -> None:
    token = sam.grant(porch.id, fire.thumb, seq=1)
    assert hand_in(host, host.resident(), token).json()["reason"] == "unknown-key"
    by_hub = hand_in(host, fire, token)
    assert (by_hub.status_code, by_hub.json()["reason"]) == (403, "residents-only")


def test_another_residents_camera_is_as_unknown_as_none(
    host: InThread, sam: Signer, fire: Signer
) -> None:
    theirs = host.camera(host.resident())
    for camera in (theirs.id, fire.thumb):
        answer = hand_in(host, sam, sam.grant(camera, fire.thumb, seq=1))
        assert answer.json()["reason"] == "wrong-camera"


def test_an_unregistered_hub_is_refused(host: InThread, sam: Signer, porch: Kit) -> None:
    stranger, neighbour = Signer("stranger"), host.resident()
    for thumb in (stranger.thumb, neighbour.thumb):
        answer = hand_in(host, sam, sam.grant(porch.id, thumb, seq=1))
        assert answer.json()["reason"] == "unknown-hub"
    assert hand_in(host, sam, sam.grant(porch.id, sam.thumb, seq=1)).status_code == 201


def test_a_bound_grant_names_one_of_its_hubs(
    host: InThread, sam: Signer, fire: Signer, porch: Kit
) -> None:
    other = host.hub()
    wrong = sam.grant(porch.id, fire.thumb, seq=1, cnf={"jkt": other.thumb})
    assert hand_in(host, sam, wrong).json()["reason"] == "wrong-holder"
    right = sam.grant(porch.id, fire.thumb, seq=1, cnf={"jkt": fire.thumb})
    assert hand_in(host, sam, right).status_code == 201


def test_an_older_seq_is_refused(host: InThread, sam: Signer, fire: Signer, porch: Kit) -> None:
    assert hand_in(host, sam, sam.grant(porch.id, fire.thumb, seq=5)).status_code == 201
    for seq in (4, 5):
        answer = hand_in(host, sam, sam.grant(porch.id, fire.thumb, seq=seq))
        assert answer.json()["reason"] == "seq-replayed"


def test_a_jti_is_used_once(host: InThread, sam: Signer, fire: Signer, porch: Kit) -> None:
    jti = host.grant(porch, fire)
    again = sam.grant(porch.id, fire.thumb, seq=9, jti=jti)
    assert hand_in(host, sam, again).json()["reason"] == "jti-reused"
    assert host.caller(sam).get(f"/grants/{jti}").json()["state"] == "active"


def test_a_grant_from_the_future_is_refused(
    host: InThread, sam: Signer, fire: Signer, porch: Kit, clock: ShiftedClock
) -> None:
    later = clock.unix() + 600
    answer = hand_in(host, sam, sam.grant(porch.id, fire.thumb, seq=1, now=later))
    assert answer.json()["reason"] == "issued-in-future"


def test_revoked_is_revoked(host: InThread, sam: Signer, fire: Signer, porch: Kit) -> None:
    token = sam.grant(porch.id, fire.thumb, seq=1)
    jti = hand_in(host, sam, token).json()["jti"]
    first = host.caller(sam).post(f"/grants/{jti}/revoke", {})
    assert first.status_code == 200
    assert host.caller(sam).post(f"/grants/{jti}/revoke").json() == first.json()
    row = host.caller(sam).get(f"/grants/{jti}").json()
    assert (row["state"], row["revoked_at"]) == ("revoked", first.json()["revoked_at"])
    assert len(host.entries(sam, "grant.revoked")) == 1
    assert hand_in(host, sam, token).json()["reason"] == "revoked"


def test_nobody_else_can_revoke(host: InThread, fire: Signer, porch: Kit) -> None:
    jti = host.grant(porch, fire)
    assert host.caller(host.resident()).post(f"/grants/{jti}/revoke").status_code == 404
    assert host.caller(fire).post(f"/grants/{jti}/revoke").status_code == 403
    assert host.caller(porch.owner).post("/grants/nonsense!/revoke").status_code == 404
    assert host.caller(porch.owner).get(f"/grants/{jti}").json()["state"] == "active"


def test_a_grant_runs_out_with_an_entry(
    host: InThread, sam: Signer, fire: Signer, porch: Kit, clock: ShiftedClock
) -> None:
    jti = host.grant(porch, fire)
    clock.ahead_s = 4000
    try:
        host.wait(host.parts.grants.sweep())
        assert host.call(lambda: host.parts.cameras.get(porch.id)).book.grants() == []  # type: ignore[union-attr]
    finally:
        clock.ahead_s = 0
    assert [entry["jti"] for entry in host.entries(sam, "grant.expired")] == [jti]
