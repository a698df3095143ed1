"""The running board: frames under a grant, dark without one, light and power as they should be."""

import time
from collections.abc import Callable

from accord import wire
from porchkit.flashroot import FrameSettings, MotionSettings
from porchkit.vboard import PinChange
from tests.support import passing
from tests.support.fakehost import FakeHost
from tests.support.porch import Porch

Build = Callable[..., Porch]
LIGHT, POWER_DOWN = 33, 32  # of the AI-Thinker board; the light is active low
BUTTON_BOARD, BUTTON = "freenove_s3", "0"
MOTION, LEARNING, PRE_ROLL = (
    wire.FRAME_REASONS.index(word) for word in ("motion", "learning", "pre-roll")
)
THRESHOLD = 1000  # of agent/sight.py


async def test_frames_at_their_pace_whole_and_in_order(porch: Build) -> None:
    began = time.time()
    async with porch() as p:
        await p.film()
        frames = await p.frames(20)
        await assert_not_faster(p, frames, period_ms=100)
    numbers = [frame.sequence for frame in p.host.frames]
    assert numbers == list(range(len(numbers)))
    for frame in p.host.frames:
        assert frame.jpeg[:2] == b"\xff\xd8"
        assert frame.jpeg[-2:] == b"\xff\xd9"
        assert (frame.boot, frame.clock, frame.reason) == (1, 3, 0)
        assert frame.handle == p.handle(1)
    # SNTP tells whole seconds, so the board's clock may be up to one behind.
    assert began * 1000 - 1_000 < frames[0].captured_ms < frames[-1].captured_ms
    assert frames[-1].captured_ms <= time.time() * 1000


async def assert_not_faster(p: Porch, frames: list[wire.Frame], period_ms: int) -> None:
    """Each frame waits for its own point of the schedule. How late after it the board was, it
    says itself, so this holds on a machine of any speed. Ends the watch."""
    await p.host.send(wire.watch(0, []))
    await p.reason("not-watched")
    latest_ms = max(status.late_ms for status in p.host.statuses)
    span_ms = frames[-1].captured_ms - frames[0].captured_ms
    assert span_ms >= (len(frames) - 1) * period_ms - latest_ms


async def test_dark_until_watched_and_dark_after(porch: Build) -> None:
    async with porch() as p:
        await p.online()
        assert await p.ask(wire.GrantToken(p.token())) == "held"
        assert p.host.statuses[-1].sensor == 0
        assert p.tap.pictures.bytes == 0
        await p.host.send(p.watch())
        await p.frames(3)
        status = await p.reason("ok")
        assert status.sensor in (0, 1)
        await p.host.send(wire.watch(0, []))
        assert (await p.reason("not-watched")).sensor == 0
        count = p.tap.pictures.bytes
        assert p.pin(POWER_DOWN)[-1].level == 1
        await p.host.send(p.watch())
        await p.frames(1)
        assert p.tap.pictures.bytes > count


async def test_a_revocation_stops_the_pictures_at_once(porch: Build) -> None:
    async with porch(frame=FrameSettings(width=320, height=240, fps=25)) as p:
        await p.film()
        await p.frames(10)
        assert await p.ask(wire.Revoke(p.handle(1))) == "revoked"
        answered = time.monotonic()
        status = await p.reason("revoked")
        assert (status.state, status.sensor) == (0, 0)
        last = p.tap.pictures.last
        assert last is not None
        assert last <= answered
        # It answers after it is dark: nothing that was filmed comes behind the answer.
        assert await p.ask(wire.GrantToken(p.token())) == "held"
        assert p.tap.pictures.last == last
        assert p.pin(POWER_DOWN)[-1].level == 1


async def test_a_grant_that_ends_in_the_middle_of_a_frame_breaks_it_off(porch: Build) -> None:
    """The line is stuck, so the frame hangs half sent, and nobody can tell the board anything."""
    async with porch(frame=FrameSettings(width=640, height=480, fps=25)) as p:
        p.narrow()
        p.board.set_knob(frame_bytes=60_000)
        await p.film(for_s=9)
        p.tap.stall()
        await p.logged("uplink lost: withdrawn", timeout_s=30)
        p.tap.resume()
        status = await p.reason("expired")
        assert (status.sensor, status.dropped > 0) == (0, True)
        assert p.pin(POWER_DOWN)[-1].level == 1
        assert p.pin(LIGHT)[-1].level == 1


