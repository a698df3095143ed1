"""A week of a resident's log: when it begins, and what hubs did in it, counted.

One way of counting for the host, which enters a digest every week, and for whoever reads the log
and counts again. Pure: entries as the API shows them in, JSON-ready lines out.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from accord.grant import PURPOSES
from accord.tz import Zone

OPENED, CLOSED, REFUSED = "view.open", "view.close", "access.refused"
PLAYED, RELEASED = "clip.played", "clip.released"
COUNTED: Final = (OPENED, CLOSED, PLAYED, RELEASED, REFUSED)
COUNTS: Final = ("views", "snapshots", "plays", "exports", "refused", "seconds")
MOST_LINES: Final = 40  # what would be more is added up in one line: an entry has its largest size
_DAY_S: Final = 86_400
_HOUR_S: Final = 3600
_EIGHT: Final = 8 * 60  # minutes of Monday
_WEEK: Final = 7 * 1440  # minutes
_Key = tuple[str, str]  # hub and purpose; "": none, or none we know


def begun(now: int, zone: Zone) -> int:
    """When the week of `now` began (unix s): the last Monday, 08:00 by the clocks of `zone`."""
    into = (zone.minute_of_week(now) - _EIGHT) % _WEEK
    at = now - now % 60 - into * 60
    return at + zone.offset_s(now) - zone.offset_s(at)  # clocks may have been set since


def before(at: int, zone: Zone, weeks: int = 1) -> int:
    """So many weeks before `at`, which is such a Monday."""
    return begun(at - weeks * 7 * _DAY_S + 3 * _HOUR_S, zone)


def after(at: int, zone: Zone) -> int:
    """The Monday after `at`, which is one."""
    return begun(at + 7 * _DAY_S + 3 * _HOUR_S, zone)


def count(entries: Iterable[Mapping[str, Any]], resident: str) -> list[dict[str, Any]]:
    """What was done, by hub and purpose; the resident's own looks are no news and do not count.

    A line has `hub` (a thumb), `hub_name`, `purpose`, each None where there is none, and COUNTS.
    A look's seconds count when it ends. The line of what was left over has no hub and no purpose.
    """
    lines: dict[_Key, dict[str, int]] = {}
    names: dict[str, str] = {}
    for entry in entries:
        hub, purpose = entry["hub"] or "", entry["purpose"] or ""
        found = _of(entry)
        if hub == resident or found is None or not found[1]:
            continue
        if entry["hub_name"]:
            names[hub] = entry["hub_name"]
        _add(lines, (hub, purpose if purpose in PURPOSES else ""), {found[0]: found[1]})
    return [_line(key, line, names) for key, line in sorted(_bounded(lines).items())]


def _of(entry: Mapping[str, Any]) -> tuple[str, int] | None:
    """Which count an entry adds to, and how much; None: to none."""
    kind, detail = entry["type"], entry["detail"] or {}
    if kind == OPENED:
        return ("snapshots" if detail.get("action") == "snapshot" else "views"), 1
    if kind == CLOSED:
        return "seconds", _whole(detail.get("seconds"), 0)
    if kind == REFUSED:
        return "refused", _whole(detail.get("count"), 1)
    return {PLAYED: ("plays", 1), RELEASED: ("exports", 1)}.get(kind)


def _whole(value: object, missing: int) -> int:
    return value if type(value) is int and value >= 0 else missing


def _add(lines: dict[_Key, dict[str, int]], key: _Key, more: Mapping[str, int]) -> None:
    line = lines.setdefault(key, dict.fromkeys(COUNTS, 0))
    for name, number in more.items():
        line[name] += number


def _bounded(lines: dict[_Key, dict[str, int]]) -> dict[_Key, dict[str, int]]:
    """The largest MOST_LINES, and the rest in one."""
    ranked = sorted(lines, key=lambda key: (-sum(lines[key].values()), key))
    kept = {key: lines[key] for key in ranked[:MOST_LINES]}
    for key in ranked[MOST_LINES:]:
        _add(kept, ("", ""), lines[key])
    return kept


def _line(key: _Key, line: Mapping[str, int], names: Mapping[str, str]) -> dict[str, Any]:
    hub, purpose = key
    who = {"hub": hub or None, "hub_name": names.get(hub) if hub else None}
    return {**who, "purpose": purpose or None, **line}
