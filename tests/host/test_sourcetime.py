"""What a source's clock shows, told from frames that come late, out of order, or from nowhere."""

from porchlight.sourcetime import SPAN_S, SourceTime

BOOT = 7
AHEAD_MS = 1_700_000_000_000  # of the source's clock, before that of the host's ticks
HOUR_S = 3_600


def heard(time: SourceTime, taken_s: float, late_s: float = 0.01, ahead_s: float = 0) -> None:
    """A frame taken at `taken_s` by the host's ticks, by a clock that is `ahead_s` off."""
    captured_ms = AHEAD_MS + round((taken_s + ahead_s) * 1000)
    time.heard(BOOT, captured_ms, taken_s + late_s)


def off_ms(time: SourceTime, moment: float) -> int:
    """How far the source's time at `moment` is believed to be past what it is."""
    at = time.at(BOOT, moment)
    assert at is not None
    return round(at - AHEAD_MS - moment * 1000)


def test_nothing_is_known_of_a_boot_that_sent_nothing() -> None:
    time = SourceTime()
    assert time.at(BOOT, 5) is None
    heard(time, 0)
    assert time.at(BOOT, 5) is not None
    assert time.at(BOOT + 1, 5) is None


def test_the_quickest_frame_counts() -> None:
    time = SourceTime()
    for taken_s, late_s in ((0, 0.4), (1, 0.02), (2, 3.0)):
        heard(time, taken_s, late_s)
    assert off_ms(time, 5) == -20


def test_pre_roll_after_hours_of_quiet_does_not_take_the_time_back() -> None:
    time = SourceTime()
    heard(time, 0)
    for number in range(25):
        heard(time, 3 * HOUR_S - 5 + number / 5, late_s=5 - number / 5)
        assert off_ms(time, 3 * HOUR_S) == -10


def test_a_stalled_line_does_not_take_the_time_back() -> None:
    time = SourceTime()
    heard(time, 0)
    for number in range(100):
        heard(time, 1 + number / 5, late_s=SPAN_S - number / 5)
    assert off_ms(time, SPAN_S + 1) == -10


def test_a_clock_that_was_ahead_is_forgotten_within_a_minute_of_frames() -> None:
    time = SourceTime()
    heard(time, 0, ahead_s=60)
    for taken_s in range(1, 63):
        heard(time, taken_s)
    assert off_ms(time, 63) == -10


def test_a_clock_that_is_set_ahead_is_believed_at_once() -> None:
    time = SourceTime()
    heard(time, 0)
    heard(time, 1, ahead_s=60)
    assert off_ms(time, 2) == 59_990


def test_another_boot_has_another_clock() -> None:
    time = SourceTime()
    heard(time, 0, ahead_s=60)
    time.heard(BOOT + 1, AHEAD_MS + 1_000, 1.0)
    assert time.at(BOOT, 1) is None
    assert time.at(BOOT + 1, 1) == AHEAD_MS + 1_000
