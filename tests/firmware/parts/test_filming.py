"""agent.filming, agent.compose, agent.report, agent.sender: from the gate to the socket's edge."""

from accord import b64, wire
from accord.book import Book
from agent.allowance import EVERY_MS as EVERY_MS_MORE
from agent.allowance import MOST
from agent.clock import Clock
from agent.compose import Composer
from agent.config import Fields, Picture
from agent.days import Days
from agent.errors import LinkLost, SensorFault
from agent.filming import Filming
from agent.frames import FrameQueue
from agent.gate import Gate
from agent.light import Light
from agent.report import EVERY_MS, Report
from agent.rolls import ALWAYS, LEARNING, MOTION, POST_ROLL, PRE_ROLL, Rolls
from agent.room import Room
from agent.sender import Sender
from agent.sight import BLIND_FRAMES, Sight
from tests.accord.portable import STRIDE
from tests.firmware.parts.fakes import (
    CAMERA,
    HUB,
    LIVE,
    NOW,
    OTHER_HUB,
    Model,
    Thumbnailer,
    Time,
    finish,
    granted,
    raises,
    watch,
)

FOREVER = 1_000_000
STILL, MOVING = 10, 2_000  # scores


class Done(BaseException):
    pass


class FakeSensor:
    """Counts; calls `during` in the middle of every exposure."""

    def __init__(self, time):
        self.time = time
        self.powered = False
        self.taken = 0
        self.level = STILL
        self.damage = ""
        self.picture_of = (0, 0)  # width, quality
        self.starved = False
        self.armed = []
        self.exposing = False
        self.discards = 0
        self.fault = False
        self.during = lambda: None

    def off(self):
        self.powered = False

    def film(self, terms):
        if self.fault:
            raise SensorFault("no sensor")
        was_on, had = self.powered, self.picture_of
        self.powered, self.picture_of = True, (terms.width, terms.quality)
        return not was_on or had[0] != terms.width

    def arm(self):
        if not self.exposing:
            self.armed.append(self.time.now)
        self.exposing = True

    def discard(self):
        self.discards += 1

    async def warm_up(self):
        self.time.now += 80

    async def picture(self):
        self.during()
        if not self.powered:
            return None
        self.taken += 1
        self.exposing = False
        if self.starved:
            raise MemoryError()
        return Thumbnailer.picture(self.level, self.damage)


class Porch:
    """The parts between gate and socket; its model learns from no picture."""

    def __init__(self, queued=1000, **frame):
        self.time = Time()
        self.limit_ms = FOREVER
        self.time.pause = self.pause
        self.time.pause_until = self.pause_until
        self.clock = Clock(self.time.ms)
        self.clock.hear_sntp(NOW * 1000)
        self.clock.hear_host(NOW * 1000)
        self.book = Book(CAMERA, self.time.ms)
        self.gate = Gate(
            book=self.book,
            clock=self.clock,
            days=Days(None),
            picture=Picture(Fields("config.json", frame)),
            elapsed_ms=self.time.ms,
        )
        self.sensor = FakeSensor(self.time)
        room = Room(1000, 1_000_000)
        self.queue = FrameQueue(Room(queued, 1_000_000), room)
        self.switched = []
        light = Light(self.switched.append)
        self.report = Report(
            gate=self.gate,
            sensor=self.sensor,
            clock=self.clock,
            light=light,
            queue=self.queue,
            elapsed_ms=self.time.ms,
        )
        self.filming = Filming(
            self.gate,
            self.sensor,
            self.queue,
            compose=self.composer(room),
            report=self.report,
            elapsed=self.time,
        )
        self.sender = Sender(self.gate, self.queue, self.report, light)

    def composer(self, room):
        rolls = Rolls(room, pre_ms=1_000, post_ms=1_000, kept_back=self.report.keep_back)
        self.model = Model()
        self.model.learns = 0
        sight = Sight(Thumbnailer(), self.model)
        return Composer(self.gate, self.clock, sight=sight, rolls=rolls, boot=7)

    async def pause(self, ms):
        self.time.now += ms
        if self.time.now >= self.limit_ms:
            raise Done()

    async def pause_until(self, ms):
        await self.pause(max(0, ms - self.time.now))

    def open(self, *grants):
        for one in grants or [granted(1)]:
            self.book.add(one)
        self.gate.watch(watch(*[(one.seq, LIVE) for one in grants or [granted(1)]]))
        return self

    def run(self, ms):
        """Film for so long; what waits in the queue then."""
        self.limit_ms = self.time.now + ms
        raises(Done, finish, self.filming.run())
        return self.queue._frames

    def moves(self, ms):
        """Something moves for so long, and then no more."""
        self.sensor.level = MOVING
        self.run(ms)
        self.sensor.level = STILL

    def at(self, **happens):
        """picture_N=function: to be called while the sensor exposes that picture, from 0."""

        def during():
            happens.get(f"picture_{self.sensor.taken}", lambda: None)()

        self.sensor.during = during

    def show(self, level):
        """A function after which the sensor sees this."""

        def change():
            self.sensor.level = level

        return change

    def drain(self):
        """What was queued; the line takes it."""
        frames, self.queue._frames = self.queue._frames, []
        return frames

    def noted(self):
        """A list of all that is queued from now on, whatever becomes of it."""
        made, put = [], self.queue.put

        def noting(outgoing):
            made.append(outgoing.frame)
            put(outgoing)

        self.queue.put = noting
        return made

    def quiet(self):
        """How many pictures left nowhere, as a Status would say."""
        return self.report._quiet


