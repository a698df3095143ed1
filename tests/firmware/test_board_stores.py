"""The running board and its flash: power cuts, decay, writes that fail."""

import asyncio
from collections.abc import Callable

from accord import wire
from tests.support.porch import Porch, assert_nothing_twice

Build = Callable[..., Porch]
FULL = """            if "full" in os.listdir():
                raise OSError(28)
            file.write(content)
"""


async def test_grants_and_counters_survive_a_power_cut(porch: Build) -> None:
    async with porch() as p:
        await p.film()
        await p.board.stop()
        seen = len(p.host.frames)
        await p.board.start()
        frames = await p.frames(3)
        assert p.host.frames[seen].boot == 2
        assert {frame.handle for frame in frames} == {p.handle(1)}
        assert_nothing_twice(p.host)


async def test_power_cuts_at_any_moment(porch: Build) -> None:
    """Whatever was being written: it boots, and a boot number never comes back."""
    async with porch() as p:
        await p.online()
        for n in range(12):
            await p.ask(wire.GrantToken(p.token()))
            await p.host.send(wire.Revoke(p.handle(p._seq)))
            await p.host.send(wire.GrantToken(p.token()))
            await asyncio.sleep(0.002 * n)  # where it falls is the point
            await p.board.stop()
            await p.host.wait_for(lambda host: not host.online)
            await p.board.start()
            await p.host.wait_for(lambda host, n=n: len(host.hellos) == n + 2 and host.online)
        boots = [hello.boot for hello in p.host.hellos]
        assert boots == sorted(set(boots))
        assert p.board.resets == []


async def test_a_damaged_state_takes_no_grant(porch: Build) -> None:
    async with porch() as p:
        await p.film()
        await p.board.stop()
        for name in ("state.json", "state.bak"):
            (p.board.root / name).write_bytes(b"\x00" * 64)
        count = p.tap.pictures.bytes
        seen = len(p.host.statuses)
        await p.board.start()
        await p.host.wait_for(lambda host: len(host.statuses) > seen)
        assert await p.ask(wire.GrantToken(p.token())) == "seq-replayed"
        await p.reason("no-grant")
        assert p.tap.pictures.bytes == count
        assert "state.json is damaged" in p.log


async def test_a_revoked_grant_does_not_come_back_with_an_older_state(porch: Build) -> None:
    async with porch() as p:
        await p.film()
        assert await p.ask(wire.Revoke(p.handle(1))) == "revoked"
        await p.board.stop()
        newest = p.board.root / "state.json"
        newest.write_bytes(newest.read_bytes()[:-3])
        count, seen = p.tap.pictures.bytes, len(p.host.statuses)
        await p.board.start()
        await p.host.wait_for(lambda host: len(host.statuses) > seen)
        await p.reason("no-grant")
        assert await p.ask(wire.GrantToken(p.token(seq=1))) == "seq-replayed"
        assert p.tap.pictures.bytes == count
        assert p.host.hellos[-1].boot > p.host.hellos[0].boot
        await p.ask(wire.GrantToken(p.token(seq=2)))
        await p.host.send(p.watch())
        await p.frames(1)


async def test_a_flash_that_fails_is_dark_and_no_reset(porch: Build) -> None:
    async with porch() as p:
        p.patch("agent/consent.py", "MEND_MS = 5_000", "MEND_MS = 100")
        await p.film()
        in_the_way = p.board.root / "state.new"
        in_the_way.mkdir()  # no file of that name can be written
        assert await p.ask(wire.Revoke(p.handle(1))) == "store-fault"
        assert (await p.reason("store-fault")).sensor == 0
        assert await p.ask(wire.GrantToken(p.token())) == "store-fault"
        in_the_way.rmdir()
        await p.host.wait_for(lambda host: host.answers[-1].reason == b"revoked")
        assert p.host.answers[-1].handle == p.handle(1)
        await p.host.send(p.watch())
        await p.frames(1)
        assert p.board.resets == []
        assert "consent cannot be stored" in p.log


async def test_a_start_with_a_full_flash_is_dark_until_it_is_not(porch: Build) -> None:
    async with porch() as p:
        p.patch("agent/consent.py", "MEND_MS = 5_000", "MEND_MS = 100")
        await p.film()
        await p.board.stop()
        p.patch("agent/flash.py", "            file.write(content)\n", FULL)
        (p.board.root / "full").touch()
        count, seen = p.tap.pictures.bytes, len(p.host.statuses)
        await p.board.start()
        await p.host.wait_for(lambda host: len(host.statuses) > seen)
        await p.reason("store-fault")
        assert p.tap.pictures.bytes == count
        (p.board.root / "full").unlink()
        await p.frames(1)
        assert_nothing_twice(p.host)
        assert p.board.resets == []
