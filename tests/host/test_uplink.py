"""The uplink against a real host: what it takes, what it refuses, and what it tells boards."""

import asyncio
import contextlib
import os
import threading
import time
from typing import Any

import pytest
from websockets.asyncio.client import connect

from accord import wire
from accord.session import NONCE_BYTES, BoardSession
from porchlight.errors import StoreError
from tests.support.boardpeer import BoardPeer
from tests.support.hosting import InThread, Kit, Signer, handle_of
from tests.support.viewing import (
    board_at,
    metric,
    open_view,
    picture,
    sending,
    stream_url,
    until,
    watching,
)


def refusals(host: InThread, what: str, reason: str) -> float:
    return metric(host, "refusals_total", what=what, reason=reason)


async def test_a_frame_travels_from_board_to_viewer(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(jti := host.grant(porch, fire))
    async with board_at(host, porch) as board:
        await board.heard(wire.GrantToken)
        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch, over_tls=True)) as viewer:
            watch = await board.watched(handle)
            assert [want[2] for want in watch.wants] == [1]  # live
            sent = await board.send_frame(picture(colour=(1, 2, 3)), handle, score=42)
            part = (await viewer.got(1))[0]
            assert part.jpeg == sent.jpeg
            assert part.headers["x-grant"] == jti
            assert (part.headers["x-sequence"], part.headers["x-motion"]) == ("1", "42")
            assert part.headers["x-timestamp"].endswith("Z")
        await board.watched(None)  # the viewer left: the board is told that nobody looks


async def test_nobody_looks_so_nothing_is_wanted_or_taken(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board:
        assert (await board.heard(wire.Watch)).wants == []
        before = refusals(host, "frame", "not-watched")
        await board.send_frame(picture(), handle)
        await until(lambda: refusals(host, "frame", "not-watched") == before + 1)
    camera = host.parts.cameras.get(porch.id)
    assert camera is not None
    assert camera.frames == 0


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        ("no-grant", {"handle": bytes(16)}),
        ("too-old", {"captured_ms": 0}),
        ("too-old", {"captured_ms": "past"}),
        ("in-future", {"captured_ms": "future"}),
        ("not-a-jpeg", {"jpeg": b"GIF89a" + bytes(100)}),
    ],
)
async def test_a_frame_that_consent_does_not_cover_is_refused_and_entered(
    host: InThread, ann: Signer, fire: Signer, porch: Kit, reason: str, changed: dict[str, Any]
) -> None:
    now_ms = time.time_ns() // 1_000_000
    times = {"past": now_ms - 121_000, "future": now_ms + 90_000}
    given = {k: times.get(v, v) if isinstance(v, str) else v for k, v in changed.items()}
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch)) as viewer:
            await board.watched(handle)
            for _ in range(3):  # a flood makes one entry
                await board.send_frame(picture(), handle, **given)
            await board.send_frame(good := picture(colour=(0, 200, 0)), handle)
            assert [part.jpeg for part in await viewer.got(1)] == [good]
    entries = host.entries(ann, "frame.refused")
    assert [entry["reason"] for entry in entries] == [reason]
    assert entries[0]["camera"] == porch.id


async def test_revocation_reaches_board_and_viewer_at_once(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(jti := host.grant(porch, fire))
    async with board_at(host, porch) as board, sending(board, handle):
        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch)) as viewer:
            await viewer.got(3)
            assert host.caller(ann).post(f"/grants/{jti}/revoke").status_code == 200
            revoked_at = time.monotonic()
            assert (await board.heard(wire.Revoke)).handle == handle
            ended = await viewer.ended()
            assert ended - revoked_at < 1.0
            assert viewer.times[-1] <= ended
        await board.watched(None)
    assert [entry["reason"] for entry in host.entries(ann, "view.close")] == ["revoked"]


async def test_a_board_that_was_away_learns_of_grants_and_revocations(
    host: InThread, fire: Signer, ann: Signer, porch: Kit
) -> None:
    gone = host.grant(porch, fire)
    kept = host.grant(porch, fire)
    host.caller(ann).post(f"/grants/{gone}/revoke")
    async with board_at(host, porch) as board:
        revoke = await board.heard(wire.Revoke)
        token = await board.heard(wire.GrantToken)
        assert revoke.handle == handle_of(gone)
        assert token.token == host.caller(ann).get(f"/grants/{kept}").json()["token"].encode()
        assert board.told.index(revoke) < board.told.index(token)
        assert [m for m in board.told if isinstance(m, wire.GrantToken)] == [token]


