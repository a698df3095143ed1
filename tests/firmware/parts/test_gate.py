"""agent.gate, agent.terms and agent.days: every reason why nothing may leave."""

from accord import wire
from accord.book import Book
from agent.clock import Clock
from agent.config import Fields, Picture
from agent.days import Days
from agent.gate import ORPHAN_MS, Gate
from agent.usage import Usage
from tests.firmware.parts.fakes import (
    CAMERA,
    CLIPS,
    EXPORT,
    LIVE,
    NOW,
    OTHER_HUB,
    REGISTER,
    SNAPSHOT,
    Time,
    granted,
    watch,
)

OPEN = "ok"


class Porch:
    """A gate and everything around it, with time that stands still."""

    def __init__(self, *grants, days=None, frame=None):
        self.time = Time()
        self.clock = Clock(self.time.ms)
        self.tell_time(NOW)
        self.book = Book(CAMERA, self.time.ms)
        for one in grants:
            self.book.add(one)
        self.days = days or Days(None)
        self.gate = Gate(
            book=self.book,
            clock=self.clock,
            days=self.days,
            picture=Picture(Fields("config.json", frame or {})),
            elapsed_ms=self.time.ms,
        )

    def tell_time(self, unix_s):
        self.clock.hear_sntp(unix_s * 1000)
        self.clock.hear_host(unix_s * 1000)

    def check(self, *wants, fps=0):
        self.gate.watch(watch(*wants, fps=fps))
        return self.gate.check()

    def wait(self, seconds):
        self.time.now += seconds * 1000
        return self.gate.check()


def test_open():
    porch = Porch(granted(1))
    assert porch.check((1, LIVE)) == OPEN
    assert [p.handle for p in porch.gate.permits] == [bytes([1]) * 16]
    assert porch.gate.allows(porch.gate.permits[0])


def test_nobody_looks():
    porch = Porch(granted(1))
    assert porch.gate.check() == "not-watched"
    assert porch.check((1, LIVE)) == OPEN
    assert porch.check() == "not-watched"
    assert porch.gate.permits == []


def test_reasons_of_grants():
    cases = (
        ("no-grant", None, (2, LIVE)),
        ("wrong-audience", None, (1, LIVE, OTHER_HUB)),
        ("action-not-granted", None, (1, SNAPSHOT)),
        ("action-not-granted", {"actions": ["export"]}, (1, EXPORT)),
        ("action-not-granted", {"actions": ["register"]}, (1, REGISTER)),
        ("action-not-granted", None, (1, 0)),
        ("action-not-granted", None, (1, 99)),
        ("too-small", {"limits": {"w": 95}}, (1, LIVE)),
        ("too-small", {"limits": {"h": 16}}, (1, LIVE)),
        ("outside-window", {"windows": [[0, 1]], "tz": "UTC0"}, (1, LIVE)),
    )
    for reason, detail, want in cases:
        porch = Porch(granted(1, detail))
        assert porch.check(want) == reason, (reason, porch.gate.reason)
        assert porch.gate.permits == []
    porch = Porch(granted(1, status={"status_list": {"idx": 1, "uri": "https://x/1"}}))
    assert porch.check((1, LIVE)) == "no-lease"


def test_every_filming_action_opens():
    for action, code in (("live", LIVE), ("snapshot", SNAPSHOT), ("clips", CLIPS)):
        assert Porch(granted(1, {"actions": [action]})).check((1, code)) == OPEN


def test_before_and_after():
    porch = Porch(granted(1, nbf=NOW + 10))
    assert porch.check((1, LIVE)) == "not-yet-valid"
    assert porch.wait(9) == "not-yet-valid"
    assert porch.wait(1) == OPEN
    permit = porch.gate.permits[0]
    assert porch.wait(3589) == OPEN
    assert porch.gate.allows(permit)
    assert porch.wait(1) == "expired"
    assert not porch.gate.allows(permit)


