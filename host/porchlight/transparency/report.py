"""The report: the fields of the model bills for an annual surveillance report (CCOPS), a quarter at
a time. A function of the log and of what the owner told; the same log makes the same bytes.

How requests for recordings ended is not in it but for those that were approved: a refusal and a
silence must not be told apart, by anybody, in any sum.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from accord.grant import PURPOSES
from porchlight.audit.leaf import canonical
from porchlight.clock import rfc3339
from porchlight.transparency import reading
from porchlight.transparency.hiding import NOTHING, REST, Cell, Key, shown, table
from porchlight.transparency.quarter import Quarter
from porchlight.transparency.reading import Line, Read
from porchlight.transparency.told import Told

KIND: Final = "porchlight-transparency/1"
USES: Final = ("live", "snapshot", "search", "clips", "export")
# Which of them hand recordings or pictures over, beyond showing who may be asked.
SHARED: Final = ("live", "snapshot", "clips", "export")
_ENTERED: Final = {"search": "search", "clip.played": "clips", "clip.released": "export"}
_CONSENT: Final = {
    "given": reading.GIVEN,
    "taken_back": "grant.revoked",
    "ran_out": "grant.expired",
    "emergencies_opened": "panic.opened",
}
_WORD: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MINUTE_S: Final = 60
TECHNOLOGY: Final = (
    "Cameras that residents own. A hub sees one of them only while a permission holds that its "
    "resident signed, and every look is entered in the resident's own log first. Cameras report "
    "that something moves, never who or what. There is no face recognition, no search by looks, "
    "behaviour, vehicle or plate, no tracking across cameras, no sound, no remote steering, and "
    "no override."
)


@dataclass(frozen=True)
class Frame:
    """What a report is put into. `k`: how many residents a number must concern to be shown."""

    host: str
    quarter: Quarter
    k: int


def make(found: Read, frame: Frame, told: Told) -> dict[str, Any]:
    """The report, JSON-ready; `sha256` is over all the rest in canonical JSON."""
    k = frame.k
    uses = table(_cells(_used(found), lambda line: line.times), k)
    body: dict[str, Any] = {
        "report": KIND,
        "host": frame.host,
        "quarter": str(frame.quarter),
        "from": rfc3339(frame.quarter.begins_ms),
        "until": rfc3339(frame.quarter.ends_ms),
        "k": k,
        "technology": {"about": TECHNOLOGY, **_standing(found, k)},
        "use": _rows(("use", "hub", "purpose"), uses, k),
        "minutes_live": _minutes(found, k),
        "sharing": _sharing(uses, k),
        "case_reuse": _rows(("flag", "hub"), _reused(found, k), k),
        "consent": {name: _count(found, type, k) for name, type in _CONSENT.items()},
        "requests": _requests(found, k),
        "refused": _rows(("reason", "hub"), _refused(found, k), k),
        "told": asdict(told),
    }
    return body | {"sha256": hashlib.sha256(canonical(body)).hexdigest()}


def _cells(keyed: Iterable[tuple[Key, Line]], times: Callable[[Line], int]) -> dict[Key, Cell]:
    return _added((key, line.resident, times(line)) for key, line in keyed)


def _added(counted: Iterable[tuple[Key, str, int]]) -> dict[Key, Cell]:
    """One cell a key; of each count: its key, whose it is, how often."""
    times: Counter[Key] = Counter()
    residents: defaultdict[Key, set[str]] = defaultdict(set)
    for key, resident, count in counted:
        times[key] += count
        residents[key].add(resident)
    return {key: Cell(times[key], frozenset(whose)) for key, whose in residents.items()}


def _used(found: Read) -> Iterable[tuple[Key, Line]]:
    for line in found.lines:
        use = line.action if line.type == "view.open" else _ENTERED.get(line.type)
        if use in USES and line.hub in found.hubs:
            purpose = line.purpose if line.purpose in PURPOSES else REST
            yield (use, line.hub_name, purpose), line


def _sharing(uses: dict[Key, Cell], k: int) -> list[dict[str, Any]]:
    """With whom and how often, by adding up what `use` shows: it says nothing beside."""
    sums: dict[str, int] = {}
    for (use, hub, _), cell in uses.items():
        number = shown(cell, k)
        if use in SHARED and hub is not REST and isinstance(number, int):
            sums[hub] = sums.get(hub, 0) + number
    return [{"hub": hub, "number": number} for hub, number in sorted(sums.items())]


def _reused(found: Read, k: int) -> dict[Key, Cell]:
    """Openings for a case that by then served for many cameras, or for places far apart."""
    flagged = (
        ((line.reuse, line.hub_name), line)
        for line in found.lines
        if line.reuse in reading.FLAGS and line.type in reading.OPENED and line.hub in found.hubs
    )
    return table(_cells(flagged, lambda line: line.times), k)


def _minutes(found: Read, k: int) -> dict[str, Any]:
    """How long hubs looked, by hub: from the closings, which come with every opening."""
    closed = (
        ((line.hub_name,), line)
        for line in found.lines
        if line.type == reading.CLOSED and line.hub in found.hubs
    )
    return _rows(("hub",), table(_cells(closed, lambda line: line.amount), k), k, unit=_MINUTE_S)


def _refused(found: Read, k: int) -> dict[Key, Cell]:
    """What was tried and not allowed. Who is no hub has no name here."""
    refused = (
        (
            (
                line.reason if _WORD.fullmatch(line.reason or "") else REST,
                line.hub_name if line.hub in found.hubs else REST,
            ),
            line,
        )
        for line in found.lines
        if line.type == reading.REFUSED
    )
    return table(_cells(refused, lambda line: line.amount), k)


def _count(found: Read, type: str, k: int) -> int | str:
    alike = (((type,), line) for line in found.lines if line.type == type)
    return shown(_cells(alike, lambda line: line.times).get((type,), NOTHING), k)


def _requests(found: Read, k: int) -> dict[str, Any]:
    """How many requests reached residents, not how many residents: that is for nobody to know."""
    asked = Cell(
        len({request for _, request in found.requests}),
        frozenset(resident for resident, _ in found.requests),
    )
    return {"made": shown(asked, k), "approved": _count(found, reading.APPROVED, k)}


def _standing(found: Read, k: int) -> dict[str, Any]:
    """How many residents and cameras were registered by the end of the quarter."""
    cells = _added(((type,), resident, count) for type, resident, count in found.standing)
    return {
        "residents": shown(cells.get((reading.HOUSEHOLDS,), NOTHING), k),
        "cameras": shown(cells.get((reading.CAMERAS,), NOTHING), k),
    }


def _rows(names: tuple[str, ...], lines: dict[Key, Cell], k: int, unit: int = 1) -> dict[str, Any]:
    """Lines in order of their keys, each with its number, and the sum of what can be read."""
    ordered = sorted(lines.items(), key=lambda line: [part or "~" for part in line[0]])
    numbers = [(key, shown(cell, k, unit)) for key, cell in ordered]
    rows = [{**dict(zip(names, key, strict=True)), "number": number} for key, number in numbers]
    return {"rows": rows, "total": sum(n for _, n in numbers if isinstance(n, int))}