async def test_what_the_board_says_shows(host: InThread, ann: Signer, porch: Kit) -> None:
    fire = host.hub()
    handle = handle_of(jti := host.grant(porch, fire))
    say = host.caller(ann)
    assert say.get(f"/grants/{jti}").json()["board"] == "offline"
    async with board_at(host, porch) as board:
        assert say.get(f"/grants/{jti}").json()["board"] == "sent"
        await board.say(wire.Answer(handle, b"clock-behind"))
        await board.say(wire.Answer(os.urandom(16), b"held"))  # of a grant nobody knows
        await board.say(wire.Status(2, 1, 3, 1, 10, 1000, 0, 0, 5, 0, handle, b"ok\x00\xff"))
        camera = host.parts.cameras.get(porch.id)
        assert camera is not None
        await until(lambda: camera.status)
        assert say.get(f"/grants/{jti}").json()["board"] == "clock-behind"
        shown = say.get(f"/cameras/{porch.id}").json()
        assert (shown["online"], shown["state"], shown["reason"]) == (True, "sending", "ok")
        assert (shown["sensor_powered"], shown["light"], shown["clock"]) == (True, True, "both")
    await until(lambda: not camera.online)
    shown = say.get(f"/cameras/{porch.id}").json()
    assert (shown["online"], shown["state"], shown["sensor_powered"]) == (False, None, None)
    await until(lambda: host.entries(ann, "board.offline"))
    assert [entry["type"] for entry in host.entries(ann)][-2:] == ["board.online", "board.offline"]


async def test_a_stranger_is_turned_away_and_entered_for_the_host(host: InThread) -> None:
    stranger = BoardPeer(host.uplink, os.urandom(32), tls=host.tls())
    await stranger.connect()
    await stranger.socket.send(stranger.session.hello())
    assert await stranger.dismissed() == "unknown-camera"
    assert refusals(host, "board", "unknown-camera") >= 1
    await until(lambda: host_entry_reasons(host, "board.stranger") == ["unknown-camera"])


async def test_a_board_that_cannot_prove_its_key_is_refused_and_entered(
    host: InThread, ann: Signer, porch: Kit
) -> None:
    board = BoardPeer(host.uplink, porch.key, tls=host.tls())
    await board.connect()
    await board.socket.send(board.session.hello())
    await board.socket.recv()
    head = wire.header(wire.Proof, 32, 0)
    await board.socket.send(head + bytes(32))
    assert await board.dismissed() == "bad-proof"
    await until(lambda: host.entries(ann, "board.refused"))
    entries = host.entries(ann, "board.refused")
    assert [(entry["camera"], entry["reason"]) for entry in entries] == [(porch.id, "bad-proof")]
    assert host.entries(ann, "board.online") == []


def _altered(message: bytes) -> bytes:
    return message[:-40] + bytes([message[-40] ^ 1]) + message[-39:]


@pytest.mark.parametrize("kind", ["replayed", "reordered", "altered", "repeated", "backwards"])
async def test_a_replayed_reordered_or_altered_frame_ends_the_session(
    host: InThread, ann: Signer, fire: Signer, porch: Kit, kind: str
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch)) as viewer:
            await board.watched(handle)
            one = board.session.seal(board.frame(picture(), handle))
            two = board.session.seal(board.frame(picture(), handle))
            await board.socket.send(one)
            await viewer.got(1)
            if kind == "replayed":
                await board.socket.send(one)
            elif kind == "altered":
                await board.socket.send(_altered(two))
            elif kind == "reordered":
                await board.socket.send(board.session.seal(board.frame(picture(), handle)))
            else:
                await board.socket.send(two)
                await viewer.got(2)
                sequence = 2 if kind == "repeated" else 1
                await board.send_frame(picture(), handle, sequence=sequence)
            reason = await board.dismissed()
            got = len([part for part in viewer.parts if "x-repeat" not in part.headers])
    wanted = {"altered": "bad-mac", "reordered": "out-of-order"}.get(kind, "replayed")
    assert reason == wanted
    assert got == (1 if kind in ("replayed", "reordered", "altered") else 2)
    await until(lambda: host.entries(ann, "board.refused"))
    assert [entry["reason"] for entry in host.entries(ann, "board.refused")] == [wanted]