def test_a_window_opens_and_closes():
    start = (4 * 24 + 8) * 60  # Friday 08:00
    porch = Porch(granted(1, {"windows": [[start + 1, start + 2]], "tz": "UTC0"}))
    assert porch.check((1, LIVE)) == "outside-window"
    assert porch.wait(59) == "outside-window"
    assert porch.wait(1) == OPEN
    assert porch.wait(59) == OPEN
    assert porch.wait(1) == "outside-window"


def test_no_clock_no_frames():
    porch = Porch(granted(1))
    assert porch.check((1, LIVE)) == OPEN
    permit = porch.gate.permits[0]
    porch.clock.hear_host((NOW + 61) * 1000)
    assert porch.gate.check() == "clock-disagrees"
    assert not porch.gate.allows(permit)
    porch.clock = porch.gate._clock = Clock(porch.time.ms)
    assert porch.gate.check() == "no-clock"
    porch.clock = porch.gate._clock = Clock(porch.time.ms, NOW + 500)
    porch.tell_time(NOW)
    assert porch.gate.check() == "clock-behind"


def test_revocation_closes_at_once_and_for_frames_on_their_way():
    porch = Porch(granted(1), granted(2))
    assert porch.check((1, LIVE), (2, LIVE)) == OPEN
    first, second = porch.gate.permits
    porch.book.revoke(first.handle)
    assert not porch.gate.allows(first)
    assert porch.gate.check() == OPEN
    assert porch.gate.permits == [second]
    assert not porch.gate.wants(first)
    porch.book.revoke(second.handle)
    assert porch.gate.check() == "revoked"


def test_the_button_is_stronger_than_everything():
    porch = Porch(granted(1))
    assert porch.check((1, LIVE)) == OPEN
    permit = porch.gate.permits[0]
    porch.gate.button = True
    assert not porch.gate.allows(permit)
    assert porch.gate.check() == "button"


def test_what_is_not_stored_closes_everything():
    porch = Porch(granted(1))
    assert porch.check((1, LIVE)) == OPEN
    permit = porch.gate.permits[0]
    porch.gate.unstored = True
    assert not porch.gate.allows(permit)
    assert porch.gate.check() == "store-fault"
    assert porch.gate.verdicts == {}


class FullStore:
    def save_days(self, record):
        raise OSError(28)


def test_day_counts_that_cannot_be_stored_close_everything():
    porch = Porch(granted(1, {"limits": {"day_s": 600}}))
    usage = Usage(porch.days, porch.gate, porch.clock, porch.book, FullStore())
    assert porch.check((1, LIVE)) == OPEN
    usage.filmed(59_999)
    assert porch.gate.check() == OPEN
    usage.filmed(1)
    assert porch.gate.check() == "store-fault"


def test_a_watch_outlives_its_connection_for_a_blip_only():
    porch = Porch(granted(1))
    assert porch.check((1, LIVE)) == OPEN
    porch.gate.orphan()
    porch.time.now += ORPHAN_MS - 1
    porch.gate.orphan()  # a second failed attempt does not prolong it
    assert porch.gate.check() == OPEN
    porch.time.now += 1
    assert porch.gate.check() == "not-watched"
    assert porch.check((1, LIVE)) == OPEN
    porch.time.now += 2 * ORPHAN_MS
    assert porch.gate.check() == OPEN


def test_the_tightest_of_all_terms():
    tight = granted(2, {"limits": {"fps": 2, "w": 800, "h": 300}})
    porch = Porch(granted(1), tight, frame={"fps": 10, "width": 640, "height": 480, "quality": 80})

    def terms(*wants, fps=0):
        assert porch.check(*wants, fps=fps) == OPEN
        t = porch.gate.terms
        return (t.mode, t.fps, t.width, t.height, t.quality)

    assert terms((1, LIVE)) == (0, 10, 640, 480, 80)
    assert terms((1, LIVE), fps=4) == (0, 4, 640, 480, 80)
    assert terms((1, LIVE), fps=30) == (0, 10, 640, 480, 80)
    assert terms((1, LIVE), (2, LIVE)) == (0, 2, 640, 300, 80)
    porch.gate.settle(wire.Settings(1, 7, 50, 320, 240))
    assert terms((1, LIVE)) == (1, 7, 320, 240, 50)
    assert terms((2, LIVE)) == (1, 2, 320, 240, 50)
    porch.gate.settle(wire.Settings(0, 0, 0, 0, 0))  # as configured
    assert terms((1, LIVE)) == (0, 10, 640, 480, 80)
    porch.gate.settle(wire.Settings(9, 255, 255, 65535, 65535))  # no host widens
    assert terms((1, LIVE)) == (1, 10, 640, 480, 80)
    porch.gate.settle(wire.Settings(0, 1, 1, 1, 1))
    assert terms((1, LIVE)) == (0, 1, 96, 96, 1)


