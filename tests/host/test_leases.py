"""Leases at the host: carried, judged again for what it shows itself, and never made by it."""

import asyncio
import os
import time
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization

from accord import b64, wire
from porchkit import keys, leasing
from porchkit.leasing import Word
from porchlight.consent import delegates
from porchlight.errors import StoreError
from tests.support.boardpeer import BoardPeer
from tests.support.hosting import InThread, Kit, handle_of
from tests.support.signing import Signer
from tests.support.viewing import (
    ask_view,
    board_at,
    open_view,
    picture,
    stream_url,
    until,
    watching,
)


def private(who: Signer) -> keys.PrivateKey:
    """The same key, as the workbench holds it."""
    key = serialization.load_pem_private_key(who.key.pem(), password=None)
    assert isinstance(key, keys.PrivateKey)
    return key


def listed(kit: Kit) -> dict[str, Any]:
    return {"status": {"status_list": {"idx": 1, "uri": f"urn:optin:lease:{kit.id}"}}}


class Talk:
    """Somebody who speaks for a camera, and its board, which says "held" to all that it gets."""

    def __init__(self, host: InThread, kit: Kit, board: BoardPeer, who: Signer) -> None:
        self.kit, self.board, self.who = kit, board, who
        self.caller = host.caller(who)
        self.token = ""

    async def nonce(self) -> str:
        """What the host tells, which has asked the board."""
        asked = asyncio.create_task(self._get("nonce"))
        del self.board.told[:]
        await self.board.heard(wire.Lease, lambda message: not message.packed)
        nonce = os.urandom(16)
        await self.board.say(wire.Answer(nonce, b"status-nonce"))
        answer = await asked
        assert answer.json()["nonce"] == b64.encode(nonce), answer.text
        return b64.encode(nonce)

    async def say(self, word: Word) -> str:
        """Hand in an answer: the board's word, or the host's reason against it."""
        nonce = await self.nonce()
        signed = leasing.answer(word, private(self.who), self.kit.id, nonce, int(time.time()))
        self.token = signed.decode()
        handing = asyncio.create_task(self.hand_in(self.token))
        carried = asyncio.create_task(self.board.heard(wire.Lease, lambda m: bool(m.packed)))
        await asyncio.wait((handing, carried), return_when=asyncio.FIRST_COMPLETED)
        if carried.done():
            assert carried.result().packed.endswith(signed)
            await self.board.say(wire.Answer(b64.decode(nonce), b"status-held"))
        carried.cancel()
        return await handing

    async def hand_in(self, token: str) -> str:
        path = f"/cameras/{self.kit.id}/lease"
        answer = await asyncio.to_thread(self.caller.post, path, {"token": token})
        return str(answer.json()["board" if answer.is_success else "reason"])

    async def stands(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self._get("lease")).json()
        return found

    async def _get(self, what: str) -> httpx.Response:
        return await asyncio.to_thread(self.caller.get, f"/cameras/{self.kit.id}/{what}")


def refusal(host: InThread, hub: Signer, kit: Kit) -> str:
    """Why a view is refused; "" if it is not."""
    answer = ask_view(host, hub, kit)
    return "" if answer.is_success else str(answer.json()["reason"])


def delegate(host: InThread, kit: Kit, agent: Signer, **changed: Any) -> httpx.Response:
    """Hand in the word by which the owner of `kit` lets this agent speak for it."""
    said: dict[str, Any] = {"lease_s": 600, "span_s": 3600, "now": int(time.time())}
    said |= {"jti": os.urandom(16)} | changed
    token = leasing.delegate(private(kit.owner), kit.id, private(agent).public_key(), **said)
    return host.caller(kit.owner).post("/delegates", {"token": token.decode()})