async def test_sequence_goes_on_across_connections_of_one_boot(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch, boot=5) as board:
        await board.send_frame(picture(), handle, sequence=10)
        await until(lambda: metric(host, "refusals_total", what="frame", reason="not-watched"))
    async with board_at(host, porch, boot=5) as again:
        await again.send_frame(picture(), handle, sequence=10)
        assert await again.dismissed() == "replayed"
    async with board_at(host, porch, boot=6) as rebooted:
        await rebooted.send_frame(picture(), handle, sequence=1)
        await rebooted.socket.ping()
    before = len(host.entries(ann, "board.refused"))
    for _ in range(4):
        assert await _as_an_earlier_boot(host, porch) == "old-boot"
    await until(lambda: len(host.entries(ann, "board.refused")) > before)
    (entry,) = host.entries(ann, "board.refused")[before:]  # one a minute, however often it tries
    assert (entry["reason"], entry["detail"]) == ("old-boot", {"count": 1})


async def _as_an_earlier_boot(host: InThread, porch: Kit) -> str:
    earlier = BoardPeer(host.uplink, porch.key, boot=5, tls=host.tls())
    await earlier.connect()
    await earlier.socket.send(earlier.session.hello())
    earlier.session.receive(await earlier.socket.recv())  # type: ignore[arg-type]
    assert earlier.session.next_event() is not None
    await earlier.socket.send(earlier.session.take_outgoing())
    return await earlier.dismissed()


async def test_gaps_are_counted_and_allowed(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    before = metric(host, "sequence_gaps_total")
    async with board_at(host, porch) as board:
        for sequence in (1, 2, 6):
            await board.send_frame(picture(), handle, sequence=sequence)
        await until(lambda: metric(host, "sequence_gaps_total") == before + 3)


async def test_a_newer_connection_replaces_the_older(host: InThread, porch: Kit) -> None:
    async with board_at(host, porch) as old, board_at(host, porch) as new:
        assert await old.dismissed() == "replaced"
        await new.heard(wire.Watch)
        camera = host.parts.cameras.get(porch.id)
        assert camera is not None
        assert camera.online
        await new.say(wire.Status(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, bytes(16), b"no-grant"))
        await until(lambda: camera.status)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", "not-binary"),
        (b"\x00" * 12, "bad-magic"),
        (b"P\x07" + bytes(10), "bad-version"),
        (b"P\x01\xfe" + bytes(9), "unknown-type"),
        (b"P\x01\x10\x00\xff\xff\xff\xff" + bytes(4), "too-long"),
        (b"P\x01\x03\x00" + (32).to_bytes(4, "big") + bytes(36), "out-of-order"),
        (b"P\x01", "bad-length"),
    ],
)
async def test_garbage_before_the_proof_ends_the_connection(
    host: InThread, said: bytes, reason: str
) -> None:
    async with connect(host.uplink, ssl=host.tls(), compression=None, proxy=None) as socket:
        await socket.send(said)
        async with asyncio.timeout(5):
            await socket.wait_closed()
        assert (socket.close_code, socket.close_reason) == (1008, reason)


async def test_two_messages_in_one_are_refused(host: InThread, porch: Kit) -> None:
    async with board_at(host, porch) as board:
        status = wire.Status(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, bytes(16), b"no-grant")
        await board.socket.send(board.session.seal(status) + board.session.seal(status))
        assert await board.dismissed() == "bad-length"


