"""accord.tz against zoneinfo, second by second where clocks are set; on CPython alone, for a board
has no zoneinfo. tests/accord/test_tz.py holds both to some moments of both.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord import tz
from tests.support.rules import zone

FROM, UNTIL = 1_600_000_000, 2_100_000_000  # 2020 to 2036
ZONES = {
    "Australia/Lord_Howe": "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",  # by half an hour
    "America/Santiago": "<-04>4<-03>,M9.1.6/24,M4.1.6/24",  # at the end of a day
    "Pacific/Auckland": "NZST-12NZDT,M9.5.0,M4.1.0/3",
    "Pacific/Chatham": "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45",
    "Antarctica/Troll": "<+00>0<+02>-2,M3.5.0/1,M10.5.0/3",  # by two hours
    "America/Nuuk": "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",  # before its day begins
    "Europe/Dublin": "IST-1GMT0,M10.5.0,M3.5.0/1",  # winter is the other time
    "America/Havana": "CST5CDT,M3.2.0/0,M11.1.0/1",
    "Europe/Berlin": "CET-1CEST,M3.5.0,M10.5.0/3",
    "America/St_Johns": "NST3:30NDT,M3.2.0,M11.1.0",
    "Africa/Casablanca": "<+01>-1",  # what a POSIX string can say: Ramadan is in no rule
    "Asia/Kathmandu": "<+0545>-5:45",
    "Etc/UTC": "UTC0",
}
FIXED = ("Africa/Casablanca", "Asia/Kathmandu", "Etc/UTC")
PAST = 1_767_225_600  # 2026: before it some of these had other rules


def agrees(posix: str, unix_s: int, real: ZoneInfo) -> None:
    ours, local = tz.parse(posix), datetime.fromtimestamp(unix_s, real)
    offset = local.utcoffset()
    assert offset is not None
    assert ours.offset_s(unix_s) == offset.total_seconds(), (posix, unix_s)
    minute = (local.weekday() * 24 + local.hour) * 60 + local.minute
    assert ours.minute_of_week(unix_s) == minute, (posix, unix_s)


@pytest.mark.parametrize("name", [name for name in ZONES if name not in FIXED])
def test_clocks_are_set_at_that_very_second_and_no_other(name: str) -> None:
    """Both halves of the earth, both ways: the last second of the one time, the first of the
    other."""
    posix, real, ours = ZONES[name], ZoneInfo(name), tz.parse(ZONES[name])
    moment = PAST
    for _ in range(12):
        before, moment = moment, ours.next_change(moment)
        assert ours.next_change(moment - 1) == moment
        assert ours.next_change(moment) > moment
        assert ours.offset_s(moment - 1) == ours.offset_s(before) != ours.offset_s(moment)
        for second in (-3_600, -1, 0, 1, 1_799, 1_800, 3_599, 3_600):
            agrees(posix, moment + second, real)


def test_clocks_that_are_never_set() -> None:
    for name in FIXED:
        found = tz.parse(ZONES[name])
        assert {found.offset_s(second) for second in range(FROM, UNTIL, 10_000_000)} == {
            found.offset_s(0)
        }


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(ZONES)), st.integers(FROM, UNTIL))
def test_any_moment_as_zoneinfo_reads_the_very_same_string(name: str, unix_s: int) -> None:
    agrees(ZONES[name], unix_s, zone(ZONES[name]))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(("-10:30", "4", "-14", "12", "0", "3:30")),
    st.integers(2, 11),
    st.integers(2, 11),
    st.tuples(
        *[st.integers(1, 5), st.integers(0, 6), st.sampled_from(("", "/0", "/24", "/-2"))] * 2
    ),
)
def test_rules_of_no_zone_that_is(
    offset: str, begin: int, end: int, more: tuple[int, int, str, int, int, str]
) -> None:
    """Of changes that are not about the year's end: there is no zone with such, and what is there
    when is a question of which year it is."""
    if begin == end:
        return
    week, day, time, other_week, other_day, other_time = more
    posix = (
        f"AAA{offset}BBB,M{begin}.{week}.{day}{time},M{end}.{other_week}.{other_day}{other_time}"
    )
    ours, real, moment = tz.parse(posix), zone(posix), PAST
    for _ in range(4):
        moment = ours.next_change(moment)
        for second in (-1, 0, 1):
            agrees(posix, moment + second, real)
