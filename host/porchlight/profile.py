"""The jurisdiction's profile: rules of the place, in a TOML file, which can only narrow.

    tz = "CET-1CEST,M3.5.0,M10.5.0/3"      for `hours`; UTC where it is missing

    [[forbid]]                             hubs never, whatever a grant says
    why = "council-2026-14"                one word; the resident's log says it
    actions = ["live"]                     what is missing means: all of them
    labels = ["*doorbell*"]                the camera's label, * and ? as in file names
    sources = ["board"]                    the camera's kind
    purposes = ["theft"]
    hours = ["22:00-06:00"]

    [[approve]]                            only with a second operator's approval; the same keys,
                                           but for `search`: what is opened is approved

    [[hold]]                               an area in which hubs open nothing for a while: holds.py

There is no word in it that allows anything. A key or a word that is not known is an error: a rule
that is not understood must not be passed over. Residents at their own cameras are not concerned.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any, Final, TypeVar

from accord.grant import PURPOSES
from accord.tz import Zone
from accord.tz import parse as zone_of
from porchlight import holds
from porchlight.errors import ConfigError
from porchlight.holds import Hold
from porchlight.search.sphere import Point

OPENED: Final = frozenset({"live", "snapshot", "clips", "export"})
ACTIONS: Final = OPENED | {"search"}
FORBIDDEN: Final = "profile-forbids"
HELD: Final = "area-held"
SOURCES: Final = frozenset({"board", "esphome", "mjpeg_http", "rtsp", "replay"})
MAX_RULES: Final = 256
Read = TypeVar("Read")
_MAX_WORDS: Final = 64
_DAY: Final = 24 * 60
_SPAN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)\Z")
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")


@dataclass(frozen=True)
class Asked:
    """What somebody wants of one camera. `now`: unix s. `place`: None where it is not known.
    `filmed`: from when to when (unix s) what is wanted was, if it is recorded."""

    action: str
    label: str
    source: str
    purpose: str
    now: int
    place: Point | None = None
    filmed: tuple[int, int] | None = None


@dataclass(frozen=True)
class Rule:
    """One rule; an empty part covers all. `hours`: minutes of the local day, end not included."""

    why: str
    actions: frozenset[str] = frozenset()
    labels: tuple[str, ...] = ()
    sources: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    hours: tuple[tuple[int, int], ...] = ()

    def covers(self, asked: Asked) -> bool:
        """Whether it is about this camera, action and purpose, at some hour."""
        return (
            (not self.actions or asked.action in self.actions)
            and (not self.sources or asked.source in self.sources)
            and (not self.purposes or asked.purpose in self.purposes)
            and (not self.labels or self._labelled(asked.label))
        )

    def open_at(self, minute: int) -> bool:
        """Whether it holds at this minute of the local day."""
        return not self.hours or any((minute - a) % _DAY < (b - a) % _DAY for a, b in self.hours)

    def next_at(self, minute: int) -> int:
        """Minutes until it holds again, if it does not hold now; at least one."""
        return min(((a - minute - 1) % _DAY + 1 for a, _ in self.hours), default=_DAY)

    def _labelled(self, label: str) -> bool:
        return any(fnmatchcase(label.casefold(), pattern) for pattern in self.labels)


@dataclass(frozen=True)
class Profile:
    """All rules of the place; none by default."""

    forbid: tuple[Rule, ...] = ()
    approve: tuple[Rule, ...] = ()
    tz: str = "UTC0"
    hold: tuple[Hold, ...] = ()

    @property
    def narrows(self) -> bool:
        """Whether anything can be refused by it."""
        return bool(self.forbid or self.hold)

    def refuses(self, asked: Asked) -> tuple[str, str] | None:
        """Why it is refused now, FORBIDDEN or HELD, and by which rule's `why`; None: it is not."""
        rule = self.forbids(asked)
        if rule is not None:
            return FORBIDDEN, rule.why
        hold = self.holds(asked)
        return None if hold is None else (HELD, hold.why)

    def forbids(self, asked: Asked) -> Rule | None:
        """The rule that forbids it now, if there is one."""
        return self._first(self.forbid, asked)

    def holds(self, asked: Asked) -> Hold | None:
        """The hold that lies on its area, or did when it was filmed."""
        if asked.action not in OPENED:
            return None
        times = [(asked.now, asked.now), *([] if asked.filmed is None else [asked.filmed])]
        of_then = (hold for hold in self.hold if any(hold.within(*time) for time in times))
        return next((hold for hold in of_then if hold.covers(asked.place)), None)

    def wants_two(self, asked: Asked) -> Rule | None:
        """The rule that wants a second operator's approval for it now, if there is one."""
        return self._first(self.approve, asked)

    def until(self, asked: Asked, *, approved: bool = False) -> int | None:
        """When (unix s) it will be forbidden or held, or want a second person where it is not
        `approved` by one, or the clocks change; None where never."""
        held = self.hold if asked.action in OPENED else ()
        ends = [one.begins for one in held if one.begins > asked.now and one.covers(asked.place)]
        rules = self.forbid if approved else (*self.forbid, *self.approve)
        timed = [rule for rule in rules if rule.hours and rule.covers(asked)]
        if timed:
            minute = self._minute(asked.now)
            left = min(rule.next_at(minute) for rule in timed)
            ends += [asked.now - asked.now % 60 + left * 60, self._zone().next_change(asked.now)]
        return min(ends, default=None)

    def _first(self, rules: tuple[Rule, ...], asked: Asked) -> Rule | None:
        if not rules:
            return None
        minute = self._minute(asked.now)
        return next((rule for rule in rules if rule.covers(asked) and rule.open_at(minute)), None)

    def _minute(self, now: int) -> int:
        return self._zone().minute_of_week(now) % _DAY

    def _zone(self) -> Zone:
        return zone_of(self.tz)


