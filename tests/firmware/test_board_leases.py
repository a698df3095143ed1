"""Leases, pauses and panic grants at the real firmware: what the board does when the host
withholds, replays or lies. Every picture byte passes a tap.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from accord import b64, wire
from porchkit import keys, leasing
from porchkit.leasing import Word
from tests.support.porch import Porch

Build = Callable[..., Porch]
BUTTON_BOARD, BUTTON = "freenove_s3", "0"
ASK = wire.Lease(0, b"")


async def told(p: Porch, message: wire.Lease) -> wire.Answer:
    """The board's answer to a lease, or to the question for a nonce."""

    def words(host: Any) -> list[wire.Answer]:
        return [answer for answer in host.answers if answer.reason.startswith(b"status-")]

    seen = len(words(p.host))
    await p.host.send(message)
    await p.host.wait_for(lambda host: len(words(host)) > seen)
    return words(p.host)[seen]


async def nonce(p: Porch) -> str:
    answer = await told(p, ASK)
    assert answer.reason == b"status-nonce"
    return b64.encode(answer.handle)


def answer_to(
    p: Porch,
    nonce: str,
    word: Word,
    by: tuple[keys.PrivateKey, bytes] | None = None,
) -> wire.Lease:
    """What the resident, or an agent with their delegate, says to this nonce."""
    key, first = by or (p.resident, b"")
    token = leasing.answer(word, key, p.camera, nonce, int(time.time()))
    return wire.Lease(len(first), first + token)


async def say(p: Porch, word: Word, by: tuple[keys.PrivateKey, bytes] | None = None) -> str:
    answer = await told(p, answer_to(p, await nonce(p), word, by))
    return answer.reason.decode()[len("status-") :]


def agent(p: Porch, **changed: Any) -> tuple[keys.PrivateKey, bytes]:
    """A new agent's key, and its delegate for half an hour at a time."""
    key = keys.generate()
    said: dict[str, Any] = {"lease_s": 1800, "span_s": 3600, "now": int(time.time())}
    said |= {"jti": os.urandom(16)} | changed
    return key, leasing.delegate(p.resident, p.camera, key.public_key(), **said)


async def demanding(p: Porch) -> None:
    """Online, watched, under a grant that demands a lease: dark."""
    await p.online()
    assert await p.ask(wire.GrantToken(p.token(lease=True))) == "held"
    p.host.greeting = [p.watch()]
    await p.host.send(p.watch())
    assert (await p.reason("no-lease")).sensor == 0
    assert p.tap.pictures.bytes == 0


async def test_a_lease_that_is_withheld_ends_on_the_boards_own_ticks(porch: Build) -> None:
    async with porch() as p:
        await demanding(p)
        asked = await nonce(p)
        began = time.monotonic()
        given = answer_to(p, asked, Word(lease_s=2))
        assert (await told(p, given)).reason == b"status-held"
        await p.frames(2)
        p.host.time_offset_s = -55  # a host that lies as far as it is believed
        await p.host.send(p.host.time())
        status = await p.reason("lease-lapsed")
        assert 1.9 < time.monotonic() - began < 4
        assert status.sensor == 0
        count = p.tap.pictures.bytes
        assert (await told(p, given)).reason == b"status-old-nonce"
        again = await nonce(p)
        assert again != asked
        assert (await told(p, given)).reason == b"status-old-nonce"
        await p.host.send(p.watch())
        assert p.host.statuses[-1].reason == b"lease-lapsed"
        assert p.tap.pictures.bytes == count
        assert (await told(p, answer_to(p, again, Word()))).reason == b"status-held"
        await p.frames(2)


async def test_an_agent_keeps_alive_or_stops_and_never_widens(porch: Build) -> None:
    async with porch() as p:
        await demanding(p)
        good = agent(p)
        expired = agent(p, now=int(time.time()) - 7200)
        stranger = keys.generate()
        forged = leasing.delegate(
            stranger, p.camera, stranger.public_key(),
            lease_s=60, span_s=60, now=int(time.time()), jti=os.urandom(16),
        )  # fmt: skip
        for reason, word, by in (
            ("widened", Word(lease_s=1801), good),
            ("widened", Word(resume=True), good),
            ("delegate-expired", Word(lease_s=60), expired),
            ("unknown-key", Word(lease_s=60), (stranger, forged)),
            ("unknown-key", Word(lease_s=60), (stranger, good[1])),
            ("unknown-key", Word(lease_s=60), (good[0], b"")),
        ):
            assert await say(p, word, by) == reason, word
        assert p.tap.pictures.bytes == 0
        assert p.host.statuses[-1].reason == b"no-lease"
        assert await say(p, Word(lease_s=1800), good) == "held"
        await p.frames(1)
        assert await say(p, Word(lease_s=60, stopped=(0,)), good) == "held"
        assert (await p.reason("paused")).sensor == 0
        assert await say(p, Word(lease_s=60), good) == "held"
        await p.frames(1)
        assert await say(p, Word(invalid=(leasing.agent_idx(_jti(good[1])),))) == "held"
        assert await say(p, Word(lease_s=60), good) == "delegate-stopped"


def _jti(delegate: bytes) -> bytes:
    return b64.decode(
        b64.decode(delegate.split(b".")[1].decode()).split(b'"jti":"')[1][:22].decode()
    )


async def test_a_pause_outlives_a_power_cut_and_only_the_resident_ends_it(porch: Build) -> None:
    async with porch() as p:
        await p.film()  # under a grant that knows nothing of leases
        assert await say(p, Word(stopped=(0,))) == "held"
        assert (await p.reason("paused")).sensor == 0
        await p.board.stop()
        seen, count = len(p.host.statuses), p.tap.pictures.bytes
        await p.board.start()
        await p.host.wait_for(lambda host: len(host.statuses) > seen)
        await p.reason("paused")
        assert await say(p, Word(), agent(p)) == "widened"
        assert await say(p, Word(lease_s=60), agent(p)) == "held"
        assert await say(p, Word()) == "held"
        await p.host.send(p.watch())
        assert p.host.statuses[-1].reason == b"paused"
        assert p.tap.pictures.bytes == count
        assert await say(p, Word(resume=True)) == "held"
        await p.frames(2)


async def test_a_panic_grant_is_opened_by_its_resident_and_by_no_host(porch: Build) -> None:
    async with porch(board=BUTTON_BOARD) as p:
        p.patch("agent/button.py", "HELD = 60", "HELD = 10")
        await p.online()
        assert await p.ask(wire.GrantToken(p.token(panic_s=60))) == "held"
        await p.host.send(p.watch())
        await p.reason("not-opened")
        opening = Word(lease_s=60, opens=b64.encode(p.handle(1)))
        assert await say(p, Word(lease_s=60)) == "held"
        assert await say(p, opening, agent(p)) == "widened"
        assert await say(p, opening, (keys.generate(), b"")) == "unknown-key"
        assert p.tap.pictures.bytes == 0
        assert await say(p, opening) == "held"
        await p.frames(2)

        assert await p.ask(wire.Revoke(p.handle(1))) == "revoked"
        assert await p.ask(wire.GrantToken(p.token(panic_s=60))) == "held"
        await p.host.send(p.watch())
        await p.reason("not-opened")
        p.board.set_knob(inputs={BUTTON: 0})
        await p.frames(2)
        p.board.set_knob(inputs={})
        opened = [a for a in p.host.answers if a.reason == b"panic-opened"]
        assert [answer.handle for answer in opened] == [p.handle(2)]
