"""Requests through the API: who is asked, what they can answer, what the hub hears of it."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from porchlight.client import Circle, Hub, Polygon, Wanted, Why
from porchlight.client.session import Session
from porchlight.requests.rounds import Log, Rounds
from porchlight.requests.spread import SLOT_S, Slots
from tests.support import clipping
from tests.support.asking import MIDDLE, Block, circle, claims, signed
from tests.support.hosting import InThread, ShiftedClock
from tests.support.signing import Signer, new_id


@pytest.fixture
def block(host: InThread, clock: ShiftedClock) -> Iterator[Block]:
    with contextlib.closing(Block(host, clock)) as found:
        yield found


def inbox(block: Block, who: Signer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = block.caller(who).get("/me/requests").json()["requests"]
    return found


def told(block: Block, hub: Signer, request: str) -> dict[str, Any]:
    answer = block.caller(hub).get(f"/requests/{request}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_request_is_put_before_those_it_concerns_once(block: Block, fire: Signer) -> None:
    near, far = block.neighbour(fire), block.neighbour(fire, north_m=330)
    elsewhere, silent = block.neighbour(fire, north_m=5_000), block.host.resident()
    block.camera(silent)  # never said that anybody may ask
    answer = block.ask(fire)
    assert answer.status_code == 201
    request = answer.json()["id"]
    assert inbox(block, near.owner) == []  # not while the hub waits
    block.minutes_pass(2)
    (asked,) = inbox(block, near.owner)
    assert (asked["id"], asked["state"], asked["hub"]) == (request, "open", fire.thumb)
    assert (asked["case"], asked["purpose"]) == ("26-1123", "fire")
    assert [camera["id"] for camera in asked["cameras"]] == [near.id]
    assert [inbox(block, who) for who in (far.owner, elsewhere.owner, silent)] == [[], [], []]
    (entry,) = block.caller(near.owner).entries("request.received")
    assert (entry["hub"], entry["case"], entry["detail"]["request"]) == (
        fire.thumb,
        "26-1123",
        request,
    )
    assert entry["reason"] == "a fire at the corner"
    block.minutes_pass(3)
    assert len(block.caller(near.owner).entries("request.received")) == 1


def test_what_the_hub_is_told_names_and_counts_nobody(block: Block, fire: Signer) -> None:
    kit = block.neighbour(fire)
    request = block.asked(fire)
    answer = block.caller(fire).get(f"/requests/{request}")
    assert answer.json()["approvals"] == []
    assert set(answer.json()) == {
        "id", "state", "case", "purpose", "reason", "area", "window", "actions",
        "received_at", "expires", "approvals",
    }  # fmt: skip
    assert kit.id not in answer.text
    assert kit.owner.thumb not in answer.text


def test_a_purpose_or_a_hub_not_opted_in_is_not_heard(block: Block, fire: Signer) -> None:
    kit, police = block.neighbour(fire), block.host.hub()
    block.asked(fire, purpose="theft")
    block.asked(police)
    assert inbox(block, kit.owner) == []


def test_opting_out_again_before_the_slot(block: Block, fire: Signer) -> None:
    kit = block.neighbour(fire)
    caller = block.caller(kit.owner)
    assert block.ask(fire).status_code == 201
    off = caller.put("/me/asked", {"hub": fire.thumb, "purposes": []})
    assert off.json() == {"asked": []}
    block.minutes_pass(2)
    assert inbox(block, kit.owner) == []
    assert [entry["detail"]["purposes"] for entry in caller.entries("asked.set")] == [["fire"], []]


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"hub": "A" * 43, "purposes": ["fire"]}, 404, "unknown-hub"),
        ({"hub": "{fire}", "purposes": ["own-use"]}, 422, "bad-purpose"),
        ({"hub": "{fire}", "purposes": ["protest"]}, 422, "bad-purpose"),
        ({"hub": "{fire}", "purposes": "fire"}, 422, "invalid-request"),
        ({"hub": "{fire}"}, 422, "invalid-request"),
    ],
)
def test_opt_ins_that_make_no_sense(
    block: Block, fire: Signer, ann: Signer, body: dict[str, Any], status: int, reason: str
) -> None:
    body["hub"] = body["hub"].format(fire=fire.thumb)
    answer = block.caller(ann).put("/me/asked", body)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)


def test_no_reminders(block: Block, fire: Signer) -> None:
    kit = block.neighbour(fire)
    block.asked(fire)
    for again in ({}, {"case": "26 1123"}, {"area": circle(60, 250)}, {"purpose": "theft"}):
        answer = block.ask(fire, **again)
        assert (answer.status_code, answer.json()["reason"]) == (409, "asked-already"), again
    # Other ground, so the host takes it; who lives on both is still not asked again.
    second = block.camera(kit.owner, north_m=2_000)
    other = block.neighbour(fire, north_m=2_000)
    block.asked(fire, area=circle(300, 2_000))
    assert len(inbox(block, kit.owner)) == 1
    assert [row["cameras"][0]["id"] for row in inbox(block, other.owner)] == [other.id]
    assert second.id not in str(inbox(block, kit.owner))
    block.asked(fire, case="26-1124")
    assert len(inbox(block, kit.owner)) == 2


def test_after_its_end_it_is_still_no_reminder(block: Block, fire: Signer) -> None:
    block.neighbour(fire)
    block.asked(fire, exp=block.clock.unix() + 600)
    block.minutes_pass(10)
    assert block.ask(fire).json()["reason"] == "asked-already"


def test_a_replayed_request(block: Block, fire: Signer) -> None:
    said = claims(fire, block.host.parts.requests.host, block.clock.unix())
    token = signed(fire, said)
    first = block.caller(fire).post("/requests", {"token": token})
    again = block.caller(fire).post("/requests", {"token": token})
    moved = signed(fire, said | {"area": circle(300, 3_000), "case": "other"})
    same_id = block.caller(fire).post("/requests", {"token": moved})
    assert (first.status_code, again.status_code, same_id.status_code) == (201, 409, 409)
    assert {again.json()["reason"], same_id.json()["reason"]} == {"replayed"}
    stolen = block.caller(block.host.hub()).post("/requests", {"token": token})
    assert (stolen.status_code, stolen.json()["reason"]) == (403, "unknown-key")


def test_what_only_the_host_can_know(block: Block, fire: Signer) -> None:
    now = block.clock.unix()
    for changes, reason in (
        ({"aud": fire.thumb}, "wrong-audience"),
        ({"iat": now - 7_200, "exp": now - 1, "window": [now - 12_000, now - 8_000]}, "expired"),
        ({"iat": now - 3_700, "window": [now - 12_000, now - 8_000]}, "stale"),
        ({"iat": now + 130}, "issued-in-future"),
        ({"op": new_id()}, "wrong-operator"),
    ):
        answer = block.ask(fire, **changes)
        assert (answer.status_code, answer.json()["reason"]) == (403, reason)


def test_a_cap_is_explained(block: Block, fire: Signer) -> None:
    answer = block.ask(fire, area=circle(643))
    assert (answer.status_code, answer.json()["reason"]) == (422, "area-too-large")
    assert "half a square mile" in answer.json()["detail"]


def test_a_hub_cannot_flood(block: Block) -> None:
    hub = block.host.hub()
    for n in range(64):
        assert block.ask(hub, case=f"case {n}").status_code == 201
    answer = block.ask(hub, case="one more")
    assert (answer.status_code, answer.json()["reason"]) == (429, "too-many-requests")


def test_residents_do_not_ask_and_hubs_do_not_answer(
    block: Block, fire: Signer, ann: Signer
) -> None:
    assert block.ask(ann).json()["reason"] == "hubs-only"
    assert block.caller(ann).get("/requests").json()["reason"] == "hubs-only"
    for path in ("/me/requests", "/me/asked"):
        assert block.caller(fire).get(path).json()["reason"] == "residents-only"


def test_others_read_nothing_of_it(block: Block, fire: Signer, ann: Signer) -> None:
    kit, police = block.neighbour(fire), block.host.hub()
    request = block.asked(fire)
    other = block.caller(police)
    missing = other.get(f"/requests/{new_id()}")
    there = other.get(f"/requests/{request}")
    assert (there.status_code, there.json()["reason"]) == (404, "no-request")
    assert missing.json()["reason"] == "no-request"
    assert other.get("/requests").json()["requests"] == []
    caller = block.caller(ann)  # a resident who was not asked
    token = {"token": block.answer(kit, request, fire)}
    for answer in (
        caller.get(f"/me/requests/{request}"),
        caller.post(f"/me/requests/{request}/approve", token),
        caller.post(f"/me/requests/{request}/deny"),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (404, "no-request")


def test_an_approval_is_told_at_a_full_minute(block: Block, fire: Signer) -> None:
    kit, mute = block.neighbour(fire), block.neighbour(fire)
    request = block.asked(fire)
    full = block.caller(kit.owner).get(f"/me/requests/{request}").json()
    assert full["clips"] == []
    token = block.answer(kit, request, fire)
    given = block.approve(kit, request, token)
    assert given.status_code == 200, given.text
    assert given.json()["release_at"] % SLOT_S == 0
    assert given.json()["release_at"] > block.clock.unix()
    assert block.approve(kit, request, token).json() == given.json()  # a retry
    assert told(block, fire, request)["approvals"] == []
    assert block.caller(fire).get("/grants").json()["grants"] == []
    early = block.caller(fire).get(f"/grants/{given.json()['grant']}")
    assert early.status_code == 404, early.text
    look = {"cameras": [kit.id], "action": "live", "case": "26-1123", "purpose": "fire"}
    refused = block.caller(fire).post("/views", look)
    assert (refused.status_code, refused.json()["reason"]) == (403, "no-grant")
    block.minutes_pass(2)
    assert block.caller(fire).get(f"/grants/{given.json()['grant']}").status_code == 200
    (yes,) = told(block, fire, request)["approvals"]
    assert yes == {
        "camera": kit.id,
        "grant": given.json()["grant"],
        "released_at": given.json()["release_at"],
    }
    assert [row["jti"] for row in block.caller(fire).get("/grants").json()["grants"]] == [
        yes["grant"]
    ]
    (entry,) = block.caller(kit.owner).entries("request.approved")
    assert (entry["jti"], entry["camera"], entry["hub"]) == (yes["grant"], kit.id, fire.thumb)
    assert block.caller(mute.owner).entries("request.approved") == []
    assert inbox(block, kit.owner)[0]["state"] == "approved"
    assert block.deny(kit, request).json()["reason"] == "approved-already"
    second = block.approve(kit, request, block.answer(kit, request, fire))
    assert (second.status_code, second.json()["reason"]) == (409, "approved-already")


def test_a_grant_opens_its_window_from_its_release_on(block: Block, fire: Signer) -> None:
    kit = block.neighbour(fire)
    request = block.asked(fire)
    window = [second * 1000 for second in told(block, fire, request)["window"]]
    jti = block.approve(kit, request, block.answer(kit, request, fire)).json()["grant"]
    span = block.host.parts.requests.span
    assert block.host.call(lambda: span(jti)) is None
    block.minutes_pass(2)
    assert block.host.call(lambda: span(jti)) == tuple(window)
    assert block.host.call(lambda: span(new_id())) is None


def test_clips_of_the_window_are_released_and_no_others(block: Block, fire: Signer) -> None:
    kit, now = block.neighbour(fire), block.clock.unix()
    begins = {"in it": now - 5_000, "before": now - 7_210, "later": now - 3_000}
    clips = {
        name: clipping.keep(block.host, kit, new_id(), clipping.frames(150, at * 1000)).id
        for name, at in begins.items()
    }
    request = block.asked(fire)
    shown = block.caller(kit.owner).get(f"/me/requests/{request}").json()["clips"]
    assert [clip["id"] for clip in shown] == [clips["in it"]]
    hub = block.caller(fire)
    cause = {"case": "26-1123", "purpose": "fire"}
    play = {"action": "clips", **cause}

    def opened(name: str) -> int:
        return hub.post(f"/clips/{clips[name]}/plays", play).status_code

    given = block.approve(kit, request, block.answer(kit, request, fire)).json()
    assert hub.get("/clips", **cause).json()["clips"] == []  # not before its release
    assert opened("in it") in (403, 404)
    block.minutes_pass(2)
    assert [clip["id"] for clip in hub.get("/clips", **cause).json()["clips"]] == [clips["in it"]]
    assert opened("in it") == 201
    assert {opened("before"), opened("later")} <= {403, 404}
    export = hub.post(f"/clips/{clips['in it']}/plays", play | {"action": "export"})
    assert export.status_code in (403, 404)  # it was not asked for
    revoked = block.caller(kit.owner).post(f"/grants/{given['grant']}/revoke")
    assert revoked.status_code == 200
    assert hub.get("/clips", **cause).json()["clips"] == []


def test_a_grant_that_claims_to_answer_opens_nothing(block: Block, fire: Signer) -> None:
    """Handed in beside the request, it is told to no hub and covers no clip."""
    kit = block.neighbour(fire)
    request = block.asked(fire)
    token = block.answer(kit, request, fire)
    handed = block.caller(kit.owner).post("/grants", {"token": token})
    assert handed.status_code == 201
    block.minutes_pass(3)
    assert block.host.call(lambda: block.host.parts.requests.span(handed.json()["jti"])) is None
    assert block.caller(fire).get("/grants").json()["grants"] == []
    assert told(block, fire, request)["approvals"] == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"detail": {"actions": ["clips", "export"]}}, "wider-than-asked"),
        ({"detail": {"actions": ["clips", "live"]}}, "wider-than-asked"),
        ({"detail": {"actions": []}}, "wrong-request"),
        ({"detail": {"purposes": ["fire", "theft"]}}, "wider-than-asked"),
        ({"detail": {"purposes": ["theft"]}}, "wider-than-asked"),
        ({"req": "A" * 22}, "wrong-request"),
        ({"last": 7 * 86_400 + 1}, "lasts-too-long"),
        ({"early": SLOT_S + 1}, "begins-too-early"),
        ({"early": -11 * SLOT_S}, "begins-too-late"),
        ({"early": -1}, "begins-off-slot"),  # or a search would show it before the hub is told
        ({"early": -SLOT_S + 1}, "begins-off-slot"),
    ],
)
def test_wider_grants_are_refused(
    block: Block, fire: Signer, changes: dict[str, Any], reason: str
) -> None:
    kit = block.neighbour(fire)
    request = block.asked(fire)
    begins = block.host.parts.requests.begins() - changes.pop("early", 0)
    last = changes.pop("last", 3_600)
    times = {"nbf": begins, "exp": begins + last}
    answer = block.approve(kit, request, block.answer(kit, request, fire, **times, **changes))
    assert (answer.status_code, answer.json()["reason"]) == (403, reason)
    assert inbox(block, kit.owner)[0]["state"] == "open"
    assert block.caller(kit.owner).get("/grants").json()["grants"] == []


def test_other_audiences_and_other_cameras_are_refused(block: Block, fire: Signer) -> None:
    kit, police = block.neighbour(fire), block.host.hub()
    away = block.camera(kit.owner, north_m=5_000)
    request = block.asked(fire)
    both = block.answer(kit, request, fire, aud=[fire.thumb, police.thumb])
    assert block.approve(kit, request, both).json()["reason"] == "wrong-audience"
    elsewhere = block.answer(away, request, fire)
    assert block.approve(away, request, elsewhere).json()["reason"] == "wrong-camera"
    stranger = block.answer(block.neighbour(fire), request, fire)
    assert block.approve(kit, request, stranger).json()["reason"] == "unknown-key"


def test_a_yes_that_takes_until_its_slot_to_keep_is_none(
    block: Block, fire: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be told at a moment that tells when it was given."""
    kit = block.neighbour(fire)
    request = block.asked(fire)
    token = block.answer(kit, request, fire)
    grants, clock = block.host.parts.grants, block.clock
    accept = grants.accept

    async def slowly(*args: Any) -> Any:
        found = await accept(*args)
        clock.ahead_s += 3 * SLOT_S
        return found

    monkeypatch.setattr(grants, "accept", slowly)
    answer = block.approve(kit, request, token)
    assert (answer.status_code, answer.json()["reason"]) == (403, "begins-too-early")
    (grant,) = block.caller(kit.owner).get("/grants").json()["grants"]
    assert grant["state"] == "revoked"
    assert told(block, fire, request)["approvals"] == []