def test_a_host_cannot_turn_motion_into_always():
    porch = Porch(granted(1), frame={"mode": "motion"})
    porch.gate.settle(wire.Settings(0, 0, 0, 0, 0))
    porch.check((1, LIVE))
    assert porch.gate.terms.mode == 1


def test_the_daily_limit():
    limited = granted(1, {"limits": {"day_s": 60}}, exp=NOW + 80_000)
    porch = Porch(limited)
    assert porch.check((1, LIVE)) == OPEN
    porch.days.count(limited, NOW, 59_999)
    assert porch.gate.check() == OPEN
    porch.days.count(limited, NOW, 1)
    assert porch.gate.check() == "day-limit"
    assert porch.wait(16 * 3600 - 1) == "day-limit"
    assert porch.wait(1) == OPEN  # midnight


def test_one_grant_used_up_does_not_close_the_other():
    limited = granted(1, {"limits": {"day_s": 60}})
    porch = Porch(limited, granted(2))
    porch.days.count(limited, NOW, 60_000)
    assert porch.check((1, LIVE), (2, LIVE)) == OPEN
    assert [p.handle[0] for p in porch.gate.permits] == [2]


def test_days_are_local_and_survive_a_restart():
    limited = granted(1, {"limits": {"day_s": 60}, "windows": [[0, 10080]], "tz": "UTC-15:59"})
    days = Days(None)
    days.count(limited, NOW, 60_000)  # 23:59 there
    assert days.due()
    again = Days(days.to_store([limited]))
    assert not days.due()
    assert again.spent(limited, NOW + 59)
    assert not again.spent(limited, NOW + 60)
    forgotten = Days(days.to_store([]))
    assert not forgotten.spent(limited, NOW)


def test_what_was_filmed_before_midnight_is_yesterdays():
    limited = granted(1, {"limits": {"day_s": 60}, "windows": [[0, 10080]], "tz": "UTC-15:59"})
    midnight = NOW + 60
    days = Days(None)
    days.count(limited, midnight + 20, 40_000)  # in one go, half of it before
    assert not days.spent(limited, midnight + 20)
    days.count(limited, midnight + 59, 40_000)
    assert days.spent(limited, midnight + 60)
    days = Days(None)
    days.count(limited, midnight + 50, 300_000)
    assert not days.spent(limited, midnight + 50)  # it began today with fifty seconds
    days.count(limited, midnight + 60, 10_000)
    assert days.spent(limited, midnight + 60)


def test_a_clock_that_goes_back_over_midnight_gives_no_second_day():
    limited = granted(1, {"limits": {"day_s": 60}, "windows": [[0, 10080]], "tz": "UTC-15:59"})
    midnight = NOW + 60
    days = Days(None)
    days.count(limited, midnight - 1, 60_000)
    days.count(limited, midnight + 70, 60_000)
    for now in (midnight - 1, midnight + 70, midnight + 86_399):
        assert days.spent(limited, now)
        days.count(limited, now, 1)
        assert days.spent(limited, now)
    assert not days.spent(limited, midnight + 86_400)


def test_lost_counts_are_used_up_for_today():
    limited, free = granted(1, {"limits": {"day_s": 60}}), granted(2)
    days = Days(None, lost=True)
    assert days.spent(limited, NOW)
    assert not days.spent(free, NOW)
    assert not days.spent(limited, NOW + 86400)