def gaps(frames):
    return [frames[i + 1].due_ms - frames[i].due_ms for i in range(len(frames) - 1)]


def test_dark_without_a_permit():
    porch = Porch()
    assert porch.run(5_000) == []
    assert (porch.sensor.powered, porch.sensor.taken) == (False, 0)


def test_frames_at_their_pace():
    frames = Porch(fps=5).open().run(2_000)
    assert [one.frame.sequence for one in frames] == list(range(10))
    assert gaps(frames) == [200] * 9
    first = frames[0].frame
    assert (first.boot, first.clock, first.reason, first.handle) == (7, 3, 0, bytes([1]) * 16)
    assert first.captured_ms == NOW * 1000 + frames[0].due_ms


def test_the_pace_follows_the_watch():
    porch = Porch(fps=10).open()
    porch.run(1_000)
    porch.gate.watch(watch((1, LIVE), fps=2))
    frames = porch.run(3_000)
    assert (gaps(frames)[0], gaps(frames)[-1]) == (100, 500)


def test_a_gate_that_closes_while_the_sensor_exposes_lets_nothing_through():
    porch = Porch().open()
    porch.run(1_000)

    def revoke():
        porch.book.revoke(bytes([1]) * 16)

    queued = []
    porch.filming.ready = lambda: queued.append(1)
    porch.sensor.during = revoke
    assert porch.run(1_000) == []
    assert queued == []
    assert not porch.sensor.powered
    assert porch.gate.reason == "revoked"


def test_obey_is_dark_before_it_returns():
    porch = Porch().open()
    assert len(porch.run(1_000)) > 2
    porch.book.revoke(bytes([1]) * 16)
    porch.filming.obey()
    assert (porch.sensor.powered, len(porch.queue)) == (False, 0)
    assert porch.queue.dropped > 2


def test_obey_purges_what_was_taken_under_the_grant_that_went():
    porch = Porch().open(granted(1), granted(2))
    frames = porch.run(1_000)
    assert {one.frame.handle[0] for one in frames} == {1}
    porch.book.revoke(bytes([1]) * 16)
    porch.filming.obey()
    assert porch.sensor.powered
    assert len(porch.queue) == 0
    assert {one.frame.handle[0] for one in porch.run(1_000)} == {2}


def test_obey_purges_what_was_taken_for_another_hub_under_the_same_grant():
    """Who looks from now on sees nothing from before."""
    both = granted(1, aud=[HUB, b64.encode(OTHER_HUB)])
    porch = Porch().open(both)
    assert len(porch.run(1_000)) > 2
    porch.gate.watch(watch((1, LIVE, OTHER_HUB)))
    porch.filming.obey()
    assert porch.sensor.powered
    assert len(porch.queue) == 0
    assert porch.run(1_000)


def reasons(frames):
    return [one.frame.reason for one in frames]


def assert_in_order(frames):
    """Numbers without a gap, times that rise."""
    numbers = [one.frame.sequence for one in frames]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    times = [one.frame.captured_ms for one in frames]
    assert times == sorted(set(times))


