"""The board's own gate, against a host that lies: the real firmware, a real TLS line, a tap on it.

The host here is a rogue: it knows the board key, pushes any token, says that somebody looks, and
claims any time. Whatever it does, no picture byte may pass the tap before a grant that holds. Each
test ends with frames under a good grant, so that a board which never films cannot pass.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from accord import b64, canon, envelope, names, wire
from porchkit.tap import Tap
from porchkit.vboard import BoardConfig, VirtualBoard
from tests.support.fakehost import Ca, FakeHost
from tests.support.runtimes import find_micropython
from tests.vectors.make_grants import HUB, OTHER_HUB, RESIDENT, STRANGER, Key, detail

KEY = bytes(range(32))
CAMERA = names.camera_thumb(KEY)
HUB_RAW = names.raw(HUB.thumb)
DAY = 86400


class Rogue:
    """One board, its tap, and the host that lies to it."""

    def __init__(self, host: FakeHost, tap: Tap, board: VirtualBoard) -> None:
        self.host, self.tap, self.board = host, tap, board
        self._seq = 0

    def claims(self, **more: Any) -> dict[str, Any]:
        """Those of a grant that holds now, with a fresh seq and jti."""
        self._seq += 1
        now = int(time.time()) + self.host.time_offset_s
        base = {
            "iss": RESIDENT.thumb,
            "sub": CAMERA,
            "aud": [HUB.thumb],
            "jti": b64.encode(self._seq.to_bytes(16, "big")),
            "iat": now - 60,
            "nbf": now - 60,
            "exp": now + 3600,
            "seq": self._seq,
            "authorization_details": [detail()],
        }
        return base | more

    async def push(self, token: bytes) -> str:
        """Send a token; the board's answer to it."""
        return await self.host.ask(wire.GrantToken(token))

    async def take_back(self, handle: bytes) -> str:
        """Send a revocation; the board's answer to it."""
        return await self.host.ask(wire.Revoke(handle))

    async def look(self, handle: bytes, hub: bytes = HUB_RAW) -> str:
        """Say that `hub` looks under `handle`; the reason the gate gives."""
        await self._watch([])
        return await self._watch([(hub, handle, 1)])

    async def _watch(self, wants: list[tuple[bytes, bytes, int]]) -> str:
        seen = len(self.host.statuses)
        await self.host.send(wire.watch(0, wants))

        def decided(host: FakeHost) -> bool:
            reasons = [status.reason for status in host.statuses[seen:]]
            return any((reason == b"not-watched") == (not wants) for reason in reasons)

        if wants or not self._dark():
            await self.host.wait_for(decided)
        return self.host.statuses[-1].reason.decode()

    def _dark(self) -> bool:
        return bool(self.host.statuses) and self.host.statuses[-1].reason == b"not-watched"

    def assert_nothing_left(self) -> None:
        assert self.tap.pictures.bytes == 0, "picture bytes left the board"
        assert self.host.frames == []
        assert all(status.sent_bytes == 0 for status in self.host.statuses)

    async def assert_it_films_under_a_good_grant(self) -> None:
        self.assert_nothing_left()
        assert await self.push(signed(self.claims())) == "held"
        assert await self.look(self._seq.to_bytes(16, "big")) == "ok"
        await self.host.wait_for(lambda host: len(host.frames) >= 2)
        assert self.tap.pictures.bytes > 10_000
        assert {frame.handle for frame in self.host.frames} == {self._seq.to_bytes(16, "big")}


def handle(claims: dict[str, Any]) -> bytes:
    return b64.decode(claims["jti"])


def signed(claims: dict[str, Any], key: Key = RESIDENT) -> bytes:
    return raw_token(loose(claims), key)


