"""A host whose rows are in PostgreSQL: what a day writes is there, and what is no longer there when
the server is gone is the opening of views, not those that run."""

import asyncio
import contextlib
import time
from collections.abc import Iterator

import httpx
import pytest

from porchlight.client import tlog
from porchlight.clips import rows as clip_rows
from porchlight.consent import delegates
from porchlight.quotas import OPENS, Quotas, QuotaSpent
from porchlight.sections import QuotaRules
from porchlight.store import Entry
from porchlight.telling import Telling
from porchlight.transparency.quarter import Quarter
from porchlight.transparency.reports import Publisher
from porchlight.webhooks import rows as hook_rows
from porchlight.who.operator import Operator
from tests.support import clipping
from tests.support.asking import Block
from tests.support.committing import commits_counted
from tests.support.hosting import SETTINGS, InThread, Kit, ShiftedClock, handle_of, hosted
from tests.support.postgres import Server
from tests.support.receiver import receiving
from tests.support.signing import Signer
from tests.support.viewing import (
    ask_view,
    board_at,
    open_view,
    sending,
    stream_url,
    until,
    watching,
)

PASSWORD = "hunter2-hunter2"


@pytest.fixture(scope="module")
def host(
    tmp_path_factory: pytest.TempPathFactory, clock: ShiftedClock, server: Server
) -> Iterator[InThread]:
    url = server.url(server.fresh()).replace("porchlight@", f"porchlight:{PASSWORD}@")
    text = SETTINGS + f'[webhooks]\nplain_loopback = true\n[database]\nurl = "{url}"\n'
    with hosted(tmp_path_factory.mktemp("postgres") / "home", text, clock=clock) as running:
        yield running