def test_a_late_approval(block: Block, fire: Signer) -> None:
    kit = block.neighbour(fire)
    request = block.asked(fire, exp=block.clock.unix() + 300)
    block.minutes_pass(5)
    answer = block.approve(kit, request, block.answer(kit, request, fire))
    assert (answer.status_code, answer.json()["reason"]) == (410, "request-over")
    assert told(block, fire, request)["state"] == "over"
    assert block.caller(kit.owner).get("/grants").json()["grants"] == []


def test_a_mind_may_be_changed(block: Block, fire: Signer) -> None:
    kit = block.neighbour(fire)
    request = block.asked(fire)
    assert block.deny(kit, request).status_code == 204
    assert block.deny(kit, request).status_code == 204  # twice is once
    assert block.caller(kit.owner).entries("request.denied") == []  # not before the end
    assert inbox(block, kit.owner)[0]["state"] == "denied"
    assert block.approve(kit, request, block.answer(kit, request, fire)).status_code == 200
    assert inbox(block, kit.owner)[0]["state"] == "approved"


def test_its_end_is_told_to_all_who_did_not_approve(block: Block, fire: Signer) -> None:
    yes, no, mute = (block.neighbour(fire) for _ in range(3))
    request = block.asked(fire, exp=block.clock.unix() + 300)
    assert block.approve(yes, request, block.answer(yes, request, fire)).status_code == 200
    block.deny(no, request)
    block.minutes_pass(6)
    block.minutes_pass(2)
    ends = ("request.expired", "request.denied")
    found = [
        [entry["type"] for entry in block.caller(kit.owner).entries() if entry["type"] in ends]
        for kit in (yes, no, mute)
    ]
    assert found == [[], ["request.denied"], ["request.expired"]]
    (entry,) = block.caller(no.owner).entries("request.denied")
    assert entry["detail"] == {"request": request}
    late = block.deny(mute, request)
    assert (late.status_code, late.json()["reason"]) == (410, "request-over")