def parse(document: dict[str, Any]) -> Profile:
    """Check a profile already read from TOML; ConfigError names the first thing that is wrong."""
    _only(document, {item.name for item in fields(Profile)}, "")
    zone = document.get("tz", "UTC0")
    try:
        zone_of(zone if isinstance(zone, str) else "")
    except ValueError:
        raise ConfigError('tz must be a POSIX time zone such as "EST5EDT,M3.2.0,M11.1.0"') from None
    rules = _rules(document, "forbid"), _rules(document, "approve")
    profile = Profile(*rules, zone, _tables(document, "hold", _hold))
    for number, rule in enumerate(profile.approve, 1):
        if "search" in rule.actions:  # nobody is asked then, and the rule would be passed over
            raise ConfigError(f"approve[{number}].actions may not hold search; forbid it instead")
    return profile


def _rules(document: dict[str, Any], kind: str) -> tuple[Rule, ...]:
    return _tables(document, kind, _rule)


def _tables(
    document: dict[str, Any], kind: str, read: Callable[[dict[str, Any], str], Read]
) -> tuple[Read, ...]:
    given = document.get(kind, [])
    if not isinstance(given, list) or not all(isinstance(rule, dict) for rule in given):
        raise ConfigError(f"{kind} must be rules; write [[{kind}]]")
    if len(given) > MAX_RULES:
        raise ConfigError(f"{kind} has more than {MAX_RULES} rules")
    return tuple(read(rule, f"{kind}[{number}]") for number, rule in enumerate(given, 1))


def _hold(given: dict[str, Any], where: str) -> Hold:
    return holds.parse(given, where, _why)


def _rule(given: dict[str, Any], where: str) -> Rule:
    _only(given, {"why", *_PARTS}, where + ".")
    why = _why(given.get("why"), f"{where}.why")
    parts = {name: _PARTS[name](given[name], f"{where}.{name}") for name in _PARTS if name in given}
    return Rule(why, **parts)


def _why(given: object, where: str) -> str:
    if not isinstance(given, str) or not _WORD.match(given):
        raise ConfigError(f"{where} must be one word of a-z 0-9 - _")
    return given


def _only(given: dict[str, Any], known: set[str], where: str) -> None:
    for key in given:
        if key not in known:
            raise ConfigError(f"{where}{key} is not known; use one of {', '.join(sorted(known))}")


def _texts(given: object, where: str) -> list[str]:
    if not isinstance(given, list) or not 1 <= len(given) <= _MAX_WORDS:
        raise ConfigError(f"{where} must be a list of 1 to {_MAX_WORDS} texts")
    if not all(isinstance(text, str) and 1 <= len(text) <= 64 for text in given):
        raise ConfigError(f"{where} must be a list of texts of 1 to 64 characters")
    return given


def _of(known: frozenset[str]) -> Callable[[object, str], frozenset[str]]:
    def words(given: object, where: str) -> frozenset[str]:
        found = frozenset(_texts(given, where))
        if found - known:
            raise ConfigError(f"{where} may hold {', '.join(sorted(known))}")
        return found

    return words


def _labels(given: object, where: str) -> tuple[str, ...]:
    return tuple(pattern.casefold() for pattern in _texts(given, where))


def _hours(given: object, where: str) -> tuple[tuple[int, int], ...]:
    spans = []
    for text in _texts(given, where):
        found = _SPAN.match(text)
        if found is None:
            raise ConfigError(f'{where} must be spans such as "22:00-06:00"')
        a, am, b, bm = (int(part) for part in found.groups())
        begin, end = a * 60 + am, b * 60 + bm
        if (end - begin) % _DAY == 0 or end > _DAY:
            raise ConfigError(f"{where} holds {text!r}; leave hours away for the whole day")
        spans.append((begin, end))
    return tuple(spans)


_PARTS: Final[dict[str, Callable[[object, str], Any]]] = {
    "actions": _of(ACTIONS),
    "labels": _labels,
    "sources": _of(SOURCES),
    "purposes": _of(frozenset(PURPOSES)),
    "hours": _hours,
}