def test_motion_mode_sends_what_moves_and_what_is_around_it():
    porch = Porch(fps=5, mode="motion").open()
    porch.at(picture_20=porch.show(MOVING), picture_22=porch.show(STILL))
    frames = porch.run(8_000)
    assert reasons(frames) == [PRE_ROLL] * 5 + [MOTION] * 2 + [POST_ROLL] * 5
    assert_in_order(frames)
    assert [one.frame.score for one in frames] == [STILL] * 5 + [MOVING] * 2 + [STILL] * 5
    taken = [one.frame.captured_ms for one in frames]
    assert taken[5] - taken[0] == 1_000
    assert {one.frame.handle for one in frames} == {bytes([1]) * 16}


def test_pre_roll_is_due_with_the_motion_that_released_it():
    """It is not late: nobody knew before that it would leave."""
    porch = Porch(fps=5, mode="motion").open()
    porch.at(picture_7=porch.show(MOVING))
    frames = porch.run(1_700)
    assert {one.due_ms for one in frames} == {frames[-1].due_ms}
    assert len(frames) == 6


def test_every_picture_is_sent_or_counted():
    porch = Porch(fps=5, mode="motion").open()
    for _ in range(3):
        porch.run(4_000)
        porch.moves(600)
    sent = len(porch.run(1_000))
    porch.book.revoke(bytes([1]) * 16)
    porch.filming.obey()
    assert sent + porch.quiet() == porch.sensor.taken


def test_learning_sends_everything():
    porch = Porch(fps=5, mode="motion")
    porch.model.learns = 4
    frames = porch.open().run(3_000)
    assert reasons(frames) == [LEARNING] * 4
    porch.gate.watch(watch())
    porch.run(500)
    porch.gate.watch(watch((1, LIVE)))
    again = porch.run(3_000)
    assert reasons(again) == [LEARNING] * 4, "what it knew is from before the gate closed"


def test_a_new_opening_begins_with_nothing():
    porch = Porch(fps=5, mode="motion").open()
    porch.run(2_000)
    porch.gate.watch(watch())
    porch.filming.obey()
    assert porch.quiet() == porch.sensor.taken
    porch.gate.watch(watch((1, LIVE)))
    opened_ms = NOW * 1000 + porch.time.now
    porch.moves(600)
    frames = porch.drain()
    assert MOTION in reasons(frames)
    assert min(one.frame.captured_ms for one in frames) > opened_ms


def test_dark_knows_nothing_any_more():
    porch = Porch(fps=5, mode="motion").open()
    porch.run(2_000)
    resets = porch.model.resets
    porch.gate.watch(watch())
    porch.filming.obey()
    assert porch.model.resets == resets + 1
    porch.run(2_000)
    assert porch.model.resets == resets + 1


def test_a_gate_that_was_shut_for_a_moment_was_shut():
    """It closes between two pictures, and is open again before anybody else asks."""
    porch = Porch(fps=5, mode="motion").open()
    porch.run(2_000)
    check, resets = porch.gate.check, porch.model.resets

    def shut_once():
        porch.gate.check = check
        return "expired"

    def shut():
        porch.gate.check = shut_once

    porch.at(**{f"picture_{porch.sensor.taken + 1}": shut})
    porch.run(2_000)
    assert porch.model.resets == resets + 1
    assert porch.quiet() >= 10


def test_what_is_held_goes_with_its_permit():
    porch = Porch(fps=5, mode="motion").open(granted(1), granted(2))
    porch.run(2_000)
    porch.book.revoke(bytes([1]) * 16)
    porch.filming.obey()
    assert porch.quiet() == porch.sensor.taken
    porch.moves(200)
    assert {one.frame.handle[0] for one in porch.drain()} == {2}


def test_what_is_held_under_a_permit_that_ends_never_leaves():
    """The first grant runs out while the second keeps the gate open; nobody calls obey()."""
    short = granted(1, exp=NOW + 3)
    porch = Porch(fps=5, mode="motion").open(short, granted(2))
    porch.run(2_900)
    porch.moves(400)
    frames = porch.drain()
    assert {one.frame.handle[0] for one in frames} == {2}
    assert min(one.frame.captured_ms for one in frames) >= (NOW + 3) * 1000


