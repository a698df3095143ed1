"""The small parts: queue, pace, back-off, light, button, watchdog, log."""

from accord.wire import Frame
from agent.backoff import FIRST_MS, LONG_MS, SOON_FOR_MS, SOON_MS, Backoff
from agent.button import HELD, Button
from agent.frames import FrameQueue, Outgoing
from agent.framesize import choose
from agent.light import Light
from agent.log import MAX_LINE, MAX_WAITING, Log
from agent.pace import Pace
from agent.rolls import MOTION, PRE_ROLL
from agent.room import Room
from agent.watchdog import PATIENCE_MS, Watchdog
from tests.firmware.parts.fakes import Time, finish


def outgoing(number, size=1000, reason=MOTION):
    return Outgoing(None, Frame(1, number, 0, 3, reason, 0, bytes(16), bytes(size)), 0)


def queue_of(size, frames=8):
    return FrameQueue(Room(frames, size), Room(frames, size))


def numbers(queue):
    found = []
    while len(queue):
        found.append(queue.take().frame.sequence)
    return found


def test_the_queue_is_first_in_first_out():
    queue = queue_of(10_000)
    for number in range(3):
        queue.put(outgoing(number))
    assert numbers(queue) == [0, 1, 2]
    assert queue.take() is None
    assert queue.dropped == 0


def test_the_oldest_is_dropped_and_counted():
    by_count, by_bytes = queue_of(1_000_000, 4), queue_of(4_500, 99)
    for queue in (by_count, by_bytes):
        for number in range(10):
            queue.put(outgoing(number))
        assert queue.dropped == 6
        assert numbers(queue) == [6, 7, 8, 9]


def test_one_frame_too_large_for_the_queue_is_kept():
    queue = queue_of(500)
    queue.put(outgoing(0))
    queue.put(outgoing(1))
    assert (numbers(queue), queue.dropped) == ([1], 1)


def test_pre_roll_has_room_of_its_own():
    """A burst of it drops nothing that waits."""
    queue = waiting(3, 5)
    assert (numbers(queue), queue.dropped) == (list(range(8)), 0)


def waiting(others, rolled):
    """A queue for three, and for five of pre-roll, with so many in it, in this order."""
    queue = FrameQueue(Room(3, 100_000), Room(5, 100_000))
    for number in range(others):
        queue.put(outgoing(number))
    for number in range(others, others + rolled):
        queue.put(outgoing(number, reason=PRE_ROLL))
    return queue


def test_pre_roll_gives_way_one_for_one_the_oldest_first():
    queue = waiting(0, 5)
    for number in range(5, 8):
        queue.put(outgoing(number))
    assert queue.dropped == 0
    for number in range(8, 10):
        queue.put(outgoing(number))
    assert queue.dropped == 2
    assert numbers(queue) == [2, 3, 4, 5, 6, 7, 8, 9]


def test_pre_roll_gives_way_until_the_bytes_fit():
    queue = FrameQueue(Room(3, 100_000), Room(5, 5_000))
    for number in range(5):
        queue.put(outgoing(number, reason=PRE_ROLL))
    for number in range(5, 8):
        queue.put(outgoing(number, 33_000))
    assert queue.dropped == 0
    queue.put(outgoing(8, 4_000))
    assert (queue.dropped, numbers(queue)) == (3, [3, 4, 5, 6, 7, 8])


def test_what_pre_roll_was_released_for_is_dropped_last():
    queue = waiting(0, 2)
    for number in range(2, 12):
        queue.put(outgoing(number))
    assert numbers(queue) == [2, 10, 11]
    assert queue.dropped == 9
    small = FrameQueue(Room(1, 100_000), Room(5, 100_000))
    small.put(outgoing(0, reason=PRE_ROLL))
    for number in range(1, 4):
        small.put(outgoing(number))
    assert numbers(small) == [3], "the newest stays whatever it costs"


def test_a_second_burst_drops_the_first():
    queue = FrameQueue(Room(3, 100_000), Room(5, 4_000))
    for number in range(3):
        queue.put(outgoing(number, reason=PRE_ROLL))
    queue.put(outgoing(3))
    for number in range(4, 7):
        queue.put(outgoing(number, reason=PRE_ROLL))
    assert queue.dropped == 2
    assert numbers(queue) == [2, 3, 4, 5, 6]


def test_a_purge_counts():
    queue = queue_of(10_000)
    for number in range(4):
        queue.put(outgoing(number))
    queue.purge(lambda one: one.frame.sequence == 2)
    assert (numbers(queue), queue.dropped) == ([2], 3)


def test_the_grid_does_not_drift():
    pace = Pace()
    pace.start(1000, 3)
    due = []
    for _ in range(7):
        due.append(pace.due_ms)
        pace.step(pace.due_ms + 150)  # always late, never later
    assert due == [1000, 1333, 1666, 2000, 2333, 2666, 3000]


def test_points_that_went_by_are_skipped():
    pace = Pace()
    pace.start(0, 10)
    assert pace.step(99) == 0
    assert pace.due_ms == 100
    assert pace.step(555) == 3
    assert pace.due_ms == 500  # late, but the next is not due yet
    assert pace.step(556) == 0
    assert pace.due_ms == 600