async def test_time_comes_again_and_again(host: InThread, porch: Kit) -> None:
    async with board_at(host, porch) as board:
        first = await board.heard(wire.Time)
        assert abs(first.unix_ms - time.time_ns() // 1_000_000) < 2_000


def host_entry_reasons(host: InThread, type: str) -> list[str | None]:
    """Of the host's own log, which concerns no resident."""
    from sqlalchemy import select

    from porchlight.store import Entry

    wanted = select(Entry.reason).where(Entry.resident.is_(None), Entry.type == type)
    return host.parts.store.read_now(lambda session: list(session.scalars(wanted)))


def test_the_session_of_the_tests_is_the_board_s(porch: Kit) -> None:
    """BoardPeer speaks with accord's own BoardSession: names and sizes agree."""
    session = BoardSession(porch.key, os.urandom(NONCE_BYTES), 1, "x")
    assert len(session.hello()) == wire.HEADER_BYTES + 32 + 16 + 4 + 1


async def test_a_board_is_sent_away_while_nothing_can_be_entered(
    host: InThread, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No entry, no session: and afterwards the camera is free for the next try."""

    async def broken(*_: Any, **__: Any) -> int:
        raise StoreError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(host.parts.entries, "add", broken)
        board = BoardPeer(host.uplink, porch.key, tls=host.tls())
        await board.open()
        assert await board.dismissed() == "store"
        assert board.socket.close_code == 1011
    await until(lambda: host.call(lambda: host.parts.cameras.online()) == 0)
    async with board_at(host, porch) as again:
        await again.heard(wire.Watch)


async def test_a_revocation_reaches_a_board_between_frames_of_others(
    host: InThread, fire: Signer, ann: Signer
) -> None:
    """Twenty boards send; the one whose grant is revoked hears of it within a moment."""
    kits = [host.camera(ann) for _ in range(20)]
    jtis = [host.grant(kit, fire) for kit in kits]
    async with contextlib.AsyncExitStack() as street:
        boards = [await street.enter_async_context(board_at(host, kit)) for kit in kits]
        opened = open_view(host, fire, *kits)
        for kit, board, jti in zip(kits, boards, jtis, strict=True):
            url = stream_url(host, opened, kit)
            await street.enter_async_context(watching(host, url))
            await street.enter_async_context(sending(board, handle_of(jti), every_s=0.2))
        began = time.monotonic()
        host.caller(ann).post(f"/grants/{jtis[7]}/revoke")
        await boards[7].heard(wire.Revoke)
        assert time.monotonic() - began < 1.0


@pytest.mark.parametrize("over_tls", [True, False])
async def test_boards_that_vanish_at_any_moment_leave_nothing_behind(
    host: InThread, porch: Kit, caplog: pytest.LogCaptureFixture, over_tls: bool
) -> None:
    handle = handle_of(host.grant(porch, host.hub()))
    url = host.uplink if over_tls else f"ws://127.0.0.1:{host.ports.http}/uplink"
    for number in range(40):
        board = BoardPeer(url, porch.key, tls=host.tls() if over_tls else None)
        await board.open()
        board.sequence = 100 * number
        for _ in range(number % 8):
            await board.send_frame(picture(), handle)
        await asyncio.sleep(number % 5 / 1_000)
        board.socket.transport.abort()
        await board.socket.wait_closed()
    await until(lambda: host.call(lambda: host.parts.cameras.online()) == 0)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


async def test_what_a_board_says_waits_for_an_entry_about_what_it_said_before(
    host: InThread, ann: Signer, fire: Signer, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order in which it was said, and not before the entry is durable."""
    entries = host.parts.entries
    add, writing, go_on = entries.add, threading.Event(), threading.Event()

    async def slow(type: str, **more: Any) -> int:
        if type == "frame.refused":
            writing.set()
            await asyncio.to_thread(go_on.wait)
        return await add(type, **more)

    before = metric(host, "sequence_gaps_total")
    async with board_at(host, porch) as board:
        monkeypatch.setattr(entries, "add", slow)
        await board.send_frame(picture(), bytes(16), sequence=1)
        for sequence in (3, 5, 7):
            await board.send_frame(picture(), bytes(16), sequence=sequence)
        await asyncio.to_thread(writing.wait)
        assert metric(host, "sequence_gaps_total") == before
        go_on.set()
        await until(lambda: metric(host, "sequence_gaps_total") == before + 3)
    assert [entry["reason"] for entry in host.entries(ann, "frame.refused")] == ["no-grant"]


async def test_a_board_is_sent_away_when_what_it_did_cannot_be_entered(
    host: InThread, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> int:
        raise StoreError("disk full")

    board = BoardPeer(host.uplink, porch.key, tls=host.tls())
    await board.open()
    with monkeypatch.context() as patch:
        patch.setattr(host.parts.entries, "add", broken)
        await board.send_frame(picture(), bytes(16))
        assert await board.dismissed() == "store"
        assert board.socket.close_code == 1011
    await until(lambda: host.call(lambda: host.parts.cameras.online()) == 0)


async def test_frames_that_come_at_once_are_all_taken(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    """Many in one write, the largest there may be among them, and pings between."""
    handle = handle_of(host.grant(porch, fire))
    camera = host.parts.cameras.get(porch.id)
    assert camera is not None
    for url in (host.uplink, f"ws://127.0.0.1:{host.ports.http}/uplink"):
        taken = camera.frames
        tls = host.tls() if url.startswith("wss") else None
        board = BoardPeer(url, porch.key, boot=2 + (tls is None), tls=tls)
        await board.open()
        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch)):
            await board.watched(handle)
            for more in (0, 60_000, wire.MAX_JPEG - len(picture()), 1, 30_000):
                await board.send_frame(picture() + bytes(more), handle)
                await board.socket.ping()
            await until(lambda taken=taken: camera.frames == taken + 5)
        await board.close()
