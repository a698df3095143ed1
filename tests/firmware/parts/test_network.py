"""agent.timesync and agent.radio against modules that behave as the ESP32's do."""

import time as real_time

from agent.backoff import Backoff
from agent.clock import Clock
from agent.radio import JOIN_MS, Radio
from agent.timesync import AGAIN_MS, RETRY_MOST_MS, TimeSync
from tests.firmware.parts.fakes import NOW, Time, finish, raises


class Done(BaseException):
    pass


class NtpTime:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    def time(self):
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Year2000:
    """The `time` module of an ESP32: seconds since 2000."""

    @staticmethod
    def gmtime(seconds):
        return real_time.gmtime(seconds + 946_684_800)


class Rtc:
    def __init__(self):
        self.set_to = None

    def datetime(self, when):
        self.set_to = when


def synced(ntptime, modules, time=None):
    clock, rtc = Clock((time or Time()).ms), Rtc()
    sync = TimeSync(ntptime, modules, rtc, clock, lambda *words: None)
    return sync, clock, rtc


def test_both_epochs_give_the_same_time():
    for modules, seconds in ((real_time, NOW), (Year2000, NOW - 946_684_800)):
        if modules is real_time and real_time.gmtime(0)[0] != 1970:
            continue
        sync, clock, rtc = synced(NtpTime(seconds), modules)
        assert sync.ask()
        clock.hear_host(NOW * 1000)
        assert clock.now() == NOW
        assert rtc.set_to == (2027, 1, 15, 4, 8, 0, 0, 0)  # a Friday


def test_no_answer_sets_nothing():
    # A datagram that is too short is a ValueError of struct, or an IndexError.
    for error in (OSError(110), OSError(-202), IndexError(), ValueError("buffer too small")):
        sync, clock, rtc = synced(NtpTime(error), Year2000)
        assert not sync.ask()
        assert (clock.code, rtc.set_to) == (0, None)


class NoSuchTime:
    """A `time` module that cannot make a date of what was answered."""

    def __init__(self, error):
        self.error = error

    def gmtime(self, seconds):
        if seconds:
            raise self.error
        return (1970, 1, 1, 0, 0, 0, 3, 1)


class StubbornRtc:
    def datetime(self, when):
        raise ValueError("year out of range")


def test_an_answer_that_is_no_time_sets_nothing():
    for error in (OverflowError("overflow converting long int"), ValueError(), OSError(75)):
        sync, clock, rtc = synced(NtpTime(NOW), NoSuchTime(error))
        assert not sync.ask()
        assert (clock.code, rtc.set_to) == (0, None)
    clock = Clock(Time().ms)
    sync = TimeSync(NtpTime(NOW), real_time, StubbornRtc(), clock, lambda *words: None)
    assert not sync.ask()
    assert clock.code == 0


def run_sync(ntptime, up, until_ms):
    time = Time()
    sync, _, _ = synced(ntptime, Year2000, time)
    waits = []

    async def pause(ms):
        waits.append(ms)
        time.now += ms
        if time.now >= until_ms:
            raise Done()

    time.pause = pause
    raises(Done, finish, sync.run(up, time))
    return sync, waits


def test_it_asks_often_until_the_first_answer_then_hourly():
    ntptime = NtpTime(OSError(110), OSError(110), OSError(110), NOW - 946_684_800)
    sync, waits = run_sync(ntptime, lambda: True, 3 * AGAIN_MS)
    assert waits[:4] == [2_000, 4_000, 8_000, AGAIN_MS]
    assert sync.tried.is_set()


def test_its_patience_is_bounded():
    _, waits = run_sync(NtpTime(OSError(110)), lambda: True, 1_000_000)
    assert max(waits) == RETRY_MOST_MS


def test_tls_may_be_tried_after_two_failures_but_not_without_network():
    sync, _ = run_sync(NtpTime(OSError(110)), lambda: True, 1_000)
    assert not sync.tried.is_set()
    sync, _ = run_sync(NtpTime(OSError(110)), lambda: True, 10_000)
    assert sync.tried.is_set()
    ntptime = NtpTime(NOW)
    sync, _ = run_sync(ntptime, lambda: False, 10_000)
    assert (sync.tried.is_set(), ntptime.asked) == (False, 0)


class Wlan:
    """Joins `joins_after` polls after connect(); connect() raises while it is still trying."""

    PM_NONE, PM_PERFORMANCE = 0, 1

    def __init__(self, joins_after=2, status=1001):
        self.calls = []
        self.joins_after = joins_after
        self.answer = status
        self.trying = False
        self.polls = 0

    def active(self, on):
        self.calls.append("active")

    def disconnect(self):
        self.calls.append("disconnect")
        self.trying = False

    def connect(self, ssid, key):
        if self.trying:
            raise OSError("Wifi Internal Error")
        self.calls.append("connect")
        self.trying, self.polls = True, 0
        self.key = key

    def isconnected(self):
        self.polls += 1
        return self.trying and self.polls > self.joins_after

    def status(self):
        return self.answer

    def config(self, pm):
        self.calls.append("pm %d" % pm)  # noqa: UP031


def run_radio(wlan, until_ms, busy=lambda: False, during=lambda now: None):
    time, lines = Time(), []

    async def pause(ms):
        time.now += ms
        during(time.now)
        if time.now >= until_ms:
            raise Done()

    time.pause = pause
    radio = Radio(wlan, time, Backoff(lambda: 0.0), lambda *words: lines.append(words[1]))
    radio.busy = busy
    raises(Done, finish, radio.run("porch", ""))
    return lines


def test_it_joins_after_a_disconnect_and_an_open_network_has_no_key():
    wlan = Wlan()
    wlan.trying = True  # the driver joins by itself after a soft reset
    assert run_radio(wlan, 3_000) == ["joined"]
    assert wlan.calls[:3] == ["active", "disconnect", "connect"]
    assert wlan.key is None


def test_it_joins_again_when_the_network_is_lost():
    wlan = Wlan()

    def lose(now):
        if now == 5_100:
            wlan.trying = False

    lines = run_radio(wlan, 20_000, during=lose)
    assert lines == ["joined", "lost the network", "joined"]
    assert wlan.calls.count("disconnect") == wlan.calls.count("connect") == 2


def test_it_says_why_it_cannot_join_and_goes_on():
    lines = run_radio(Wlan(joins_after=10**9, status=202), 3_000)
    assert len(lines) > 2
    assert set(lines) == {"cannot join: wrong password"}
    lines = run_radio(Wlan(joins_after=10**9), 2 * JOIN_MS + 5_000)
    assert lines == ["cannot join: 1001"] * 2


def test_power_save_is_off_while_pictures_are_taken():
    wlan = Wlan()
    busy = [False]

    def film(now):
        busy[0] = 3_000 < now < 6_000

    run_radio(wlan, 9_000, lambda: busy[0], film)
    assert [call for call in wlan.calls if call[:2] == "pm"] == ["pm 1", "pm 0", "pm 1"]