def test_who_looks_later_sees_nothing_from_before():
    """Held pictures were taken for the first hub; a frame is sent once, for all who look."""
    both = granted(1, aud=[HUB, b64.encode(OTHER_HUB)])
    porch = Porch(fps=5, mode="motion").open(both)
    porch.run(2_000)
    porch.gate.watch(watch((1, LIVE), (1, LIVE, OTHER_HUB)))
    porch.filming.obey()
    joined_ms = NOW * 1000 + porch.time.now
    assert porch.quiet() == porch.sensor.taken
    assert porch.sensor.discards == 2  # at the opening, and now
    porch.run(400)
    porch.moves(200)
    frames = porch.drain()
    assert reasons(frames) == [PRE_ROLL] * 2 + [MOTION]
    assert min(one.frame.captured_ms for one in frames) > joined_ms


def test_who_looks_from_the_middle_of_an_exposure_on_does_not_see_it():
    both = granted(1, aud=[HUB, b64.encode(OTHER_HUB)])
    porch = Porch(fps=5).open(both)
    porch.run(1_000)

    def join():
        porch.sensor.during = lambda: None
        porch.gate.watch(watch((1, LIVE), (1, LIVE, OTHER_HUB)))
        porch.filming.obey()
        assert len(porch.queue) == 0

    porch.sensor.during = join
    joined_ms = NOW * 1000 + porch.time.now + 200
    frames = porch.run(1_000)
    assert frames
    assert min(one.frame.captured_ms for one in frames) > joined_ms
    assert porch.quiet() == 1


def test_who_leaves_takes_nothing_from_who_stays():
    both = granted(1, aud=[HUB, b64.encode(OTHER_HUB)])
    porch = Porch(fps=5, mode="motion").open(both)
    porch.gate.watch(watch((1, LIVE), (1, LIVE, OTHER_HUB)))

    def leave():
        porch.gate.watch(watch((1, LIVE)))
        porch.filming.obey()

    porch.at(picture_9=leave, picture_10=porch.show(MOVING))
    assert reasons(porch.run(2_300)) == [PRE_ROLL] * 5 + [MOTION]


def test_who_leaves_takes_along_what_was_seen_for_it():
    """Hub A leaves; hub B, who looked as long under a grant of its own, stays."""
    other = granted(2, aud=[b64.encode(OTHER_HUB)])
    porch = Porch(fps=5, mode="motion").open(granted(1))
    porch.book.add(other)
    porch.gate.watch(watch((1, LIVE), (2, LIVE, OTHER_HUB)))
    porch.run(2_000)
    porch.gate.watch(watch((2, LIVE, OTHER_HUB)))
    left_ms = NOW * 1000 + porch.time.now
    porch.moves(600)
    frames = porch.drain()
    assert MOTION in reasons(frames)
    assert {one.frame.handle[0] for one in frames} == {2}
    assert min(one.frame.captured_ms for one in frames) >= left_ms


def test_a_purge_asks_both_the_watch_and_the_clock():
    """What it may keep is what somebody looks at, under a grant that holds this very moment."""
    porch = Porch(fps=5, mode="motion").open(granted(1, exp=NOW + 10))
    porch.run(2_000)
    kept_back = porch.quiet()
    compose = porch.filming._compose
    compose.purge()
    assert porch.quiet() == kept_back, "nothing has changed"
    porch.time.now += 10_000  # nobody has asked the gate since
    compose.purge()
    assert porch.quiet() == porch.sensor.taken

    porch = Porch(fps=5, mode="motion").open()
    porch.run(2_000)
    porch.gate.watch(watch((2, LIVE)))
    porch.gate.check()
    porch.filming._compose.purge()
    assert porch.quiet() == porch.sensor.taken


def test_learning_anew_again_and_again_shows_little_more():
    """Whoever may watch, or set the size, cannot make `always` of `motion` by that."""

    def other_size(porch, n):
        porch.gate.settle(wire.Settings(1, 0, 0, 640 - 320 * (n & 1), 0))

    def watch_anew(porch, n):
        porch.gate.watch(watch())
        porch.filming.obey()
        porch.gate.watch(watch((1, LIVE)))

    def grant_anew(porch, n):
        porch.book.revoke(bytes([n + 1]) * 16)
        porch.filming.obey()
        porch.open(granted(n + 2))

    for trick in (other_size, watch_anew, grant_anew)[: 3 if STRIDE == 1 else 1]:
        porch = Porch(fps=5, mode="motion").open()
        porch.model.learns = 20
        left = []
        for n in range(30):
            trick(porch, n)
            porch.run(4_000)
            left += porch.drain()
        assert set(reasons(left)) == {LEARNING}
        assert len(left) <= MOST + porch.time.now // EVERY_MS_MORE, trick
        assert porch.model.resets >= 28
        assert len(left) + porch.quiet() >= porch.sensor.taken - 10, "the rest counts as quiet"