def test_opening_a_view_is_one_durable_write_with_its_receipt(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    yard = host.camera(ann, "yard")
    for kit in (porch, yard):
        host.grant(kit, fire)
    with commits_counted() as commits:
        opened = open_view(host, fire, porch, yard)
    assert len(commits) == 1
    key = tlog.Key.parse(host.caller(ann).get(f"/log/{ann.thumb}").json()["vkey"])
    sizes = {tlog.check_receipt(each, key, fire.thumb).size for each in opened["receipts"]}
    assert sizes == {len(host.entries(ann))}
    assert {entry["case"] for entry in host.entries(ann, "view.open")} == {"C-1"}


def test_clips_are_kept_listed_played_and_deleted(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    clip = clipping.keep(host, porch, clipping.clip_grant(host, porch, fire))
    assert clipping.listed(host, fire, **clipping.CAUSE) == [clip.id]
    assert clipping.open_play(host, fire, clip)["clip"]["id"] == clip.id
    used = host.parts.store.read_now(lambda session: clip_rows.used(session, porch.id))
    assert used == (clip.size_bytes, 1)
    rule = host.caller(ann).ask("PUT", f"/cameras/{porch.id}/recording", {"enabled": False})
    assert rule.is_success
    assert not host.call(lambda: host.parts.clips.rule(porch.id)).enabled
    assert host.caller(ann).delete(f"/clips/{clip.id}").status_code == 204
    assert clipping.listed(host, fire, **clipping.CAUSE) == []


def test_a_request_is_asked_answered_and_told(
    host: InThread, fire: Signer, clock: ShiftedClock
) -> None:
    ahead_s = clock.ahead_s
    with contextlib.closing(Block(host, clock)) as block:
        yes, no = block.neighbour(fire), block.neighbour(fire)
        request = block.asked(fire)
        given = block.approve(yes, request, block.answer(yes, request, fire))
        assert given.is_success, given.text
        assert block.deny(no, request).is_success
        block.minutes_pass(2)
        told = block.caller(fire).get(f"/requests/{request}").json()
        assert [each["camera"] for each in told["approvals"]] == [yes.id]
    clock.ahead_s = ahead_s


def test_what_a_resident_stopped_is_still_stopped(host: InThread, porch: Kit) -> None:
    for statuses in (b"\x01", b"\x00\xff"):
        host.wait(
            host.parts.store.run(lambda s, said=statuses: delegates.say(s, porch.id, said, 1))
        )
    assert host.parts.store.read_now(delegates.said)[porch.id] == b"\x00\xff"


def test_a_webhook_s_place_in_the_log_is_kept(host: InThread, fire: Signer, porch: Kit) -> None:
    with receiving() as there:
        body = {"url": f"http://127.0.0.1:{there.port}/"}
        made = host.caller(fire).post("/webhooks", body).json()
        host.grant(porch, fire)
        open_view(host, fire, porch)
        there.wait(lambda posts: len(posts) >= 2)
        gone = host.caller(fire).delete(f"/webhooks/{made['id']}")
        assert gone.status_code == 204
    assert made["id"] not in {hook.id for hook in host.parts.store.read_now(hook_rows.every)}


async def test_quotas_are_counted_from_the_log(
    host: InThread, fire: Signer, porch: Kit, clock: ShiftedClock
) -> None:
    host.grant(porch, fire)
    open_view(host, fire, porch)
    party = host.parts.registry.party(fire.thumb)
    assert party is not None
    quotas = Quotas(host.store, clock, QuotaRules(hub_opens=1))
    with pytest.raises(QuotaSpent, match="too-many-opens"):
        await quotas.spend(party, None, "another", OPENS)


def test_a_quarter_is_added_up(host: InThread, clock: ShiftedClock) -> None:
    hub = host.hub("medics")
    for _ in range(3):
        kit = host.camera(host.resident())
        host.grant(kit, hub)
        opened = open_view(host, hub, kit)
        assert host.caller(hub).delete(f"/views/{opened['id']}").is_success
    quarter = Quarter.at(clock.unix_ms())
    publisher, now_ms = Publisher("Elm Street", 3), quarter.ends_ms  # as if it were over
    made = host.store.read_now(lambda session: publisher.make(session, quarter, now_ms))
    assert "medics" in str(made.report)
    for entering in made.entering(now_ms):
        assert len(host.store.run_now(entering)) >= 3
        assert host.store.run_now(entering) == []  # once, however often


def test_a_character_that_it_cannot_keep_is_its_sender_s_fault(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire)
    for answer in (ask_view(host, fire, porch, case="a\0b"), host.caller(ann).get("/grants/%00")):
        assert (answer.status_code, answer.json()["reason"]) == (422, "bad-text")
    assert host.entries(ann, "view.open") == []


async def test_without_its_server_no_view_opens_and_those_that_run_go_on(
    host: InThread,
    server: Server,
    ann: Signer,
    fire: Signer,
    porch: Kit,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    jti = host.grant(porch, fire)
    opened = open_view(host, fire, porch)
    monkeypatch.setattr("porchlight.clips.store.SWEEP_S", 0.02)
    sweeping = asyncio.run_coroutine_threadsafe(host.parts.clips.keep_sweeping(), host.loop)
    async with (
        board_at(host, porch) as board,
        watching(host, stream_url(host, opened, porch)) as viewer,
    ):
        await board.watched(handle_of(jti))
        async with sending(board, handle_of(jti)):
            await viewer.got(3)
            server.stop()
            try:
                await until(lambda: "clips that ran out stay for now" in caplog.text)
                await asyncio.to_thread(assert_refused, host, fire, porch)
                await viewer.got(len(viewer.parts) + 20)  # four beats of the host's
            finally:
                server.start()
            await until(lambda: health(host) == 200)
            assert (await asyncio.to_thread(ask_view, host, fire, porch)).status_code == 201
            await viewer.got(len(viewer.parts) + 3)
    assert not sweeping.done()
    sweeping.cancel()
    assert PASSWORD not in caplog.text


def assert_refused(host: InThread, hub: Signer, porch: Kit) -> None:
    """At once, in the same words each time; and nothing that runs by itself fails."""
    for _ in range(2):
        answer = ask_view(host, hub, porch)
        assert (answer.status_code, answer.json()["reason"]) == (503, "not-stored")
        assert "postgres" not in answer.text.lower()
        assert PASSWORD not in answer.text
    assert health(host) == 503
    began = time.monotonic()
    somebody = Operator("O" * 22, hub.thumb, frozenset(), 2**31, b"s" * 32)
    assert host.call(lambda: host.parts.operators.left(somebody)) is False
    heard = Entry(n=1, ts_ms=1, type="grant.revoked", jti="j" * 22, camera=porch.id)
    host.call(lambda: Telling(host.parts.store, host.parts.events).heard(heard))
    assert time.monotonic() - began < 1.0


def health(host: InThread) -> int:
    return httpx.get(f"{host.http}/healthz", trust_env=False).status_code
