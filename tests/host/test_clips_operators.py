"""Clips and who is at the hub: the house's rules hold for a clip as they do for a view."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from porchlight.clips.rows import Clip
from tests.support.clipping import CAUSE, clip_grant, fetch, keep
from tests.support.desks import Desk, Hub, hub_at
from tests.support.hosting import InThread, Kit, ShiftedClock
from tests.support.provider import Provider, providing
from tests.support.signing import Signer


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as running:
        yield running


@pytest.fixture
def hub(host: InThread, provider: Provider, clock: ShiftedClock) -> Hub:
    return hub_at(host, provider, clock)


def play(desk: Desk, clip: Clip, **changed: Any) -> httpx.Response:
    return desk.ask("POST", f"/clips/{clip.id}/plays", {"action": "clips"} | CAUSE | changed)


def refused(answer: httpx.Response, status: int, reason: str) -> None:
    assert (answer.status_code, answer.json()["reason"]) == (status, reason), answer.text


def test_a_clip_is_opened_by_an_operator_whose_role_it_is(
    host: InThread, ann: Signer, porch: Kit, hub: Hub
) -> None:
    clip = keep(host, porch, clip_grant(host, porch, hub.key))
    viewer, investigator = hub.sign_in("viewer"), hub.sign_in("investigator")
    refused(play(viewer, clip), 403, "role-missing")
    refused(hub.ask("POST", f"/clips/{clip.id}/plays", {"action": "clips"} | CAUSE), 403, MISSING)
    assert play(investigator, clip).status_code == 201
    entry = host.entries(ann, "clip.played")[-1]
    assert entry["detail"]["operator"] == investigator.id
    reasons = [entry["reason"] for entry in host.entries(ann, "access.refused")]
    assert reasons == ["role-missing", MISSING]


def test_a_second_operator_approves_where_the_grant_wants_two(
    host: InThread, ann: Signer, porch: Kit, hub: Hub
) -> None:
    clip = keep(host, porch, clip_grant(host, porch, hub.key, detail={"approve": "two"}))
    one, other = hub.sign_in("investigator"), hub.sign_in("approver")
    asked = play(one, clip)
    assert asked.status_code == 202, asked.text
    assert host.entries(ann, "clip.played") == []
    approval = asked.json()["approval"]
    refused(play(one, clip, approval=approval), 403, "approval-pending")
    assert other.ask("POST", f"/approvals/{approval}").status_code == 200
    opened = play(one, clip, approval=approval)
    assert opened.status_code == 201, opened.text
    assert fetch(host, opened.json()["urls"]["file"]).status_code == 200
    refused(play(one, clip, approval=approval), 403, "approval-used")
    assert host.entries(ann, "clip.played")[0]["detail"]["approved_by"] == other.id


def test_an_approval_is_for_one_clip(host: InThread, porch: Kit, hub: Hub) -> None:
    jti = clip_grant(host, porch, hub.key, detail={"approve": "two"})
    wanted, another = keep(host, porch, jti), keep(host, porch, jti)
    one, other = hub.sign_in("investigator"), hub.sign_in("approver")
    asked = play(one, wanted).json()
    assert (asked["clip"], asked["cameras"]) == (wanted.id, [porch.id])
    assert other.ask("POST", f"/approvals/{asked['approval']}").status_code == 200
    refused(play(one, another, approval=asked["approval"]), 403, "approval-mismatch")
    assert play(one, wanted, approval=asked["approval"]).status_code == 201


def test_a_clip_closes_when_its_operator_signs_out(host: InThread, porch: Kit, hub: Hub) -> None:
    clip = keep(host, porch, clip_grant(host, porch, hub.key))
    one, colleague = hub.sign_in("investigator"), hub.sign_in("investigator")
    mine, theirs = (play(desk, clip).json()["urls"]["file"] for desk in (one, colleague))
    assert fetch(host, mine).status_code == 200
    assert one.ask("DELETE", "/operators/session").status_code == 204
    refused(fetch(host, mine), 410, "ticket-expired")
    assert fetch(host, theirs).status_code == 200


def test_who_signs_out_while_a_clip_opens_gets_none(
    host: InThread, porch: Kit, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = keep(host, porch, clip_grant(host, porch, hub.key))
    desk = hub.sign_in("investigator")
    enter = host.parts.plays.enter

    async def slowly(*entered: Any) -> None:
        await enter(*entered)
        await host.parts.operators.sign_out(host.parts.registry.party(hub.key.thumb), desk.id)

    monkeypatch.setattr(host.parts.plays, "enter", slowly)
    refused(play(desk, clip), 403, "signed-out")


MISSING = "operator-missing"