async def test_a_lease_opens_and_its_lapse_ends_what_is_shown(
    host: InThread, clock: Any, ann: Signer, fire: Signer, porch: Kit
) -> None:
    earlier = int(time.time()) - 100
    jti = host.grant(porch, fire, iat=earlier, nbf=earlier, **listed(porch))
    handle = handle_of(jti)
    async with board_at(host, porch) as board:
        assert refusal(host, fire, porch) == "no-lease"
        talk = Talk(host, porch, board, ann)
        assert await talk.say(Word(lease_s=2)) == "held"
        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch)) as viewer:
            await board.watched(handle)
            await board.send_frame(picture(), handle)
            await viewer.got(1)
            clock.ahead_s -= 30  # no clock prolongs it
            await viewer.ended()
            clock.ahead_s += 30
        await until(lambda: host.entries(ann, "view.close"))
        assert host.entries(ann, "view.close")[-1]["reason"] == "lease-lapsed"
        assert refusal(host, fire, porch) == "lease-lapsed"
        assert await talk.hand_in(talk.token) == "old-nonce"
        assert host.entries(ann, "lease.refused")[-1]["reason"] == "old-nonce"
        assert (await talk.stands())["left_s"] == 0


async def test_a_board_refuses_the_earlier_of_two_leases(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    """The later one, which it holds by then, goes on here too."""
    host.grant(porch, fire, **listed(porch))
    async with board_at(host, porch) as board:
        talk = Talk(host, porch, board, ann)
        nonce = await talk.nonce()
        word = leasing.answer(Word(), private(ann), porch.id, nonce, int(time.time()))
        earlier = asyncio.create_task(talk.hand_in(word.decode()))
        await board.heard(wire.Lease, lambda message: message.packed.endswith(word))
        assert await talk.say(Word(lease_s=600)) == "held"
        await board.say(wire.Answer(b64.decode(nonce), b"status-old-nonce"))
        assert await earlier == "old-nonce"
        assert (await talk.stands())["left_s"] > 500
        assert refusal(host, fire, porch) == ""


async def test_a_lease_that_the_board_refuses_is_none_here_whatever_else_fails(
    host: InThread, ann: Signer, fire: Signer, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.grant(porch, fire, **listed(porch))
    async with board_at(host, porch) as board:
        talk = Talk(host, porch, board, ann)

        def full(*_: object) -> None:
            raise StoreError("the disk is full")

        monkeypatch.setattr(delegates, "say", full)
        nonce = await talk.nonce()
        said = Word(stopped=(5,))  # to be kept: and that fails
        word = leasing.answer(said, private(ann), porch.id, nonce, int(time.time()))
        assert await talk.hand_in(word.decode()) == "not-stored"
        assert (await talk.stands())["left_s"] > 0  # nobody knows yet
        await board.say(wire.Answer(b64.decode(nonce), b"status-no-clock"))
        await until(lambda: refusal(host, fire, porch) == "lease-lapsed")


async def test_a_board_that_began_anew_holds_no_lease(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire, **listed(porch))
    async with board_at(host, porch, boot=1) as board:
        assert await Talk(host, porch, board, ann).say(Word()) == "held"
    async with board_at(host, porch, boot=1) as board:  # the line was cut, no more
        assert refusal(host, fire, porch) == ""
    async with board_at(host, porch, boot=2) as board:
        assert refusal(host, fire, porch) == "lease-lapsed"
        talk = Talk(host, porch, board, ann)
        assert (await talk.stands())["left_s"] == 0
        assert await talk.say(Word()) == "held"
        assert refusal(host, fire, porch) == ""


async def test_a_floor_takes_back_all_below_it(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    first, second = (host.grant(porch, fire) for _ in range(2))
    async with board_at(host, porch) as board:
        assert await Talk(host, porch, board, ann).say(Word(lease_s=1, seq_floor=2)) == "held"
    states = {row["jti"]: row["state"] for row in host.caller(ann).get("/grants").json()["grants"]}
    assert states == {first: "revoked", second: "active"}
    ended = host.entries(ann, "grant.revoked")
    assert [(entry["jti"], entry["reason"]) for entry in ended] == [(first, "seq-floor")]


async def test_a_pause_ends_views_now_and_outlives_the_host(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board:
        talk = Talk(host, porch, board, ann)
        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch)) as viewer:
            await board.watched(handle)
            await board.send_frame(picture(), handle)
            await viewer.got(1)
            assert await talk.say(Word(lease_s=1, stopped=(0,))) == "held"
            await viewer.ended()
        assert refusal(host, fire, porch) == "paused"
        assert await talk.say(Word()) == "held"  # to keep alive is not to resume
        assert refusal(host, fire, porch) == "paused"
        standing = host.parts.cameras.get(porch.id).book.standing  # type: ignore[union-attr]
        host.call(lambda: setattr(standing, "said", bytes(64)))
        host.call(host.parts.leases.load)  # as a host that starts
        assert refusal(host, fire, porch) == "paused"
        assert (await talk.stands())["paused"]
        assert await talk.say(Word(resume=True)) == "held"
        open_view(host, fire, porch)
        assert not (await talk.stands())["paused"]
    said = [entry["type"] for entry in host.entries(ann) if entry["type"].startswith("camera.")]
    assert said == ["camera.added", "camera.paused", "camera.resumed"]
    assert host.entries(ann, "view.close")[0]["reason"] == "paused"


async def test_no_hub_and_no_stranger_speaks_for_a_camera(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    jti = host.grant(porch, fire, panic=600)
    bob = host.resident()
    async with board_at(host, porch) as board:
        talk = Talk(host, porch, board, ann)
        nonce = await talk.nonce()
        for who in (fire, bob):
            word = leasing.answer(Word(opens=jti), private(who), porch.id, nonce, int(time.time()))
            caller = host.caller(who)
            for answer in (
                caller.get(f"/cameras/{porch.id}/nonce"),
                caller.get(f"/cameras/{porch.id}/lease"),
                caller.post(f"/cameras/{porch.id}/lease", {"token": word.decode()}),
            ):
                assert (answer.status_code, answer.json()["reason"]) == (404, "no-camera")
        # Its resident may hand in nothing that somebody else signed either.
        assert await talk.hand_in(word.decode()) == "unknown-key"
        assert refusal(host, fire, porch) == "not-opened"
    assert host.caller(fire).post("/delegates", {"token": "x"}).json()["reason"] == "residents-only"
    assert delegate(host, porch, fire).json()["reason"] == "key-known"


async def test_panic_is_opened_by_the_residents_word_or_the_boards_button(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    first, second = (host.grant(porch, fire, panic=600) for _ in range(2))
    async with board_at(host, porch) as board:
        talk = Talk(host, porch, board, ann)
        assert refusal(host, fire, porch) == "not-opened"
        assert await talk.say(Word(lease_s=1)) == "held"
        assert refusal(host, fire, porch) == "not-opened"
        assert await talk.say(Word(lease_s=1, opens=first)) == "held"
        open_view(host, fire, porch)
        assert (await talk.stands())["panic"] == [first]
        host.caller(ann).post(f"/grants/{first}/revoke")
        assert refusal(host, fire, porch) == "not-opened"
        await board.say(wire.Answer(handle_of(second), b"panic-opened"))
        await until(lambda: ask_view(host, fire, porch).status_code == 201)
    opened = host.entries(ann, "panic.opened")
    assert [(e["jti"], e["detail"]["by"]) for e in opened] == [
        (first, "resident"),
        (second, "button"),
    ]


async def test_a_panic_grant_that_only_registers_names_nobody_to_a_hub(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    only = host.grant(porch, fire, panic=600, detail={"actions": ["register"]})
    more = host.grant(porch, fire, panic=600)
    async with board_at(host, porch) as board:
        told = host.call(lambda: host.parts.events.subscribe(fire.thumb))
        for jti in (only, more):
            await board.say(wire.Answer(handle_of(jti), b"panic-opened"))
        await until(lambda: len(host.entries(ann, "panic.opened")) == 2)
        bodies = [event.body for event in told._queue]
    assert [body["jti"] for body in bodies] == [more]


SEARCHED = {"action": "live", "case": "C-1", "purpose": "fire"}


async def test_an_agent_keeps_alive_or_stops_and_nothing_else(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    panic = host.grant(porch, fire, panic=600)
    host.grant(porch, fire, **listed(porch))
    agent = Signer("agent")
    assert host.caller(agent).get("/me").status_code == 401
    made = delegate(host, porch, agent)
    assert made.status_code == 201, made.text
    again = host.caller(ann).post("/delegates", {"token": made.json()["token"]})
    assert (again.status_code, again.json()) == (200, made.json())
    async with board_at(host, porch) as board:
        talk = Talk(host, porch, board, agent)
        assert (await talk.stands())["most_s"] == 600
        assert await talk.say(Word(lease_s=600)) == "held"
        open_view(host, fire, porch)
        for word in (Word(lease_s=601), Word(lease_s=9, resume=True), Word(lease_s=9, opens=panic)):
            assert await talk.say(word) == "widened"
        assert await talk.say(Word(lease_s=600, stopped=(0,))) == "held"
        assert refusal(host, fire, porch) == "paused"
        assert await talk.say(Word(lease_s=600)) == "held"
        open_view(host, fire, porch)
        caller = host.caller(agent)
        assert caller.get("/me").json()["kind"] == "agent"
        token = agent.grant(porch.id, fire.thumb, seq=porch.next_seq())
        for answer in (
            caller.post("/grants", {"token": token}),
            caller.post(f"/grants/{panic}/revoke"),
            ask_view(host, agent, porch),
            caller.get("/cameras", case="C-1", purpose="fire"),
            caller.post("/search", {"circle": {"center": [5, 52], "radius_m": 9}, **SEARCHED}),
            caller.get("/clips", case="C-1", purpose="fire"),
            caller.post("/webhooks", {"url": "https://hooks.example.org/in"}),
            caller.get("/events"),
            caller.post("/operators/sign-in"),
        ):
            assert (answer.status_code, answer.json()["reason"]) == (403, "agents-only-answer")
        jti = made.json()["jti"]
        ended = host.caller(ann).post(f"/delegates/{jti}/revoke").json()
        assert ended["state"] == "revoked"
        assert caller.get(f"/cameras/{porch.id}/nonce").json()["reason"] == "no-camera"
    assert host.entries(ann, "lease.stopped")[0]["detail"] == {"agent": agent.thumb}
    kinds = [entry["type"] for entry in host.entries(ann)]
    assert kinds.count("delegate.added") == kinds.count("delegate.revoked") == 1
    assert [row["state"] for row in host.caller(ann).get("/delegates").json()["delegates"]] == [
        "revoked"
    ]


def test_a_delegate_is_for_a_camera_of_its_signers(host: InThread, ann: Signer, porch: Kit) -> None:
    bobs = host.camera(host.resident())
    posed = Kit(bobs.id, bobs.key, ann)
    assert delegate(host, posed, Signer("agent")).json()["reason"] == "wrong-camera"
    old = delegate(host, porch, Signer("agent"), now=int(time.time()) - 7200)
    assert old.json()["reason"] == "expired"
    assert host.caller(ann).post("/delegates/nothing/revoke").json()["reason"] == "no-delegate"


def test_without_its_board_there_is_nothing_to_answer(
    host: InThread, ann: Signer, porch: Kit
) -> None:
    answer = host.caller(ann).get(f"/cameras/{porch.id}/nonce")
    assert (answer.status_code, answer.json()["reason"]) == (409, "board-offline")


def test_a_camera_that_cannot_ask_is_asked_for_by_the_host(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    camera = host.parts.cameras.get(porch.id)
    assert camera is not None
    camera.enforced_at = "host"  # as of a source that is no board
    host.grant(porch, fire, **listed(porch))
    caller = host.caller(ann)
    nonce = caller.get(f"/cameras/{porch.id}/nonce").json()["nonce"]
    assert caller.get(f"/cameras/{porch.id}/nonce").json()["nonce"] == nonce
    word = leasing.answer(Word(), private(ann), porch.id, nonce, int(time.time()))
    answer = caller.post(f"/cameras/{porch.id}/lease", {"token": word.decode()})
    assert answer.json()["board"] == "held", answer.text
    assert ask_view(host, fire, porch).status_code == 201
    assert caller.get(f"/cameras/{porch.id}/nonce").json()["nonce"] != nonce


def test_a_register_only_grant_shows_no_picture(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire, detail={"actions": ["register"]})
    asked = {"live": "no-grant", "snapshot": "no-grant", "register": "action-not-granted"}
    for action, reason in asked.items():
        assert ask_view(host, fire, porch, action=action).json()["reason"] == reason
