"""The running board: what it holds of the past is gone with the grant it was seen under."""

import time
from collections.abc import Callable

from accord import wire
from porchkit.flashroot import MotionSettings
from tests.support import passing
from tests.support.porch import Porch

Build = Callable[..., Porch]
LEARNING, PRE_ROLL = wire.FRAME_REASONS.index("learning"), wire.FRAME_REASONS.index("pre-roll")
LONG = MotionSettings(pre_roll_s=5)
HELD = 30  # pictures at least: three seconds at ten a second
CLOCK_MS = 1_000  # SNTP tells whole seconds, so the board's clock may be up to one behind


async def at_rest(p: Porch) -> None:
    """It films, has learnt, and holds some seconds of pre-roll. There is a second grant, under
    which nobody looks."""
    p.patch("agent/report.py", "EVERY_MS = 10_000", "EVERY_MS = 300")
    await p.film()
    assert await p.ask(wire.GrantToken(p.token())) == "held"
    await p.host.wait_for(lambda host: host.statuses[-1].quiet > HELD)
    assert {frame.reason for frame in p.host.frames} == {LEARNING}


async def opened_again(p: Porch) -> list[wire.Frame]:
    """What arrives under the second grant, at once and while somebody passes."""
    seen = len(p.host.frames)
    p.board.set_knob(footage_part=passing.PASSING)
    await p.host.send(p.watch(2))
    await p.frames(5)
    return p.host.frames[seen:]


def assert_nothing_from_before(p: Porch, frames: list[wire.Frame], revoked_ms: float) -> None:
    assert {frame.reason for frame in frames} == {LEARNING}
    assert {frame.handle for frame in frames} == {p.handle(2)}
    assert min(frame.captured_ms for frame in frames) > revoked_ms - CLOCK_MS


async def test_a_full_ring_goes_with_its_grant(passing_porch: Build) -> None:
    async with passing_porch(motion=LONG) as p:
        await at_rest(p)
        count = p.tap.pictures.bytes
        assert await p.ask(wire.Revoke(p.handle(1))) == "revoked"
        revoked_ms = time.time() * 1000
        assert (await p.reason("revoked")).sensor == 0
        assert p.tap.pictures.bytes == count
        assert_nothing_from_before(p, await opened_again(p), revoked_ms)


async def test_a_revocation_in_the_middle_of_pre_roll_ends_it(passing_porch: Build) -> None:
    """The line is stuck while the burst is on it: that is when the board has most to lose."""
    async with passing_porch(motion=LONG, heap="8m") as p:
        p.narrow()
        p.board.set_knob(footage_part=passing.STILL, frame_bytes=15_000)
        await at_rest(p)
        learnt = len(p.host.frames)

        def burst_begins(_: object) -> bool:
            if len(p.host.frames) > learnt:
                p.tap.stall()
            return len(p.host.frames) > learnt

        p.board.set_knob(footage_part=passing.PASSING)
        await p.host.wait_for(burst_begins)
        await p.host.send(wire.Revoke(p.handle(1)))
        revoked_ms = time.time() * 1000
        p.tap.resume()
        status = await p.reason("revoked")
        arrived = [frame.reason for frame in p.host.frames[learnt:]]
        assert arrived == [PRE_ROLL] * len(arrived)
        assert len(arrived) < HELD, "the burst was over before the Revoke came"
        assert (status.sensor, status.dropped > 0) == (0, True)
        count = p.tap.pictures.bytes
        assert_nothing_from_before(p, await opened_again(p), revoked_ms)
        assert p.tap.pictures.bytes > count
