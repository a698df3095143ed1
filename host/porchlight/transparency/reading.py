"""What the log says of a quarter, added up by the database. The log alone is read, nothing else.

Only residents' logs count, and only what hubs did there: what residents do with their own cameras
is nobody's business. `hub.added` in the host's own log says who is a hub.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from porchlight.store import Entry
from porchlight.transparency.quarter import Quarter

REFUSED: Final = "access.refused"
CLOSED: Final = "view.close"
ASKED: Final = "request.received"
OPENED: Final = ("view.open", "clip.played", "clip.released")
FLAGS: Final = ("many-cameras", "far-apart", "many-and-far")  # of entries' case_use
HOUSEHOLDS: Final = "resident.added"
CAMERAS: Final = "camera.added"
GIVEN: Final = "grant.seen"
APPROVED: Final = "request.approved"
# What is counted; the rest of a log (boards coming and going, say) tells when people are at home.
TYPES: Final = (
    *("view.open", CLOSED, "search", "clip.played", "clip.released", REFUSED),
    *(GIVEN, "grant.revoked", "grant.expired", "panic.opened", APPROVED),
)


class Line(NamedTuple):
    """Entries of one resident that are alike: how many (`times`), and of looks that ended their
    seconds, of refusals how many each stands for (`amount`). `reuse`: how the case was flagged."""

    type: str
    resident: str
    hub: str | None
    hub_name: str | None
    purpose: str | None
    action: str | None
    reason: str | None
    times: int
    amount: int
    reuse: str | None = None


class Read(NamedTuple):
    """One quarter of the log. `requests`: (resident, request); `standing`: up to its end."""

    lines: list[Line]
    requests: list[tuple[str, str]]
    standing: list[tuple[str, str, int]]
    hubs: frozenset[str]


def read(session: Session, quarter: Quarter) -> Read:
    """All that a report is made of."""
    return Read(
        lines=[_line(row) for row in session.execute(_alike(quarter))],
        requests=[(row[0], row[1]) for row in session.execute(_requests(quarter))],
        standing=[(row[0], row[1], row[2]) for row in session.execute(_standing(quarter))],
        hubs=frozenset(session.scalars(select(Entry.hub).where(Entry.type == "hub.added"))),
    )


def first_ms(session: Session) -> int | None:
    """When the log begins (unix ms)."""
    return session.scalar(select(Entry.ts_ms).order_by(Entry.n).limit(1))


def contributors(found: Read) -> Iterator[str]:
    """Whose logs a report was made from, each once, in order."""
    concerned = {line.resident for line in found.lines}
    concerned.update(resident for resident, _ in found.requests)
    concerned.update(resident for _, resident, _ in found.standing)
    yield from sorted(concerned)


def _within(wanted: Select[Any], quarter: Quarter) -> Select[Any]:
    return wanted.where(
        Entry.resident.is_not(None),
        Entry.ts_ms >= quarter.begins_ms,
        Entry.ts_ms < quarter.ends_ms,
    )


def _alike(quarter: Quarter) -> Select[Any]:
    reason = case((Entry.type == REFUSED, Entry.reason))
    action = Entry.detail["action"].as_string()
    seconds = func.coalesce(Entry.detail["seconds"].as_integer(), 0)
    times = func.coalesce(Entry.detail["count"].as_integer(), 1)
    added = func.sum(case((Entry.type == CLOSED, seconds), (Entry.type == REFUSED, times), else_=0))
    alike = [Entry.type, Entry.resident, Entry.hub, Entry.hub_name, Entry.purpose, action, reason]
    alike.append(Entry.detail["case_use"].as_string())
    # A grant that answers a request is counted there, not twice: no difference of two numbers.
    answers = _within(select(Entry.jti).where(Entry.type == APPROVED), quarter)
    once = or_(Entry.type != GIVEN, Entry.jti.is_(None), Entry.jti.not_in(answers))
    wanted = select(*alike, func.count(), added).where(Entry.type.in_(TYPES), once)
    return _within(wanted.group_by(*alike), quarter)


def _requests(quarter: Quarter) -> Select[Any]:
    asked = Entry.detail["request"].as_string()
    return _within(select(Entry.resident, asked).distinct().where(Entry.type == ASKED), quarter)


def _standing(quarter: Quarter) -> Select[Any]:
    """Who was registered by the end of the quarter, and how many cameras."""
    columns: tuple[Any, ...] = (Entry.type, Entry.resident, func.count())
    wanted = select(*columns).where(
        Entry.type.in_((HOUSEHOLDS, CAMERAS)), Entry.resident.is_not(None)
    )
    wanted = wanted.where(Entry.ts_ms < quarter.ends_ms)
    return wanted.group_by(Entry.type, Entry.resident)


def _line(row: Any) -> Line:
    *alike, reuse, times, amount = row
    return Line._make([*alike, int(times), int(amount), reuse])