def test_what_moves_while_it_learns_without_allowance_leaves():
    porch = Porch(fps=5, mode="motion").open()
    porch.model.learns = 1_000
    porch.run(20_000)
    assert set(reasons(porch.drain())) == {LEARNING}
    porch.moves(500)
    frames = porch.drain()
    assert reasons(frames)[-1] == MOTION
    assert_in_order(frames)


def test_always_costs_no_allowance():
    porch = Porch(fps=5).open()
    porch.model.learns = 1_000
    porch.run(20_000)
    porch.drain()
    porch.gate.settle(wire.Settings(1, 0, 0, 0, 0))
    assert reasons(porch.run(4_000)) == [LEARNING] * 20


def test_another_quality_is_not_learnt_anew():
    porch = Porch(fps=5, mode="motion").open()
    porch.run(2_000)
    resets = porch.model.resets
    for quality in (50, 60, 50):
        porch.gate.settle(wire.Settings(1, 0, quality, 0, 0))
        assert porch.run(1_000) == []
        assert porch.sensor.picture_of[1] == quality
    assert porch.model.resets == resets


def test_no_memory_to_judge_a_picture_ends_nothing():
    porch = Porch(fps=5, mode="motion").open()
    told = []
    porch.filming.tell = told.append
    porch.run(2_000)

    def starve():
        raise MemoryError()

    porch.model.during = starve
    assert porch.run(1_000) == []
    assert porch.quiet() == porch.sensor.taken, "what was held is gone, and each one counts"
    assert (told, porch.report.status().reason) == (["no memory for a picture"], b"memory")
    porch.model.during = lambda: None
    porch.moves(400)
    assert MOTION in reasons(porch.drain())
    assert porch.report.status().reason == b"ok"


def test_no_memory_to_copy_a_picture_keeps_the_pace():
    porch = Porch(fps=5, mode="motion").open()
    porch.run(2_000)
    taken, porch.sensor.starved = porch.sensor.taken, True
    porch.run(2_000)
    assert porch.sensor.taken - taken in (9, 10)
    assert porch.quiet() == porch.sensor.taken
    assert porch.report.status().reason == b"memory"
    porch.sensor.starved = False
    frames = porch.run(300)
    assert frames == []
    assert porch.report.status().reason == b"ok"