def loose(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def raw_token(body: bytes, key: Key = RESIDENT) -> bytes:
    head = canon.dumps(envelope.header(key.thumb, "optin-grant+jwt"))
    text = b64.encode(head).encode() + b"." + b64.encode(body).encode()
    return envelope.assemble(text, key.sign(text))


@pytest.fixture
async def rogue(film: Path, tmp_path: Path) -> AsyncIterator[Rogue]:
    find_micropython()
    ca = Ca()
    host = FakeHost(KEY)
    await host.start(ca.context(tmp_path))
    tap = Tap("127.0.0.1", host.port)
    await tap.start()
    board = VirtualBoard(tmp_path / "board", footage=film)
    board.provision(
        BoardConfig(
            host="127.0.0.1",
            port=tap.port,
            server_name="localhost",
            ca_der=ca.der,
            board_key=KEY,
            resident_x=RESIDENT.public[:32],
            resident_y=RESIDENT.public[32:],
        )
    )
    try:
        yield Rogue(host, tap, board)
    finally:
        await board.stop()
        await tap.stop()
        await host.stop()


async def online(rogue: Rogue) -> None:
    await rogue.board.start()
    await rogue.host.wait_for(lambda host: host.online and host.statuses)


async def test_tokens_that_are_no_grant(rogue: Rogue) -> None:
    await online(rogue)
    assert await rogue.look(bytes(16)) == "no-grant"
    stranger_named = envelope.header(RESIDENT.thumb, "optin-grant+jwt")
    forged = b64.encode(canon.dumps(stranger_named)).encode()
    cases: list[tuple[str, dict[str, Any], Any]] = [
        ("wrong-camera", {"sub": names.camera_thumb(bytes(32))}, signed),
        ("unknown-key", {"iss": STRANGER.thumb}, lambda claims: signed(claims, STRANGER)),
        ("bad-value", {"exp": "4102444800"}, signed),
        ("not-canonical", {"exp": 4102444800.5}, signed),
        ("not-canonical", {"exp": float("inf")}, lambda c: signed_with_text(c, b"1e400")),
        ("missing-claim", {"exp": None}, signed_without_exp),
        ("unknown-claim", {"scope": "everything"}, signed),
        ("live-too-long", {"exp": int(time.time()) + 30 * DAY}, signed),
    ]
    for reason, more, make in cases:
        claims = rogue.claims(**more)
        assert await rogue.push(make(claims)) == reason, more
        assert await rogue.look(handle(claims)) == "no-grant", more
    claims = rogue.claims()
    body = forged + b"." + b64.encode(canon.dumps(claims)).encode()
    assert await rogue.push(envelope.assemble(body, STRANGER.sign(body))) == "bad-signature"
    assert await rogue.look(handle(claims)) == "no-grant"
    await rogue.assert_it_films_under_a_good_grant()


def signed_with_text(claims: dict[str, Any], number: bytes) -> bytes:
    return raw_token(loose(claims).replace(b"Infinity", number))


def signed_without_exp(claims: dict[str, Any]) -> bytes:
    return signed({name: value for name, value in claims.items() if name != "exp"})


async def test_grants_that_do_not_hold_now(rogue: Rogue) -> None:
    await online(rogue)
    now = int(time.time())
    closed = (time.gmtime(now).tm_wday * 1440 + 12 * 60 + DAY // 60 * 3) % 10080
    away = detail(windows=[[closed, closed + 1]], tz="UTC0")
    cases: list[tuple[str, dict[str, Any], bytes]] = [
        ("expired", {"iat": now - 120, "nbf": now - 120, "exp": now - 1}, HUB_RAW),
        ("not-yet-valid", {"nbf": now + 1800}, HUB_RAW),
        ("outside-window", {"authorization_details": [away]}, HUB_RAW),
        ("wrong-audience", {"aud": [OTHER_HUB.thumb]}, HUB_RAW),
        ("wrong-audience", {}, names.raw(OTHER_HUB.thumb)),
        ("wrong-audience", {"cnf": {"jkt": OTHER_HUB.thumb}}, HUB_RAW),
        ("action-not-granted", {"authorization_details": [detail(actions=["clips"])]}, HUB_RAW),
        ("no-lease", {"status": {"status_list": {"idx": 0, "uri": "x"}}}, HUB_RAW),
        ("not-opened", {"panic": 600}, HUB_RAW),
    ]
    for reason, more, hub in cases:
        claims = rogue.claims(**more)
        assert await rogue.push(signed(claims)) == "held", more
        assert await rogue.look(handle(claims), hub) == reason, more
        rogue.assert_nothing_left()
        assert await rogue.take_back(handle(claims)) == "revoked"
    await rogue.assert_it_films_under_a_good_grant()


async def test_one_bit_flipped_anywhere(rogue: Rogue) -> None:
    await online(rogue)
    claims = rogue.claims()
    good, dice = signed(claims), random.Random(7)
    for at in range(0, len(good), 3):
        broken = bytearray(good)
        broken[at] ^= 1 << dice.randrange(8)
        assert await rogue.push(bytes(broken)) != "held", at
    assert await rogue.look(handle(claims)) == "no-grant"
    await rogue.assert_it_films_under_a_good_grant()


async def test_a_replayed_or_revoked_grant_stays_out_even_after_a_power_cut(rogue: Rogue) -> None:
    await online(rogue)
    older, newer = rogue.claims(), rogue.claims()
    assert await rogue.push(signed(newer)) == "held"
    assert await rogue.push(signed(older)) == "seq-replayed"
    assert await rogue.take_back(handle(newer)) == "revoked"
    await rogue.board.stop()
    await rogue.host.wait_for(lambda host: not host.online)
    await online(rogue)
    assert await rogue.push(signed(newer)) == "revoked"
    assert await rogue.push(signed(older)) == "seq-replayed"
    for claims, reason in ((older, "no-grant"), (newer, "revoked")):
        assert await rogue.look(handle(claims)) == reason
    assert rogue.host.hellos[-1].boot > rogue.host.hellos[0].boot
    await rogue.assert_it_films_under_a_good_grant()


async def test_a_clock_that_was_never_set(rogue: Rogue) -> None:
    rogue.board.set_knob(ntp="fail")
    await rogue.board.start()
    if await reached(rogue):
        claims = rogue.claims()
        await rogue.push(signed(claims))
        assert await rogue.look(handle(claims)) == "no-clock"
    rogue.assert_nothing_left()
    rogue.board.set_knob(ntp="ok")
    await rogue.host.wait_for(lambda host: host.online and host.statuses, timeout_s=60)
    await trusted(rogue)
    await rogue.assert_it_films_under_a_good_grant()


async def reached(rogue: Rogue) -> bool:
    """Without time there may be no TLS and so no session: then the log says that it waits."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if rogue.host.online and rogue.host.statuses:
            return True
        if "sntp" in rogue.board.log.read_text().lower():
            return False
        await asyncio.sleep(0.05)
    raise TimeoutError(rogue.board.log.read_text()[-500:])


async def trusted(rogue: Rogue) -> None:
    await rogue.host.wait_for(lambda host: host.statuses[-1].clock == 3, timeout_s=60)


async def test_a_host_whose_time_is_not_the_worlds(rogue: Rogue) -> None:
    rogue.host.time_offset_s = -2 * DAY
    await online(rogue)
    claims = rogue.claims()
    await rogue.push(signed(claims))
    assert await rogue.look(handle(claims)) == "clock-disagrees"
    rogue.assert_nothing_left()
    rogue.host.time_offset_s = 0
    await rogue.host.send(rogue.host.time())
    await trusted(rogue)
    await rogue.assert_it_films_under_a_good_grant()


async def test_a_clock_set_back_by_both_ends(rogue: Rogue) -> None:
    """Host and time server agree on last week, to bring an expired grant back to life."""
    await online(rogue)
    week_ago = int(time.time()) - 7 * DAY
    old = rogue.claims(iat=week_ago, nbf=week_ago, exp=week_ago + 3600)
    assert await rogue.push(signed(old)) == "held"
    fresh = rogue.claims()
    assert await rogue.push(signed(fresh)) == "held"
    await rogue.board.stop()
    await rogue.host.wait_for(lambda host: not host.online)
    rogue.board.set_knob(ntp_offset_s=-7 * DAY)
    rogue.host.time_offset_s = -7 * DAY
    await rogue.board.start()
    await rogue.host.wait_for(lambda host: host.online)
    assert await rogue.look(handle(old)) == "clock-behind"
    assert await rogue.look(handle(fresh)) == "clock-behind"
    await rogue.board.stop()
    await rogue.host.wait_for(lambda host: not host.online)
    rogue.board.set_knob(ntp_offset_s=None)
    rogue.host.time_offset_s = 0
    await online(rogue)
    await trusted(rogue)
    assert await rogue.look(handle(old)) != "ok"
    await rogue.assert_it_films_under_a_good_grant()