def test_a_restart_asks_the_rest(block: Block, fire: Signer) -> None:
    """What was planned is lost with the process; the database says what is left to do."""
    kit = block.neighbour(fire)
    assert block.ask(fire).status_code == 201
    parts = block.host.parts
    fresh = Rounds(parts.store, Log(parts.entries, parts.clock), Slots(), lambda n: 0)
    block.clock.ahead_s += SLOT_S
    block.host.wait(fresh.sweep())
    assert len(inbox(block, kit.owner)) == 1
    block.minutes_pass(2)
    assert len(block.caller(kit.owner).entries("request.received")) == 1


def test_two_cameras_of_one_resident_are_answered_one_by_one(block: Block, fire: Signer) -> None:
    kit = block.neighbour(fire)
    shed = block.camera(kit.owner, north_m=100)
    request = block.asked(fire)
    (asked,) = inbox(block, kit.owner)
    assert {camera["id"] for camera in asked["cameras"]} == {kit.id, shed.id}
    assert block.approve(shed, request, block.answer(shed, request, fire)).status_code == 200
    block.minutes_pass(2)
    assert [yes["camera"] for yes in told(block, fire, request)["approvals"]] == [shed.id]


def test_both_at_once_leave_one_answer(block: Block, fire: Signer) -> None:
    kit = block.neighbour(fire)
    request, tokens = block.asked(fire), []
    tokens = [block.answer(kit, request, fire).encode() for _ in range(2)]
    party = block.host.parts.registry.party(kit.owner.thumb)
    assert party is not None

    async def both() -> list[Any]:
        approve = block.host.parts.requests.approve
        answers = (approve(request, token, party) for token in tokens)
        return await asyncio.gather(*answers, return_exceptions=True)

    done = block.host.wait(both())
    assert sum(isinstance(one, Exception) for one in done) == 1
    states = [grant["state"] for grant in block.caller(kit.owner).get("/grants").json()["grants"]]
    assert sorted(states) == ["revoked", "waiting"]
    block.minutes_pass(2)
    assert len(told(block, fire, request)["approvals"]) == 1


