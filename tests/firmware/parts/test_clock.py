"""agent.clock and agent.elapsed: two witnesses, never back, never below the floor."""

from agent.clock import AGREE_MS, BEHIND_MS, SNTP_LASTS_MS, Clock
from agent.elapsed import Elapsed
from tests.firmware.parts.fakes import NOW, Time

NOW_MS = NOW * 1000


def both(time, floor=0):
    clock = Clock(time.ms, floor)
    clock.hear_sntp(NOW_MS)
    clock.hear_host(NOW_MS + 900)
    return clock


def test_one_witness_is_none():
    time = Time()
    clock = Clock(time.ms)
    assert (clock.now(), clock.reason(), clock.code) == (None, "no-clock", 0)
    clock.hear_host(NOW_MS)
    assert (clock.now(), clock.reason(), clock.code) == (None, "no-clock", 1)
    clock = Clock(time.ms)
    clock.hear_sntp(NOW_MS)
    assert (clock.now(), clock.reason(), clock.code) == (None, "no-clock", 2)


def test_two_witnesses_tell_the_sntp_time_and_it_goes_on():
    time = Time()
    clock = both(time)
    assert (clock.now_ms(), clock.reason(), clock.code) == (NOW_MS, "", 3)
    time.now += 2500
    assert (clock.now_ms(), clock.now()) == (NOW_MS + 2500, NOW + 2)


def test_witnesses_that_disagree():
    time = Time()
    for apart, reason in ((AGREE_MS, ""), (AGREE_MS + 1, "clock-disagrees")):
        for sign in (1, -1):
            clock = Clock(time.ms)
            clock.hear_sntp(NOW_MS)
            clock.hear_host(NOW_MS + sign * apart)
            assert clock.reason() == reason, (apart, sign)
            assert (clock.now() is None) == bool(reason)


def test_what_was_heard_at_different_moments_is_compared_as_of_now():
    time = Time()
    clock = Clock(time.ms)
    clock.hear_sntp(NOW_MS)
    time.now += 300_000
    clock.hear_host(NOW_MS + 300_000)
    assert clock.reason() == ""


def test_a_host_that_changes_its_mind_ends_the_trust_at_once():
    clock = both(Time())
    clock.hear_host(NOW_MS + 3_600_000)
    assert (clock.now(), clock.reason()) == (None, "clock-disagrees")


def test_sntp_wears_out():
    time = Time()
    clock = both(time)
    time.now = SNTP_LASTS_MS
    assert clock.now() is not None
    time.now += 1
    assert clock.reason() == "no-clock"


def test_it_never_goes_back():
    time = Time()
    clock = both(time)
    time.now = 10_000
    first = clock.now_ms()
    clock.hear_sntp(NOW_MS + 5_000)  # five seconds earlier than we had got to
    assert clock.now_ms() == first
    time.now += 5_000
    assert clock.now_ms() == first
    time.now += 1
    assert clock.now_ms() == first + 1


def test_set_back_far_is_distrusted():
    time = Time()
    clock = both(time)
    assert clock.now() == NOW
    clock.hear_sntp(NOW_MS - BEHIND_MS - 1)
    clock.hear_host(NOW_MS - BEHIND_MS - 1)
    assert (clock.now(), clock.reason()) == (None, "clock-behind")
    clock.hear_sntp(NOW_MS - BEHIND_MS)
    assert clock.now() == NOW  # waited out


def test_the_floor_is_the_newest_iat():
    time = Time()
    assert both(time, NOW + 120).now() == NOW + 120
    assert both(time, NOW + 121).reason() == "clock-behind"
    clock = both(time)
    clock.raise_floor(NOW + 121)
    assert clock.reason() == "clock-behind"
    clock.raise_floor(NOW)  # a lower one lowers nothing
    assert clock.reason() == "clock-behind"


def test_what_has_surely_passed():
    time = Time()
    assert Clock(time.ms, NOW).passed() == NOW
    clock = both(time)
    time.now += 2_500
    assert clock.passed() == NOW + 2
    clock.hear_host(NOW_MS + AGREE_MS * 2)
    time.now += 2_500
    assert clock.passed() == NOW + 2


def test_ticks_wrap_and_elapsed_does_not():
    period = 1 << 30
    ticks = [period - 1000]

    def diff(end, start):
        return (end - start + period // 2) % period - period // 2

    elapsed = Elapsed(lambda: ticks[0], diff, None)
    seen = [elapsed.ms()]
    for _ in range(3 * period // 100_000_000):
        ticks[0] = (ticks[0] + 100_000_000) % period
        seen.append(elapsed.ms())
    assert seen == [i * 100_000_000 for i in range(len(seen))]
    assert seen[-1] > 2 * period


def test_ticks_that_jump_back_stand_still():
    ticks = [5000]
    elapsed = Elapsed(lambda: ticks[0], lambda a, b: a - b, None)
    ticks[0] = 4000
    assert elapsed.ms() == 0
