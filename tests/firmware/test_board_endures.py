"""The running board through bad hours: lost hosts, false hosts, crashes."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from accord import wire
from tests.support.fakehost import Ca
from tests.support.porch import Porch, assert_nothing_twice

Build = Callable[..., Porch]
POWER_DOWN = 32


async def test_a_cut_line_costs_no_frame_but_those_on_it(porch: Build) -> None:
    async with porch() as p:
        await p.film()
        await p.frames(5)
        for _ in range(3):
            p.tap.cut()
            await p.frames(5)
        assert_nothing_twice(p.host)
        lost = p.host.frames[-1].sequence + 1 - len(p.host.frames)
        dropped = max(status.dropped for status in p.host.statuses)  # more waited than fits
        assert lost - dropped <= 3 * 2, "what waited in the queue was sent after all"
        assert len(p.host.hellos) == 4
        assert len({hello.nonce for hello in p.host.hellos}) == 4


async def test_a_host_that_was_away_has_its_board_back(porch: Build) -> None:
    async with porch() as p:
        await p.film()
        port = p.host.port
        await p.host.stop()
        await p.logged("(?s)(uplink lost.*){4}")  # back-off grows meanwhile
        await p.host.start(p.ca.context(p.board.root.parent), port)
        await p.frames(1)
        assert_nothing_twice(p.host)


async def test_a_watch_without_its_host_lapses(porch: Build) -> None:
    async with porch() as p:
        p.patch("agent/gate.py", "ORPHAN_MS = 10_000", "ORPHAN_MS = 500")
        await p.film()
        await p.host.stop()
        deadline = time.monotonic() + 10
        while p.pin(POWER_DOWN)[-1].level == 0:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        assert p.board.powered


async def test_frames_wait_for_the_new_connections_watch(porch: Build) -> None:
    """The host may have learned in between that nobody looks."""
    async with porch() as p:
        await p.film()
        p.host.greeting = []
        p.tap.cut()
        await p.host.wait_for(lambda host: len(host.hellos) == 2 and host.online)
        count, seen = len(p.host.frames), p.tap.pictures.bytes
        await p.host.send(wire.watch(0, []))
        assert (await p.reason("not-watched")).dropped > 0
        assert (len(p.host.frames), p.tap.pictures.bytes) == (count, seen)


async def test_a_silent_host_is_left(porch: Build) -> None:
    async with porch() as p:
        p.patch("agent/dialogue.py", "SILENCE_MS = 45_000", "SILENCE_MS = 700")
        await p.online()
        await p.host.wait_for(lambda host: len(host.hellos) >= 3)
        assert "uplink lost: silence" in p.log


async def test_a_line_that_stalls_is_left(porch: Build) -> None:
    async with porch() as p:
        p.patch("agent/dialogue.py", "SILENCE_MS = 45_000", "SILENCE_MS = 700")
        p.patch("agent/connection.py", "OPEN_MS = 15_000", "OPEN_MS = 700")
        await p.online()
        p.tap.stall()
        await p.logged("uplink lost: no-answer")
        p.tap.resume()
        seen = len(p.host.hellos)
        await p.host.wait_for(lambda host: len(host.hellos) > seen and host.online)


@pytest.mark.parametrize(
    ("name", "days", "own_ca"),
    [
        ("localhost", (-1, 30), False),
        ("other.test", (-1, 30), True),
        ("localhost", (-9, -1), True),
        ("localhost", (1, 9), True),
    ],
    ids=["another CA", "another name", "expired", "not yet valid"],
)
async def test_a_host_without_the_right_certificate_learns_nothing(
    porch: Build, tmp_path: Path, name: str, days: tuple[int, int], own_ca: bool
) -> None:
    async with porch() as p:
        port, ca = p.host.port, p.ca if own_ca else Ca()
        await p.host.stop()
        await p.host.start(ca.context(tmp_path, name, days=days), port)
        await p.board.start()
        await p.logged("uplink lost: certificate")
        assert p.host.hellos == []
        await p.host.stop()
        await p.host.start(p.ca.context(tmp_path), port)
        await p.online()  # and nothing is wrong with the board


async def test_nonsense_from_the_host_ends_the_connection_only(porch: Build) -> None:
    async with porch() as p:
        await p.film()
        good = wire.header(wire.Watch, 1, 7) + b"\x00" + bytes(32)
        for nonsense in (b"", b"x", "text", bytes(5000), b"P\x01\x63\x00", good, good[:20]):
            seen = len(p.host.hellos)
            await p.host.send_raw(nonsense)
            if nonsense in (b"", good[:20]):
                p.host.drop()  # half a message: the board waits for the rest
            await p.host.wait_for(lambda host, n=seen: len(host.hellos) > n and host.online)
            await p.frames(1)
        assert p.board.resets == []
        assert_nothing_twice(p.host)


async def test_a_crash_is_dark_and_then_a_reset(porch: Build) -> None:
    async with porch() as p:
        p.patch(
            "agent/sight.py", "        self._looked = True\n", "        self._looked = 1 // 0\n"
        )
        await p.online()
        await p.ask(wire.GrantToken(p.token()))
        await p.host.send(p.watch())
        await p.host.wait_for(lambda host: len(host.hellos) == 2)
        assert p.board.resets == ["reset"]
        assert p.host.frames == []
        assert "ZeroDivisionError" in p.log
        assert "main stopped; reset" in p.log
        assert p.pin(POWER_DOWN)[-1].level == 1


async def test_a_program_that_hangs_is_reset_by_the_watchdog(porch: Build) -> None:
    async with porch() as p:
        p.patch("agent/watchdog.py", "TIMEOUT_MS = 30_000", "TIMEOUT_MS = 5_000")
        p.patch(
            "agent/sight.py",
            "        self._looked = True\n",
            "        __import__('time').sleep(1000)\n",
        )
        await p.online()
        await p.ask(wire.GrantToken(p.token()))
        await p.host.send(p.watch())
        await p.host.wait_for(lambda host: len(host.hellos) == 2)
        assert p.board.resets == ["watchdog"]


async def test_maintenance_leaves_the_watchdog_off(porch: Build) -> None:
    async with porch() as p:
        (p.board.root / "maintenance").touch()
        p.patch("agent/watchdog.py", "FEED_MS = 1_000", "FEED_MS = 1_000_000")
        p.patch("agent/watchdog.py", "TIMEOUT_MS = 30_000", "TIMEOUT_MS = 300")
        await p.film()
        await p.frames(10)
        assert "maintenance" in p.log
        assert p.board.resets == []


async def test_a_mistake_in_the_provisioning_is_one_line(porch: Build) -> None:
    async with porch() as p:
        (p.board.root / "config.json").write_text(json.dumps({"host": "porch.test", "port": "x"}))
        await p.board.start()
        await p.board.ended()
        assert "main config.json: port must be a number from 1 to 65535" in p.log
        assert "Traceback" not in p.log
        assert p.board.resets == []


async def test_without_wifi_it_waits(porch: Build) -> None:
    async with porch() as p:
        p.board.set_knob(wifi=False)
        await p.board.start()
        await p.logged("radio cannot join: no such network")
        assert p.host.hellos == []
        p.board.set_knob(wifi=True)
        await p.online()


async def test_the_host_is_told_the_log_in_order_and_what_came_before_it_connected(
    porch: Build,
) -> None:
    async with porch() as p:
        await p.film()
        await p.host.wait_for(lambda host: any(b"grant held" in line for line in host.lines))
        printed = [line.encode() for line in p.log.splitlines()]
        told = p.host.lines
        assert any(b"radio joined" in line for line in told)
        assert told == [line for line in printed if line in told]
        assert not [reason for reason in p.host.errors if reason]


async def test_no_secret_is_in_the_log(porch: Build) -> None:
    async with porch() as p:
        await p.film()
        await p.ask(wire.Revoke(p.handle(1)))
        token = p.token()
        await p.ask(wire.GrantToken(token))
        await p.board.stop()
        log = p.log
    assert p.jti(1) in log
    for secret in (p.key.hex(), "none", *token.decode().split(".")):
        assert secret not in log
