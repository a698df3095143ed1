"""Plain words for time, and the zone a grant carries."""

import pytest

from accord import tz as accord_tz
from porchkit import when, zone
from porchkit.errors import UsageError

BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"
NOON = 1_793_880_000  # 2026-11-05 12:00:00 UTC, a Thursday: 13:00 in Berlin


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("2h", 7200),
        ("1h30m", 5400),
        ("90d", 7_776_000),
        (" 2 H ", 7200),
    ],
)
def test_span(text: str, seconds: int) -> None:
    assert when.parse_span(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "-2h", "2h3", "two hours", "0h", "1.5h", "2y"])
def test_span_that_makes_no_sense(text: str) -> None:
    with pytest.raises(UsageError, match="write 30m"):
        when.parse_span(text)


@pytest.mark.parametrize(
    ("text", "ahead_s"),
    [
        ("now", 0),
        ("13:30", 1800),
        ("13:00", 86400),  # the next one, not this very moment
        ("24:00", 11 * 3600),
        ("2026-11-05T14:00", 3600),
        ("2026-11-05T14:00Z", 7200),
        ("2026-11-05T14:00+02:00", 0),
        ("2026-11-06", 11 * 3600),
    ],
)
def test_moment(text: str, ahead_s: int) -> None:
    assert when.parse_moment(text, NOON, BERLIN) == NOON + ahead_s


@pytest.mark.parametrize("text", ["", "25:00", "tomorrow", "2026-13-01", "24:30"])
def test_moment_that_makes_no_sense(text: str) -> None:
    with pytest.raises(UsageError):
        when.parse_moment(text, NOON, BERLIN)


@pytest.mark.parametrize(
    ("text", "unix_s"),
    [
        ("2026-03-29T01:59", 1_774_745_940),
        ("2026-03-29T02:30", 1_774_747_800),  # skipped: an hour later, 03:30 summer time
        ("2026-10-25T02:30", 1_792_888_200),  # twice: the first
        ("2026-10-25T03:00", 1_792_893_600),
    ],
)
def test_local_time_at_the_changes(text: str, unix_s: int) -> None:
    assert when.parse_moment(text, NOON, BERLIN) == unix_s


def test_next_clock_across_the_change_is_what_local_clocks_show() -> None:
    evening_before = 1_774_724_400  # 2026-03-28 20:00 in Berlin
    moment = when.parse_moment("07:00", evening_before, BERLIN)
    assert accord_tz.local_minutes(BERLIN, moment) % 1440 == 7 * 60
    assert moment - evening_before == 10 * 3600


def test_end_is_a_span_or_a_moment() -> None:
    assert when.parse_end("2h", NOON, BERLIN) == NOON + 7200
    assert when.parse_end("until 23:00", NOON, BERLIN) == NOON + 10 * 3600


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("mon 00:00-24:00", [[0, 1440]]),
        ("mon-tue 18:00-23:00", [[1080, 1380], [2520, 2820]]),
        ("sat 10:00-12:00, mon 8:00-9:00", [[480, 540], [7800, 7920]]),
        ("mon 08:00-10:00, mon 09:00-11:00", [[480, 660]]),
        ("weekend 00:00-24:00", [[7200, 10080]]),
        ("fri-mon 01:00-02:00", [[60, 120], [5820, 5880], [7260, 7320], [8700, 8760]]),
        ("fri 22:00-02:00", [[7080, 7320]]),
        ("sun 22:00-02:00", [[0, 120], [9960, 10080]]),
        ("monday-wednesday 12:00-13:00", [[720, 780], [2160, 2220], [3600, 3660]]),
        ("daily 00:00-24:00", [[0, 10080]]),
        ("10:00-11:00", [[600 + day * 1440, 660 + day * 1440] for day in range(7)]),
    ],
)
def test_windows(text: str, windows: list[list[int]]) -> None:
    assert when.parse_windows(text) == windows


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mon",
        "mon 18:00",
        "xyz 18:00-19:00",
        "mon 18:00-18:00",
        "mon 25:00-26:00",
        "mon 24:00-01:00",
    ],
)
def test_windows_that_make_no_sense(text: str) -> None:
    with pytest.raises(UsageError):
        when.parse_windows(text)


def test_windows_back_to_words() -> None:
    words = "mon 18:00-23:00, fri 22:00-02:00"
    assert when.describe_windows(when.parse_windows(words)) == words
    assert when.describe_windows([[0, 10080]]) == "mon 00:00-sun 24:00"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (90, "1 min 30 s"), (7200, "2 h"), (90000, "1 day 1 h")]
)
def test_span_back_to_words(seconds: int, text: str) -> None:
    assert when.describe_span(seconds) == text


def test_local_text() -> None:
    assert when.local_text(NOON, BERLIN) == "2026-11-05 13:00"


def test_zone_from_the_environment(tmp_path) -> None:
    assert zone.system({"TZ": BERLIN}) == BERLIN
    assert zone.system({"TZ": "UTC"}) == "UTC0"
    assert zone.system({"TZ": "<+0330>-3:30"}) == "<+0330>-3:30"
    assert zone.system({}, tmp_path / "absent") == "UTC0"


def test_zone_from_a_zoneinfo_file(tmp_path) -> None:
    file = tmp_path / "localtime"
    file.write_bytes(b"TZif2" + bytes(40) + b"\n" + BERLIN.encode() + b"\n")
    assert zone.system({}, file) == BERLIN
    assert zone.system({"TZ": f":{file}"}) == BERLIN


@pytest.mark.parametrize(
    "content", [b"", b"not a zone", b"TZif2\n\n", b"TZif2\nCET-1CEST,J60,J300\n"]
)
def test_zone_file_without_a_rule(tmp_path, content: bytes) -> None:
    file = tmp_path / "localtime"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="--tz"):
        zone.system({}, file)


@pytest.mark.parametrize(
    "text", ["Nowhere/City", "../../etc/passwd", "CET-1CEST", "Europe/ Berlin"]
)
def test_zone_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="no time zone"):
        zone.resolve(text)