async def test_no_frame_is_older_than_the_gate(porch: Build) -> None:
    async with porch() as p:
        await p.film()
        for _ in range(3):
            await p.host.send(wire.watch(0, []))
            await p.reason("not-watched")
            opened = time.time() * 1000
            await p.host.send(p.watch())
            first = (await p.frames(1))[0]
            # SNTP tells whole seconds, so the board's clock may be up to one behind.
            assert first.captured_ms > opened - 1_000


async def test_the_light_is_on_exactly_while_pictures_leave(porch: Build) -> None:
    async with porch() as p:
        await p.film()
        await p.frames(10)
        await p.host.send(wire.watch(0, []))
        await p.reason("not-watched")
        changes = p.pin(LIGHT)
        sent = p.host.statuses[-1].sent
        frames = len(p.host.frames)
    assert frames == sent
    assert levels(changes) == [1] + [0, 1] * sent


def levels(changes: list[PinChange]) -> list[int]:
    return [change.level for change in changes]


async def test_the_watch_sets_the_pace_and_the_grant_bounds_it(porch: Build) -> None:
    async with porch(frame=FrameSettings(width=320, height=240, fps=20)) as p:
        await p.film(limits={"fps": 5})
        await assert_not_faster(p, await p.frames(6), period_ms=200)
        await p.host.send(p.watch(fps=2))
        await assert_not_faster(p, await p.frames(4), period_ms=500)


async def test_settings_change_the_picture_but_not_beyond_the_config(porch: Build) -> None:
    async with porch() as p:
        await p.film()
        await p.host.send(wire.Settings(0, 0, 0, 1600, 1200))
        assert size((await p.frames(2))[-1].jpeg) == (320, 240)
        await p.host.send(wire.Settings(0, 0, 0, 200, 150))
        await p.host.wait_for(lambda host: size(host.frames[-1].jpeg) == (176, 144))


def size(jpeg: bytes) -> tuple[int, int]:
    """Width and height from the frame header."""
    at = max(jpeg.find(b"\xff\xc0"), jpeg.find(b"\xff\xc1"))
    return int.from_bytes(jpeg[at + 7 : at + 9]), int.from_bytes(jpeg[at + 5 : at + 7])


async def test_motion_mode_sends_while_learning_then_only_around_what_moves(
    passing_porch: Build,
) -> None:
    async with passing_porch() as p:
        tell_often(p)
        await p.film()
        status = await p.host.wait_for(lambda host: host.statuses[-1].quiet > 20 and host.statuses)
        learnt = len(p.host.frames)
        assert {LEARNING} == {frame.reason for frame in p.host.frames}
        assert status[-1].score < THRESHOLD
        p.board.set_knob(footage_part=passing.PASSING)
        await p.host.wait_for(lambda host: MOTION in {frame.reason for frame in host.frames})
        assert_pre_roll_first(p.host.frames[learnt:])
        await p.host.wait_for(lambda host: host.statuses[-1].score >= THRESHOLD)


def tell_often(p: Porch) -> None:
    """A Status every half second, so that a test need not wait ten."""
    p.patch("agent/report.py", "EVERY_MS = 10_000", "EVERY_MS = 500")


def assert_pre_roll_first(frames: list[wire.Frame]) -> None:
    """What was seen before, the oldest first, then what moves."""
    reasons = [frame.reason for frame in frames]
    moved = reasons.index(MOTION)
    assert reasons[:moved] == [PRE_ROLL] * moved
    assert moved >= 5
    assert all(frame.score < THRESHOLD for frame in frames[:moved])
    assert frames[moved].score >= THRESHOLD
    assert frames[moved].captured_ms - frames[0].captured_ms <= 2_500
    times = [frame.captured_ms for frame in frames]
    assert times == sorted(set(times))
    numbers = [frame.sequence for frame in frames]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_nothing_moves_where_nobody_shall_look(passing_porch: Build) -> None:
    nowhere = MotionSettings(zones=("#",))
    async with passing_porch(motion=nowhere) as p:
        tell_often(p)
        await p.film()
        await p.host.wait_for(lambda host: host.statuses[-1].quiet > 0)
        p.board.set_knob(footage_part=passing.PASSING)
        quiet = p.host.statuses[-1].quiet
        await p.host.wait_for(lambda host: host.statuses[-1].quiet > quiet + 20)
        assert {LEARNING} == {frame.reason for frame in p.host.frames}