def test_back_off_is_short_for_minutes_and_bounded_for_ever():
    for random, share in ((lambda: 0.0, 2), (lambda: 0.999999, 1)):
        backoff = Backoff(random)
        waits, spent = [], 0
        while spent < SOON_FOR_MS:
            waits.append(backoff.next_ms())
            spent += waits[-1]
        assert abs(waits[0] - FIRST_MS // share) <= 1
        assert max(waits) <= SOON_MS
        later = [backoff.next_ms() for _ in range(50)]
        assert all(LONG_MS // 2 <= wait <= LONG_MS for wait in later)
        backoff.reset()
        assert backoff.next_ms() <= FIRST_MS


def test_back_off_has_jitter():
    dice = iter([0.0, 0.5, 0.9])
    one = [Backoff(lambda: next(dice)).next_ms() for _ in range(3)]
    assert len(set(one)) == 3


def test_the_light_is_on_inside_only():
    switched = []
    light = Light(switched.append)
    assert switched == [False]
    with light:
        assert light.lit
        assert switched == [False, True]
    assert (light.lit, switched) == (False, [False, True, False])


def test_the_light_goes_out_when_sending_fails():
    switched = []
    light = Light(switched.append)
    try:
        with light:
            raise OSError(5)
    except OSError:
        pass
    assert switched == [False, True, False]


def test_the_light_remembers_since_it_was_asked():
    light = Light(None)
    assert not light.was_lit()
    with light:
        pass
    assert light.was_lit()
    assert not light.was_lit()


class Porch:
    """What the button acts upon; `armed`: there is a panic grant."""

    def __init__(self, armed=False, ran_out=False):
        self.armed = armed
        self.ran_out = ran_out
        self.happened = []

    def press_button(self):
        self.happened.append("revoked")

    def shut(self, held):
        self.happened.append("dark" if held else "up")

    def press(self):
        if not self.ran_out:
            self.happened.append("panic")
        return not self.ran_out


def pressed(porch, levels):
    """What has happened after each reading of the pin."""
    button = Button(iter(levels).__next__, porch, porch)
    found = []
    for _ in levels:
        button.poll()
        found.append(len(porch.happened))
    return found


def test_the_button_acts_once_a_press_and_never_on_a_spark():
    porch = Porch()
    assert pressed(porch, [0, 1, 0, 1, 1, 1, 1, 0, 1, 1]) == [0, 0, 0, 0, 1, 1, 1, 1, 1, 2]
    assert porch.happened == ["revoked", "revoked"]


def test_a_press_is_dark_at_once_and_revokes_unless_it_is_held():
    porch = Porch(armed=True)
    assert pressed(porch, [1, 1, 1, 0, 0]) == [0, 1, 1, 3, 3]
    assert porch.happened == ["dark", "up", "revoked"]


def test_held_on_it_opens_the_panic_grant_once():
    porch = Porch(armed=True)
    found = pressed(porch, [1] * (HELD + 40) + [0])
    assert found[HELD - 2] == 1
    assert porch.happened == ["dark", "up", "panic"]
    late = Porch(armed=True, ran_out=True)
    pressed(late, [1] * HELD + [0])
    assert late.happened == ["dark", "up", "revoked"]


class Dog:
    def __init__(self):
        self.fed = 0

    def feed(self):
        self.fed += 1


def test_the_watchdog_starves_when_one_task_is_silent():
    time, dog, lines = Time(), Dog(), []
    watchdog = Watchdog(dog, time, lambda *words: lines.append(words))
    alive = watchdog.beat_of("filming")
    watchdog.beat_of("uplink")
    time.now = PATIENCE_MS
    alive()
    assert watchdog.silent() is None
    time.now += 1
    assert watchdog.silent() == "uplink"
    finish(watchdog.run())  # ends, so that the board is reset
    assert (dog.fed, lines) == (0, [("watchdog", "no progress: uplink")])


def test_the_watchdog_is_fed_while_all_goes_well():
    time, dog = Time(), Dog()
    watchdog = Watchdog(dog, time, lambda *words: None)
    watchdog.beat_of("filming")
    finish(watchdog.run())
    assert dog.fed == PATIENCE_MS // 1000 + 1


def test_maintenance_has_no_watchdog():
    watchdog = Watchdog(None, Time(), lambda *words: None)
    watchdog.beat_of("filming")
    finish(watchdog.run())


def test_the_largest_size_that_fits():
    cases = (
        ((640, 480), "VGA"),
        ((1600, 1200), "UXGA"),
        ((639, 480), "HVGA"),
        ((640, 300), "CIF"),
        ((320, 240), "QVGA"),
        ((96, 96), "R96X96"),
        ((1000, 100), "R96X96"),
    )
    for size, name in cases:
        assert choose(size[0], size[1]) == name, size


def test_log_lines_are_short():
    lines = []
    log = Log(lines.append, lambda: 61_005)
    log("uplink", "connected")
    log("x", "y" * 1000)
    assert lines[0] == "61.005 uplink connected"
    assert len(lines[1]) == MAX_LINE


def test_the_newest_log_lines_wait_for_the_host():
    log = Log(lambda line: None, lambda: 5)
    for number in range(MAX_WAITING + 3):
        log("x", str(number))
    assert len(log.waiting) == MAX_WAITING
    assert log.waiting[0] == b"0.005 x 3"
    log("x", "\u00e4" * MAX_LINE)
    assert len(log.waiting[-1]) == MAX_LINE  # bytes, as the wire counts
