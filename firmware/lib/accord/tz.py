"""Local time of the week from a POSIX TZ string, such as "CET-1CEST,M3.5.0,M10.5.0/3".

Only what IANA's zones of today need: `std offset`, optionally `dst[offset],rule,rule` where a rule
is Mm.w.d[/time] (POSIX.1 §8.3). Julian days are refused. Windows in a grant are minutes of the
local week, 0 = Monday 00:00.
"""

WEEK = 7 * 24 * 60
_DAY_S = 86400


def local_minutes(tz: str, unix_s: int) -> int:
    """Minute of the local week, 0..10079; ValueError for a TZ string we do not read."""
    return parse(tz).minute_of_week(unix_s)


def parse(tz: str) -> "Zone":
    """ValueError unless `tz` is of the form above."""
    rest = _after_name(tz)
    offset, rest = _signed_time(rest)
    if not rest:
        return Zone(-offset, -offset, [])
    rest = _after_name(rest)
    summer = offset - 3600
    if rest and rest[0] != ",":
        summer, rest = _signed_time(rest)
    rules = rest.split(",")
    if len(rules) != 3 or rules[0]:
        raise ValueError("bad time zone")
    return Zone(-offset, -summer, [_rule(rules[1]), _rule(rules[2])])


class Zone:
    """Offsets east of UTC in seconds; the rules that begin and end summer time, or none."""

    def __init__(
        self, winter_s: int, summer_s: int, rules: "list[tuple[int, int, int, int]]"
    ) -> None:
        self.winter_s = winter_s
        self.summer_s = summer_s
        self._rules = rules

    def minute_of_week(self, unix_s: int) -> int:
        local = unix_s + self.offset_s(unix_s)
        return (local // 60 + 3 * 1440) % WEEK  # 1970-01-01 was a Thursday

    def offset_s(self, unix_s: int) -> int:
        if not self._rules:
            return self.winter_s
        begin, end = self._changes(unix_s)
        if begin < end:
            return self.summer_s if begin <= unix_s < end else self.winter_s
        return self.winter_s if end <= unix_s < begin else self.summer_s  # southern half

    def next_change(self, unix_s: int) -> int:
        """When clocks are next set, within two years; a week on where they never are."""
        if not self._rules:
            return unix_s + 7 * _DAY_S
        moments = self._changes(unix_s) + self._changes(unix_s, 1)
        return min([moment for moment in moments if moment > unix_s])

    def _changes(self, unix_s: int, later: int = 0) -> "tuple[int, int]":
        """Begin and end of summer time (unix s) in the local year of `unix_s`, or `later`."""
        year = _year((unix_s + self.winter_s) // _DAY_S) + later
        begin, end = [_moment(year, rule) for rule in self._rules]
        return begin - self.winter_s, end - self.summer_s


def _after_name(text: str) -> str:
    """What follows `CET` or `<+03>` at the start of `text`."""
    end = 0
    while end < len(text) and text[end].isalpha():
        end += 1
    if text[:1] == "<":
        end = text.find(">") + 1
    if end < 3:
        raise ValueError("bad time zone")
    return text[end:]


def _signed_time(text: str) -> "tuple[int, str]":
    """[+|-]hh[:mm[:ss]] at the start of `text`, in seconds, and what follows it."""
    end = 0
    while end < len(text) and text[end] in "+-0123456789:":
        end += 1
    return _seconds(text[:end]), text[end:]


def _seconds(text: str) -> int:
    sign = -1 if text[:1] == "-" else 1
    fields = (text[1:] if text[:1] in ("+", "-") else text).split(":")
    fields = fields + ["0"] * (3 - len(fields))
    hours, minutes, seconds = [_number(field, 167) for field in fields]
    if minutes > 59 or seconds > 59:
        raise ValueError("bad time zone")
    return sign * (hours * 3600 + minutes * 60 + seconds)


def _rule(text: str) -> "tuple[int, int, int, int]":
    """Mm.w.d[/time] -> (month, week, weekday with 0 = Sunday, seconds after local midnight)."""
    date, _, time = text.partition("/")
    fields = date[1:].split(".")
    if date[:1] != "M" or len(fields) != 3:
        raise ValueError("bad time zone")
    month, week, day = _number(fields[0], 12, 1), _number(fields[1], 5, 1), _number(fields[2], 6)
    return month, week, day, _seconds(time) if time else 7200


def _number(text: str, most: int, least: int = 0) -> int:
    if not 1 <= len(text) <= 3 or not text.isdigit():
        raise ValueError("bad time zone")
    if not least <= int(text) <= most:
        raise ValueError("bad time zone")
    return int(text)


def _moment(year: int, rule: "tuple[int, int, int, int]") -> int:
    """Local seconds since 1970 of the rule's day and time in `year`."""
    month, week, weekday, seconds = rule
    first = _days(year, month)
    day = first + (weekday - (first + 4)) % 7 + 7 * (week - 1)
    if day >= (_days(year, month + 1) if month < 12 else _days(year + 1, 1)):
        day -= 7  # week 5 means the last one
    return day * _DAY_S + seconds


def _days(year: int, month: int) -> int:
    """Days from 1970-01-01 to the first of the month (H. Hinnant, days_from_civil)."""
    y = year - (1 if month <= 2 else 0)
    of_year = (153 * ((month + 9) % 12) + 2) // 5
    return 365 * y + y // 4 - y // 100 + y // 400 + of_year - 719468


def _year(days: int) -> int:
    year = 1970 + days // 366
    while _days(year + 1, 1) <= days:
        year += 1
    return year