async def test_a_hub_asks_through_its_client(block: Block, fire: Signer) -> None:
    kit, now = block.neighbour(fire), block.clock.unix()
    why = Why(case="26-7", purpose="fire", reason="smoke")
    session = Session(block.host.http, fire.key, now=block.clock.unix)
    async with Hub.over(session) as hub:
        for area in (Circle(*MIDDLE, 300), Polygon([(52.3, 4.8), (52.3, 4.805), (52.303, 4.805)])):
            wanted = Wanted(area, why, (now - 3_600, now - 1_800))
            request = await hub.request(wanted)
        asked = {row["id"]: row for row in (await hub.ask("GET", "/requests"))["requests"]}
        circle_id = next(id for id in asked if id != request)
        assert asked[circle_id]["area"] == circle(300)
        await asyncio.to_thread(block.minutes_pass, 2)
        assert await hub.approvals(circle_id) == {}
        given = block.approve(kit, circle_id, block.answer(kit, circle_id, fire)).json()
        await asyncio.to_thread(block.minutes_pass, 2)
        assert await hub.approvals(circle_id) == {kit.id: given["grant"]}
        unsaid = Why(case="26-8", purpose="fire", reason='"quoted"')
        wanted = Wanted(Circle(*MIDDLE, 300), unsaid, (now - 3_600, now - 1_800))
        with pytest.raises(ValueError, match="canonical"):
            await hub.request(wanted)
