"""Plain words for time: "2h", "until 23:00", ISO times, and "mon-fri 18:00-23:00" for windows.

Everything is read with `now` and the time zone handed in; `accord.tz` is the judge of local time,
so a grant means here what it means on the board. UsageError says which words are understood.
"""

import re
from datetime import UTC, datetime

from accord import tz as accord_tz
from porchkit.errors import UsageError

DAY_MIN = 24 * 60
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_SPAN = re.compile(r"(\d{1,7})\s*([smhdw])")
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def parse_span(text: str) -> int:
    """Seconds of "90s", "30m", "2h", "1h30m", "90d", "2w"."""
    compact = text.strip().lower()
    parts = _SPAN.findall(compact)
    if not parts or _SPAN.sub("", compact).strip():
        raise UsageError(f"'{text}' is no length of time; write 30m, 2h, 1h30m or 90d")
    seconds = sum(int(number) * _UNITS_S[unit] for number, unit in parts)
    if seconds == 0:
        raise UsageError(f"'{text}' is no time at all; write 30m, 2h, 1h30m or 90d")
    return seconds


def parse_end(text: str, start: int, tz: str) -> int:
    """Unix seconds at which something beginning at `start` ends: a span, or "until MOMENT"."""
    words = text.strip()
    if words.lower().startswith("until "):
        return parse_moment(words[6:], start, tz)
    return start + parse_span(words)


def parse_moment(text: str, now: int, tz: str) -> int:
    """Unix seconds of "now", "23:00" (the next one), "2026-11-05", "2026-11-05T18:00",
    the same with Z or +01:00. Without an offset the time is local to `tz`."""
    words = text.strip().lower()
    if words == "now":
        return now
    if _CLOCK.fullmatch(words):
        return _next_clock(_minute_of_day(words), now, tz)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"'{text}' is no time; write 23:00, 2026-11-05T18:00 or 2026-11-05T18:00+01:00"
        ) from None
    if moment.tzinfo is not None:
        return int(moment.timestamp())
    return _from_local(moment, tz)


def parse_windows(text: str) -> list[list[int]]:
    """[start, end] minutes of the local week of "mon-fri 18:00-23:00, sat 10:00-12:00", merged.

    Days: one, a range, `daily`, `weekdays`, `weekend`. A window may run past midnight
    ("fri 22:00-02:00"), and past Sunday night."""
    spans: list[tuple[int, int]] = []
    for part in text.split(","):
        spans += _window(part)
    merged: list[list[int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


def describe_windows(windows: list[list[int]]) -> str:
    """Back to words, one window each: "mon 18:00-23:00, tue 18:00-23:00"."""
    return ", ".join(
        f"{_DAYS[start // DAY_MIN]} {_hhmm(start % DAY_MIN)}-{_window_end(start, end)}"
        for start, end in windows
    )


def describe_span(seconds: int) -> str:
    """A length of time a person can read: "2 h", "1 h 30 min", "90 days"."""
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [
        f"{days} day{'' if days == 1 else 's'}" if days else "",
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes else "",
        f"{rest} s" if rest and not days else "",
    ]
    return " ".join(part for part in parts if part) or "0 s"


def local_text(unix_s: int, tz: str) -> str:
    """Local time of `tz` as "2026-11-05 18:00"."""
    return _local(unix_s, tz).strftime("%Y-%m-%d %H:%M")


def _local(unix_s: int, tz: str) -> datetime:
    """Local wall clock, as a naive datetime. The offset is the one `accord.tz` applies."""
    offset_s = accord_tz.parse(tz).offset_s(unix_s)
    return datetime.fromtimestamp(unix_s + offset_s, UTC).replace(tzinfo=None)


def _from_local(moment: datetime, tz: str) -> int:
    """Unix seconds of a local wall clock time. A time that the change to summer time skips comes
    out an hour later; one that happens twice means the first."""
    zone = accord_tz.parse(tz)
    wall = int(moment.replace(tzinfo=UTC).timestamp())
    offsets = sorted({zone.offset_s(wall + day * 86400) for day in (-1, 0, 1)}, reverse=True)
    exact = [wall - offset for offset in offsets if zone.offset_s(wall - offset) == offset]
    return exact[0] if exact else wall - offsets[-1]


def _next_clock(minute: int, now: int, tz: str) -> int:
    """The next moment after `now` when local clocks show `minute` of the day."""
    today = _local(now, tz).replace(hour=0, minute=0, second=0, microsecond=0)
    for day in (0, 1, 2):
        shown = datetime.fromtimestamp(
            today.replace(tzinfo=UTC).timestamp() + day * 86400 + minute * 60, UTC
        )
        moment = _from_local(shown.replace(tzinfo=None), tz)
        if moment > now:
            return moment
    raise AssertionError("a day has every clock time within two days")


def _window(part: str) -> list[tuple[int, int]]:
    days_text, _, times = part.strip().lower().rpartition(" ")
    begin, dash, end = times.partition("-")
    if not dash or not _CLOCK.fullmatch(begin) or not _CLOCK.fullmatch(end):
        raise UsageError(
            f"'{part.strip()}' is no window; write mon-fri 18:00-23:00, sat 10:00-12:00"
        )
    first, last = _minute_of_day(begin), _minute_of_day(end)
    if first in (last, DAY_MIN):
        raise UsageError(f"the window '{part.strip()}' has no length; write 00:00-24:00 for a day")
    length = last - first if last > first else last - first + DAY_MIN
    return [
        span
        for day in _days(days_text.strip() or "daily")
        for span in _wrapped(day * DAY_MIN + first, length)
    ]


def _wrapped(start: int, length: int) -> list[tuple[int, int]]:
    """Cut in two what runs over the end of the week."""
    end = start + length
    if end <= accord_tz.WEEK:
        return [(start, end)]
    return [(start, accord_tz.WEEK), (0, end - accord_tz.WEEK)]


def _days(text: str) -> list[int]:
    named = {"daily": "mon-sun", "weekdays": "mon-fri", "weekend": "sat-sun"}
    first, dash, last = named.get(text, text).partition("-")
    if first[:3] not in _DAYS or (dash and last[:3] not in _DAYS):
        raise UsageError(f"'{text}' is no day; write mon, mon-fri, daily, weekdays or weekend")
    start = _DAYS.index(first[:3])
    stop = _DAYS.index(last[:3]) if dash else start
    return [(start + i) % 7 for i in range((stop - start) % 7 + 1)]


def _minute_of_day(text: str) -> int:
    hours, minutes = (int(part) for part in text.split(":"))
    if hours * 60 + minutes > DAY_MIN:
        raise UsageError(f"'{text}' is no time of day; the day ends at 24:00")
    return hours * 60 + minutes


def _hhmm(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _window_end(start: int, end: int) -> str:
    """The end as a clock time; a window of several days names the day too."""
    if end - start <= DAY_MIN:
        return _hhmm(end % DAY_MIN or DAY_MIN)
    return f"{_DAYS[(end - 1) // DAY_MIN]} {_hhmm(end % DAY_MIN or DAY_MIN)}"
