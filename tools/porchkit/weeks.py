"""A week of a resident's log in words: what each hub did, and how often."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from accord import tz
from porchkit import when, who
from porchkit.words import clean, listed
from porchlight.client import weekly

NOTHING = "nobody looked, and nobody was refused"
# Of each count: the words for one of it, and for several.
_COUNTS = {
    "views": ("live view", "live views"),
    "snapshots": ("single picture", "single pictures"),
    "plays": ("clip opened", "clips opened"),
    "exports": ("clip taken away", "clips taken away"),
    "refused": ("try refused", "tries refused"),
}


def span(now: int, ago: int, zone: str) -> tuple[int, int]:
    """The week of `now`, or one so many weeks `ago`: when it begins and when it is over (unix s).
    Weeks begin on Mondays at 08:00 by the clocks of `zone`."""
    parsed = tz.parse(zone)
    begun = weekly.begun(now, parsed)
    begins = weekly.before(begun, parsed, ago) if ago else begun
    return begins, weekly.after(begins, parsed)


def count(
    entries: Iterable[Mapping[str, Any]], me: str, begins: int, ends: int
) -> list[dict[str, Any]]:
    """What hubs did from `begins` and before `ends` (unix s), counted as the host's digest is."""
    within = (entry for entry in entries if begins <= _at(entry) < ends)
    return weekly.count(within, me)


def _at(entry: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(str(entry["ts"])).timestamp()


def sentences(lines: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    """A line each; one that says so where nothing was."""
    return [sentence(line, names) for line in lines] or [NOTHING]


def sentence(line: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """ "fire, for emergency: 3 live views (12 min) and 1 try refused"."""
    thumb = line.get("hub")
    hub = "others"
    if thumb:
        hub = names.get(thumb) or line.get("hub_name") or who.called(thumb, names)
    purpose = f", for {line['purpose']}" if line.get("purpose") else ""
    return clean(f"{hub}{purpose}: {_counts(line)}")


def short(detail: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What the entry of a week says, on one line."""
    lines = detail.get("lines") or []
    return "; ".join(sentences((each for each in lines if isinstance(each, dict)), names))


def _counts(line: Mapping[str, Any]) -> str:
    seconds = _number(line, "seconds")
    watched = when.describe_span(seconds) if seconds else ""
    told = []
    for name, (one, several) in _COUNTS.items():
        number = _number(line, name)
        if not number:
            continue
        text = f"{number} {one if number == 1 else several}"
        if name == "views" and watched:
            text, watched = f"{text} ({watched})", ""
        told.append(text)
    return listed([*told, *([f"{watched} watched"] if watched else [])]) or "nothing"


def _number(line: Mapping[str, Any], name: str) -> int:
    """A count; 0 for what is none: a host may write anything there."""
    value = line.get(name)
    return value if type(value) is int and value > 0 else 0