async def test_who_joins_later_sees_nothing_from_before(passing_porch: Build) -> None:
    """The board sends a frame once, for all who look: so what it holds goes."""
    async with passing_porch() as p:
        tell_often(p)
        await p.film()
        await p.host.wait_for(lambda host: host.statuses[-1].quiet > 20)
        other = p.token()
        assert await p.ask(wire.GrantToken(other)) == "held"
        last = max(frame.sequence for frame in p.host.frames)
        joined_ms = time.time() * 1000
        await p.host.send(wire.watch(0, [(p.hub, p.handle(seq), 1) for seq in (1, 2)]))
        await p.host.wait_for(lambda host: answer_to(host, p.handle(2)) == b"held")
        p.board.set_knob(footage_part=passing.PASSING)
        await p.host.wait_for(lambda host: MOTION in {frame.reason for frame in host.frames})
        fresh = [frame for frame in p.host.frames if frame.sequence > last]
        # SNTP tells whole seconds, so the board's clock may be up to one behind.
        assert min(frame.captured_ms for frame in fresh) > joined_ms - 1_000


async def test_a_daily_limit_ends_the_day(porch: Build) -> None:
    async with porch() as p:
        await p.online()
        assert await p.ask(wire.GrantToken(p.token(limits={"day_s": 2}))) == "held"
        began = time.monotonic()
        await p.host.send(p.watch())
        status = await p.reason("day-limit")
        assert time.monotonic() - began >= 2.0
        assert status.sensor == 0
        assert 0 < len(p.host.frames) <= 21  # points of the schedule in 2 s, and one that ends it


async def test_the_button_takes_everything_back_even_over_a_power_cut(porch: Build) -> None:
    async with porch(board=BUTTON_BOARD) as p:
        await p.film()
        kept_back = p.token(seq=2)
        p.board.set_knob(inputs={BUTTON: 0})
        status = await p.reason("button")
        assert status.sensor == 0
        p.board.set_knob(inputs={})
        assert await p.ask(wire.GrantToken(p.token(seq=1))) == "revoked"
        await p.board.stop()
        seen = len(p.host.statuses)
        await p.board.start()
        await p.host.wait_for(lambda host: len(host.statuses) > seen)
        await p.reason("button")
        count = p.tap.pictures.bytes
        assert await p.ask(wire.GrantToken(kept_back)) == "button"
        after = p.token(seq=3, signed=int(time.time()) + 1)  # it may be the second of the press
        assert await p.ask(wire.GrantToken(after)) == "held"
        assert p.tap.pictures.bytes == count
        await p.host.send(p.watch())
        await p.frames(2)


async def test_the_host_hears_which_of_two_grants_no_longer_holds(porch: Build) -> None:
    """Frames go on under the other one, and who looks under the first shall not see them."""
    async with porch(board=BUTTON_BOARD) as p:
        await p.film(limits={"day_s": 2})
        assert await p.ask(wire.GrantToken(p.token())) == "held"
        await p.host.send(wire.watch(0, [(p.hub, p.handle(seq), 1) for seq in (1, 2)]))
        await p.host.wait_for(lambda host: answer_to(host, p.handle(1)) == b"day-limit")
        assert p.host.statuses[-1].reason == b"ok"
        assert answer_to(p.host, p.handle(2)) == b"held"
        answers, frames = len(p.host.answers), await p.frames(10)
        assert {frame.handle for frame in frames[-5:]} == {p.handle(2)}
        assert len(p.host.answers) == answers, "told at every check"
        p.board.set_knob(inputs={BUTTON: 0})
        await p.host.wait_for(lambda host: answer_to(host, p.handle(2)) == b"revoked")
        assert answer_to(p.host, p.handle(1)) == b"revoked"


def answer_to(host: FakeHost, handle: bytes) -> bytes:
    """The latest word on this grant."""
    return [answer.reason for answer in host.answers if answer.handle == handle][-1]


async def test_a_camera_that_fails_is_told_dark_and_tried_again(porch: Build) -> None:
    async with porch() as p:
        await p.film()
        p.board.set_knob(camera_fault=True)
        status = await p.reason("sensor-fault", timeout_s=30)
        assert status.sensor == 0
        p.board.set_knob(camera_fault=False)
        await p.frames(2, timeout_s=30)
        await p.reason("ok")
        assert p.board.resets == []


async def test_it_lives_in_a_small_heap_without_growing(porch: Build) -> None:
    # The stand-ins and the sensor's own buffers lie in the same heap, some 60 KB of it; on a
    # board they do not, and objects have half the size. Boards with a camera have megabytes.
    async with porch(heap="448k", frame=FrameSettings(width=320, height=240, fps=20)) as p:
        await p.film()
        for _ in range(3):
            await p.frames(40)
            await p.host.send(wire.watch(0, []))
            await p.reason("not-watched")
            await p.host.send(p.watch())
        await p.frames(1)
        assert p.board.resets == []