def test_the_picture_that_triggered_arrives_over_a_slow_line():
    """Of five frames a second it takes fewer; pre-roll is what gives way."""
    for rate in (1, 2):
        porch = Porch(fps=5, mode="motion", queued=8).open()
        porch.run(2_000)
        porch.sensor.level = MOVING
        made, arrived = porch.noted(), []
        for _ in range(8 * rate):
            porch.run(1_000 // rate)
            arrived.append(porch.queue.take().frame)
        assert porch.queue.dropped > 0
        moved = [frame for frame in made if frame.reason == MOTION]
        assert moved[0] in arrived, rate
        times = [frame.captured_ms for frame in arrived]
        assert times == sorted(set(times))


def test_always_sends_all_with_a_true_score():
    porch = Porch(fps=5).open()
    porch.moves(400)
    porch.run(400)
    assert {(one.frame.reason, one.frame.score) for one in porch.drain()} == {
        (ALWAYS, MOVING),
        (ALWAYS, STILL),
    }


def test_always_sends_what_nobody_can_read_and_says_no_fault():
    porch = Porch(fps=5).open()
    porch.sensor.damage = "progressive"
    frames = porch.run(3_000)
    assert {(one.frame.reason, one.frame.score) for one in frames} == {(ALWAYS, 0)}
    assert porch.report.status().reason == b"ok"


def test_from_always_to_motion_and_back():
    porch = Porch(fps=5).open()
    assert set(reasons(porch.run(2_000))) == {ALWAYS}
    porch.drain()
    porch.gate.settle(wire.Settings(1, 0, 0, 0, 0))
    assert porch.run(2_000) == []
    porch.gate.settle(wire.Settings(0, 0, 0, 0, 0))
    began_ms = NOW * 1000 + porch.time.now
    back = porch.run(1_000)
    assert set(reasons(back)) == {ALWAYS}
    assert_in_order(back)
    assert back[0].frame.captured_ms > began_ms
    porch.drain()
    porch.gate.settle(wire.Settings(1, 0, 0, 0, 0))
    porch.run(400)
    porch.moves(200)
    assert reasons(porch.drain()) == [PRE_ROLL] * 2 + [MOTION]


def test_another_size_is_another_picture():
    porch = Porch(fps=5, mode="motion").open()
    porch.run(2_000)
    resets = porch.model.resets
    porch.gate.settle(wire.Settings(1, 0, 0, 320, 240))
    porch.moves(200)
    assert reasons(porch.drain()) == [MOTION], "the held pictures are of the old size"
    assert porch.model.resets == resets + 1


def test_a_picture_that_cannot_be_read_is_kept_back_and_counted():
    porch = Porch(fps=5, mode="motion").open()

    def damaged():
        porch.sensor.level, porch.sensor.damage = MOVING, "truncated"

    def mended():
        porch.sensor.damage = ""

    porch.at(picture_4=damaged, picture_5=mended)
    frames = porch.run(1_300)
    assert reasons(frames) == [PRE_ROLL] * 4 + [MOTION]
    assert porch.quiet() == 1
    assert porch.report.status().reason == b"ok"


def test_a_board_that_cannot_tell_what_moves_says_so():
    porch = Porch(fps=5, mode="motion").open()
    told = []
    porch.filming.tell = told.append
    porch.sensor.damage = "progressive"
    assert porch.run(BLIND_FRAMES * 200 + 200) == []
    assert porch.report.status().reason == b"unreadable"
    assert porch.run(2_000) == []
    assert told == ["no picture can be read: progressive"]
    porch.sensor.damage = ""
    porch.run(500)
    assert porch.report.status().reason == b"ok"


def test_the_status_tells_the_highest_score_of_what_was_kept_back_too():
    porch = Porch(fps=5, mode="motion").open()
    porch.sensor.level = 900
    assert porch.run(400) == []
    porch.sensor.level = 300
    assert porch.run(400) == []
    assert porch.report.status().score == 900
    assert porch.report.status().score == 0
    porch.run(400)
    assert porch.report.status().score == 300


def test_the_next_picture_is_exposed_while_a_slow_board_judges():
    """70 ms of judging and 90 of exposing do not add up at ten frames a second."""
    porch = Porch(fps=10).open()

    def takes_time():
        porch.time.now += 70

    porch.model.during = takes_time
    frames = porch.run(3_000)
    assert gaps(frames) == [100] * (len(frames) - 1)
    for one in frames[2:]:
        asked = [ms for ms in porch.sensor.armed if ms < one.due_ms]
        assert one.due_ms - asked[-1] >= 80, "no time to expose"


def test_a_fast_board_lets_the_sensor_rest():
    porch = Porch(fps=2).open()
    frames = porch.run(3_000)
    assert porch.sensor.armed[:4] == [one.due_ms - 90 for one in frames[:4]]


def test_judging_longer_than_a_period_skips_points_of_the_schedule():
    porch = Porch(fps=10).open()

    def takes_time():
        porch.time.now += 130

    porch.model.during = takes_time
    frames = porch.run(3_000)
    assert set(gaps(frames)[2:]) <= {100, 200}
    assert 20 <= len(frames) <= 24


def test_a_permit_that_ends_while_a_picture_is_judged_lets_nothing_through():
    porch = Porch(fps=5).open(granted(1, exp=NOW + 2))

    def takes_time():
        porch.time.now += 60

    porch.model.during = takes_time
    frames = porch.run(5_000)
    assert frames == []
    assert not porch.sensor.powered
    assert porch.gate.reason == "expired"


def test_a_fault_is_dark_and_told_and_tried_again():
    porch = Porch().open()
    told = []
    porch.filming.tell = told.append
    porch.sensor.fault = True
    assert porch.run(14_000) == []
    assert told == ["no sensor"] * 3
    assert porch.report.status().reason == b"sensor-fault"
    porch.sensor.fault = False
    assert porch.run(4_000)
    assert porch.report.status().reason == b"ok"


def test_a_lost_clock_makes_no_frame():
    porch = Porch().open()
    porch.run(500)
    porch.clock.hear_host((NOW + 3600) * 1000)
    assert porch.run(500) == []
    assert porch.gate.reason == "clock-disagrees"


class Line:
    """A connection that keeps what was sent; `during(n)` runs before the nth slice."""

    def __init__(self, during=None):
        self.sent = []
        self.lit = []
        self.during = during or (lambda n: None)

    async def send(self, parts, allowed):
        for n in range(4):
            self.during(n)
            if not allowed():
                raise LinkLost("withdrawn")
        self.sent.append(b"".join([bytes(part) for part in parts]))


class Session:
    """Seals by naming; `late` has what every Status said."""

    def __init__(self):
        self.late = []

    def seal(self, message):
        self.late.append(message.late_ms)
        return message.reason

    def seal_frame(self, frame):
        return b"<", b">"


def send(porch, line, watched=True, session=None):
    return finish(porch.sender.send_next(line, session or Session(), watched))


def test_status_first_then_pictures_and_only_where_watched():
    porch = Porch().open()
    porch.run(300)
    line = Line()
    assert send(porch, line, watched=False)
    assert not send(porch, line, watched=False)
    assert line.sent == [b"ok"]
    count = len(porch.queue)
    while send(porch, line):
        pass
    assert line.sent[1] == b"<" + bytes(Thumbnailer.picture(STILL)) + b">"
    assert len([sent for sent in line.sent if len(sent) > 1000]) == count


def test_the_light_is_on_while_a_picture_leaves_and_only_then():
    porch = Porch().open()
    porch.run(300)
    lit = []
    line = Line(lambda n: lit.append(porch.switched[-1]))
    send(porch, line)
    assert lit == [False] * 4  # the Status
    send(porch, line)
    assert lit[4:] == [True] * 4
    assert porch.switched[-1] is False


def test_a_permit_withdrawn_in_the_middle_of_a_frame_drops_the_connection():
    porch = Porch().open()
    porch.run(300)
    send(porch, Line())

    def revoke(n):
        if n == 2:
            porch.book.revoke(bytes([1]) * 16)

    line = Line(revoke)
    error = raises(LinkLost, send, porch, line)
    assert (error.reason, line.sent, porch.switched[-1]) == ("withdrawn", [], False)
    status = porch.report.status()
    assert (status.sent, status.dropped) == (0, 1)


def test_a_frame_whose_permit_went_is_not_begun():
    porch = Porch().open()
    porch.run(300)
    send(porch, Line())
    porch.book.revoke(bytes([1]) * 16)
    line = Line()
    assert send(porch, line)
    assert line.sent == []


def test_status_on_every_change_and_every_ten_seconds():
    porch = Porch()
    assert porch.report.due()
    first = porch.report.status()
    assert (first.state, first.sensor, first.reason) == (0, 0, b"not-watched")
    assert not porch.report.due()
    porch.time.now += EVERY_MS - 1
    assert not porch.report.due()
    porch.time.now += 1
    assert porch.report.due()
    porch.report.status()
    porch.open().run(300)
    assert porch.report.due()
    assert (porch.report.status().state, porch.report.due()) == (1, False)
    send(porch, Line())
    assert porch.report.due()
    sending = porch.report.status()
    assert (sending.state, sending.sensor, sending.light, sending.sent) == (2, 1, 1, 1)
    assert sending.sent_bytes == 1000
    assert sending.handle == bytes([1]) * 16
    porch.report.forget()
    assert porch.report.due()


def test_lateness_is_the_worst_since_the_last_status():
    porch = Porch(fps=5).open()
    porch.run(700)
    session = Session()
    began = porch.time.now
    for _ in range(4):  # a Status, the first frame, a Status because we are sending, a frame
        assert send(porch, Line(), session=session)
        porch.time.now += 50
    first_due = 80 + 90  # warming up, the sensor's lead
    assert session.late == [0, began + 50 - first_due]
    assert porch.report.status().late_ms == began + 150 - (first_due + 200)
    assert porch.report.status().late_ms == 0


def test_wire_takes_what_the_report_says():
    payload = Porch().open().report.status().payload()
    parser = wire.Parser()
    parser.feed(wire.header(wire.Status, len(payload), 1) + payload + bytes(wire.MAC_BYTES))
    assert wire.decode(parser.next()).reason == b"not-watched"
