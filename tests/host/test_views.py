"""Views: no entry, no ticket; no permit, no picture. Each refusal is a problem and an entry."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from accord import wire
from porchlight.client.looks import Ask
from porchlight.errors import TooMany
from porchlight.views import Intent
from porchlight.views.opening import REFUSALS
from tests.support.hosting import InThread, Kit, ShiftedClock, Signer, handle_of
from tests.support.viewing import (
    ask_view,
    board_at,
    metric,
    open_view,
    picture,
    sending,
    stream_url,
    until,
    watching,
)


def refused(answer: httpx.Response, status: int, reason: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["reason"] == reason


def test_the_entry_is_there_when_the_ticket_is(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    jti = host.grant(porch, fire)
    opened = open_view(host, fire, porch)
    entry = host.entries(ann, "view.open")[0]
    about = {key: entry[key] for key in ("camera", "hub", "jti", "view", "purpose", "case")}
    assert about == {
        "camera": porch.id,
        "hub": fire.thumb,
        "jti": jti,
        "view": opened["id"],
        "purpose": "fire",
        "case": "C-1",
    }
    assert (entry["hub_name"], entry["reason"]) == (fire.name, "smoke was reported")
    assert opened["ticket"] not in str(host.entries(ann))
    assert time.time() < opened["expires"] <= time.time() + 3600


def test_the_ticket_is_kept_as_a_hash_only(host: InThread, fire: Signer, porch: Kit) -> None:
    host.grant(porch, fire)
    ticket = open_view(host, fire, porch)["ticket"]
    assert len(ticket) == 43  # 256 bits
    listed = host.caller(fire).get("/views").text
    assert ticket not in listed
    views = host.call(lambda: list(host.parts.views._book))
    assert views
    assert ticket not in repr([vars(view) for view in views])


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        ("case-missing", {"case": ""}),
        ("case-missing", {"case": "  "}),
        ("purpose-missing", {"purpose": ""}),
        ("purpose-not-granted", {"purpose": "theft"}),
        ("purpose-not-granted", {"purpose": "own-use"}),
        ("action-not-granted", {"action": "clips"}),
        ("action-not-granted", {"action": "zoom"}),
    ],
)
def test_a_view_without_its_reasons_is_refused_and_entered(
    host: InThread, ann: Signer, fire: Signer, porch: Kit, reason: str, changed: dict[str, Any]
) -> None:
    host.grant(porch, fire)
    refused(ask_view(host, fire, porch, **changed), 403, reason)
    entries = host.entries(ann, "access.refused")
    assert [(entry["reason"], entry["hub"]) for entry in entries] == [(reason, fire.thumb)]
    assert host.entries(ann, "view.open") == []


def test_a_hub_that_the_grant_does_not_name_is_refused_like_for_an_unknown_camera(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, host.hub())
    refused(named := ask_view(host, fire, porch), 403, "no-grant")
    nobody = Kit("A" * 43, b"", ann)
    refused(unknown := ask_view(host, fire, nobody), 403, "no-grant")
    assert named.json() == unknown.json()
    assert [entry["reason"] for entry in host.entries(ann, "access.refused")] == ["no-grant"]


def test_after_revocation_there_is_no_view(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    jti = host.grant(porch, fire)
    assert host.caller(ann).post(f"/grants/{jti}/revoke").status_code == 200
    refused(ask_view(host, fire, porch), 403, "revoked")
    assert [entry["reason"] for entry in host.entries(ann, "access.refused")] == ["revoked"]


def test_one_refused_camera_refuses_all(host: InThread, ann: Signer, fire: Signer) -> None:
    mine, other = host.camera(ann), host.camera(host.resident())
    host.grant(mine, fire)
    refused(ask_view(host, fire, mine, other), 403, "no-grant")
    assert host.entries(ann, "view.open") == []
    assert host.entries(other.owner, "access.refused") != []


def test_residents_view_their_own_cameras_without_a_case_and_nobody_else_s(
    host: InThread, ann: Signer, porch: Kit
) -> None:
    own = {"case": "", "purpose": "", "reason": ""}
    refused(ask_view(host, ann, porch, **own), 403, "no-grant")  # the owner needs a grant too
    host.grant(porch, ann)
    assert ask_view(host, ann, porch, **own).status_code == 201
    refused(ask_view(host, host.resident(), porch, **own), 403, "no-grant")
    refused(ask_view(host, ann, porch, **own | {"purpose": "fire"}), 403, "purpose-not-granted")


def test_a_view_needs_a_proof(host: InThread, fire: Signer, porch: Kit) -> None:
    body = {"cameras": [porch.id], "action": "live", "case": "C", "purpose": "fire"}
    refused(httpx.post(f"{host.http}/api/v1/views", json=body), 401, "no-proof")


@pytest.mark.parametrize("cameras", [[], ["x"] * 65, "x", [1]])
def test_a_view_of_none_or_too_many_makes_no_sense(
    host: InThread, fire: Signer, cameras: object
) -> None:
    refused(ask_view(host, fire, cameras=cameras), 422, "invalid-request")


def get(host: InThread, path: str, *, to: str = "127.0.0.1") -> httpx.Response:
    return httpx.get(f"http://{to}:{host.ports.http}{path}", timeout=10)


def test_a_ticket_that_never_was_opens_nothing(host: InThread, porch: Kit) -> None:
    refused(get(host, f"/api/v1/views/{'x' * 43}/{porch.id}.mjpg"), 404, "no-view")


def test_a_ticket_opens_only_the_cameras_of_its_view(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    other = host.camera(ann)
    host.grant(porch, fire)
    host.grant(other, fire)
    ticket = open_view(host, fire, porch)["ticket"]
    refused(get(host, f"/api/v1/views/{ticket}/{other.id}.mjpg"), 404, "no-view")


def test_a_stolen_ticket_is_refused_and_entered_once_a_minute(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire)
    opened = open_view(host, fire, porch)
    url = opened["urls"]["cameras"][porch.id]["stream"]
    thief = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(transport=thief, base_url=host.http) as client:
        for _ in range(3):
            refused(client.get(url), 403, "ticket-stolen")
    entries = host.entries(ann, "access.refused")
    assert [(entry["reason"], entry["view"]) for entry in entries] == [
        ("ticket-stolen", opened["id"])
    ]


async def test_an_expired_ticket_is_gone_and_its_stream_ends(
    host: InThread, ann: Signer, fire: Signer, porch: Kit, clock: ShiftedClock
) -> None:
    handle = handle_of(host.grant(porch, fire, detail={"limits": {"session_s": 60}}))
    async with board_at(host, porch) as board, sending(board, handle):
        opened = open_view(host, fire, porch)
        assert opened["expires"] <= time.time() + 60
        async with watching(host, stream_url(host, opened, porch)) as viewer:
            await viewer.got(2)
            clock.ahead_s += 61
            try:
                shifted = time.monotonic()
                assert await viewer.ended() - shifted < 1.0
                refused(
                    get(host, opened["urls"]["cameras"][porch.id]["stream"]), 410, "ticket-expired"
                )
            finally:
                clock.ahead_s -= 61
    await until(lambda: host.entries(ann, "view.close"))
    assert [entry["reason"] for entry in host.entries(ann, "view.close")] == ["session-over"]


async def test_a_grant_that_runs_out_ends_the_stream(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    ends = int(time.time()) + 2
    handle = handle_of(host.grant(porch, fire, exp=ends))
    async with board_at(host, porch) as board, sending(board, handle):
        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch)) as viewer:
            await viewer.got(1)
            await viewer.ended()
            assert time.time() < ends + 1
            assert all(part.headers["x-timestamp"] for part in viewer.parts)
    await until(lambda: host.entries(ann, "view.close"))
    assert host.entries(ann, "view.close")[0]["reason"] == "expired"


async def test_the_close_entry_tells_seconds_frames_and_bytes(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    jpeg = picture()
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch)) as viewer:
            await board.watched(handle)
            for count in (1, 2, 3):
                await board.send_frame(jpeg, handle)
                await viewer.got(count)
            assert host.caller(fire).delete(f"/views/{opened['id']}").status_code == 204
            await viewer.ended()
            got = len(viewer.parts)
    detail = host.entries(ann, "view.close")[0]["detail"]
    assert detail["frames"] == got >= 3
    assert detail["bytes"] == got * len(jpeg)
    assert 0 <= detail["seconds"] < 10
    refused(host.caller(fire).delete(f"/views/{opened['id']}"), 404, "no-view")


async def test_two_hubs_see_only_under_their_own_grants(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    police = host.hub()
    fires, polices = host.grant(porch, fire), host.grant(porch, police)
    async with board_at(host, porch) as board, sending(board, handle_of(fires)):
        await board.say(wire.Answer(handle_of(polices), b"held"))
        first, second = open_view(host, fire, porch), open_view(host, police, porch)
        async with (
            watching(host, stream_url(host, first, porch)) as one,
            watching(host, stream_url(host, second, porch)) as two,
        ):
            await one.got(2)
            await two.got(2)
            assert {part.headers["x-grant"] for part in one.parts} == {fires}
            assert {part.headers["x-grant"] for part in two.parts} == {polices}
            host.caller(ann).post(f"/grants/{polices}/revoke")
            await two.ended()
            seen = len(one.parts)
            await one.got(seen + 3)  # goes on


@pytest.mark.parametrize("refusal", [None, b"day-limit", b"clock-behind"])
async def test_nobody_is_shown_frames_that_the_board_sent_for_others(
    host: InThread, fire: Signer, porch: Kit, refusal: bytes | None
) -> None:
    police = host.hub()
    fires, polices = (handle_of(host.grant(porch, hub)) for hub in (fire, police))
    async with board_at(host, porch) as board:
        first, second = open_view(host, fire, porch), open_view(host, police, porch)
        async with (
            watching(host, stream_url(host, first, porch)) as one,
            watching(host, stream_url(host, second, porch)) as two,
        ):
            await board.watched(fires)
            await board.watched(polices)
            if refusal is not None:
                await board.say(wire.Answer(fires, b"held"))
                await board.send_frame(picture(), polices)
                assert [part.sequence for part in await one.got(1)] == [1]
                await board.say(wire.Answer(fires, refusal))
            theirs = await board.send_frame(picture(), polices)
            await until(lambda: two.parts and two.parts[-1].sequence == theirs.sequence)
            mine = await board.send_frame(picture(), fires)
            await until(lambda: one.parts and one.parts[-1].sequence == mine.sequence)
            assert theirs.sequence not in {part.sequence for part in one.parts}
            await board.say(wire.Answer(fires, b"held"))
            again = await board.send_frame(picture(), polices)
            await until(lambda: one.parts[-1].sequence == again.sequence)
            await until(lambda: two.parts[-1].sequence == again.sequence)
            assert mine.sequence not in {part.sequence for part in two.parts}


async def test_the_button_at_the_board_takes_a_grant_back_for_good(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(jti := host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle):
        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch)) as viewer:
            await viewer.got(1)
            for _ in range(2):
                await board.say(wire.Answer(handle, b"revoked"))
            await viewer.ended()
        assert await board.heard(wire.Revoke, lambda told: told.handle == handle)
        await until(lambda: host.entries(ann, "grant.revoked"))
    entries = host.entries(ann, "grant.revoked")
    assert [(e["reason"], e["jti"], e["camera"]) for e in entries] == [("button", jti, porch.id)]
    assert host.caller(ann).get(f"/grants/{jti}").json()["state"] == "revoked"
    refused(ask_view(host, fire, porch), 403, "revoked")
    await until(lambda: host.entries(ann, "view.close"))
    assert host.entries(ann, "view.close")[0]["reason"] == "revoked"


async def test_a_closed_view_keeps_no_picture(host: InThread, fire: Signer, porch: Kit) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle):
        live, still = (open_view(host, fire, porch, action=to) for to in ("live", "snapshot"))
        views = [host.parts.views.get(opened["id"], fire.thumb) for opened in (live, still)]
        assert views[0] is not None
        assert views[1] is not None
        async with watching(host, host.http + live["urls"]["wall"]) as wall:
            await wall.got(1)
            urls = still["urls"]["cameras"][porch.id]
            assert (await asyncio.to_thread(get, host, urls["snapshot"])).status_code == 200
            assert views[0].fanouts
            assert views[1].looks[porch.id].still is not None
            for opened in (live, still):
                host.caller(fire).delete(f"/views/{opened['id']}")
        assert not views[0].fanouts
        assert views[1].looks[porch.id].still is None
        refused(get(host, urls["snapshot"]), 410, "ticket-expired")


def test_a_view_is_listed_and_closed_by_its_opener_only(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire)
    opened = open_view(host, fire, porch)
    assert [view["id"] for view in host.caller(fire).get("/views").json()["views"]] == [
        opened["id"]
    ]
    other = host.hub()
    assert host.caller(other).get("/views").json() == {"views": []}
    refused(host.caller(other).delete(f"/views/{opened['id']}"), 404, "no-view")


async def test_a_snapshot_view_gives_one_picture(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(jti := host.grant(porch, fire))
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch, action="snapshot")
        urls = opened["urls"]["cameras"][porch.id]
        refused(get(host, urls["stream"]), 403, "action-not-granted")
        refused(get(host, opened["urls"]["wall"]), 403, "action-not-granted")
        asking = asyncio.create_task(asyncio.to_thread(get, host, urls["snapshot"]))
        watch = await board.watched(handle)
        assert watch.wants[0][2] == 2  # snapshot
        sent = await board.send_frame(picture(), handle)
        answer = await asking
        assert answer.content == sent.jpeg
        assert answer.headers["x-grant"] == jti
        assert "no-store" in answer.headers["cache-control"]
        again = await asyncio.to_thread(get, host, urls["snapshot"])
        assert again.content == sent.jpeg
    assert host.caller(fire).get("/views").json()["views"] != []


async def test_views_that_are_being_opened_count_too(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire)
    most = host.config.views.per_caller

    def intent() -> Intent:
        looks = {porch.id: fire.look(Ask("live", "fire", "C-1", camera=porch.id))}
        return Intent((porch.id,), "live", purpose="fire", case="C-1", looks=looks)

    async def open_all() -> list[object]:
        who = host.parts.registry.party(fire.thumb)
        assert who is not None
        opens = [host.parts.views.open(who, intent(), "127.0.0.1") for _ in range(most + 20)]
        return [*await asyncio.gather(*opens, return_exceptions=True)]

    results = await asyncio.to_thread(host.wait, open_all())
    assert [type(one) for one in results if isinstance(one, Exception)] == [TooMany] * 20
    opened = host.call(lambda: host.parts.views.of(fire.thumb))
    assert len(opened) == most
    assert host.caller(fire).delete(f"/views/{opened[0].id}").status_code == 204
    assert ask_view(host, fire, porch).status_code == 201


def test_refusals_do_not_fill_the_log(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    for _ in range(2 * REFUSALS):
        refused(ask_view(host, fire, porch), 403, "no-grant")
    assert len(host.entries(ann, "access.refused")) == REFUSALS
    refused(ask_view(host, host.hub(), porch), 403, "no-grant")  # another caller is news
    refused(ask_view(host, fire, porch, case=""), 403, "case-missing")  # and so is this
    entries = host.entries(ann, "access.refused")
    assert [entry["reason"] for entry in entries[REFUSALS:]] == ["no-grant", "case-missing"]
    assert all(entry["detail"]["count"] == 1 for entry in entries)


async def test_a_snapshot_waits_for_a_frame_of_its_own(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    police = host.hub()
    fires, polices = (handle_of(host.grant(porch, hub)) for hub in (fire, police))
    async with board_at(host, porch) as board:
        theirs = stream_url(host, open_view(host, police, porch), porch)
        async with watching(host, theirs) as other:
            await board.watched(polices)
            urls = open_view(host, fire, porch, action="snapshot")["urls"]["cameras"][porch.id]
            asking = asyncio.create_task(asyncio.to_thread(get, host, urls["snapshot"]))
            await board.watched(fires)
            await board.send_frame(picture(), polices)
            await other.got(1)
            mine = await board.send_frame(picture(colour=(0, 90, 0)), fires)
            assert (await asking).content == mine.jpeg


def test_a_frame_larger_than_the_grant_allows_is_not_shown(
    host: InThread, fire: Signer, ann: Signer
) -> None:
    async def story() -> None:
        kit = host.camera(ann)
        handle = handle_of(host.grant(kit, fire, detail={"limits": {"w": 160, "h": 120}}))
        async with board_at(host, kit) as board:
            opened = open_view(host, fire, kit)
            async with watching(host, stream_url(host, opened, kit)) as viewer:
                await board.watched(handle)
                before = metric(host, "refusals_total", what="frame", reason="too-large")
                await board.send_frame(picture(176, 120), handle)
                await until(
                    lambda: (
                        metric(host, "refusals_total", what="frame", reason="too-large")
                        == before + 1
                    )
                )
                small = await board.send_frame(picture(160, 120), handle)
                assert [part.jpeg for part in await viewer.got(1)] == [small.jpeg]

    asyncio.run(story())
