"""Digests in the database. Functions of one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from porchlight.audit import entries
from porchlight.client import weekly
from porchlight.clock import rfc3339
from porchlight.registry import RESIDENT
from porchlight.store import Entry
from porchlight.store.digest_model import DigestTold
from porchlight.store.models import Party

TYPE: Final = "digest"
_AT_ONCE: Final = 1000  # rows in memory


@dataclass(frozen=True)
class Due:
    """A resident who is to be told: of what came after entry `after`, which is since `since_ms`."""

    resident: str
    since_ms: int
    after: int


@dataclass(frozen=True)
class Counted:
    """What there is to tell one resident, up to entry `up_to`; no `lines`: nothing."""

    due: Due
    until_ms: int
    up_to: int
    lines: list[dict[str, Any]]


def due(session: Session, at_ms: int, beyond: str, most: int) -> list[Due]:
    """Residents who were not told up to `at_ms` yet, in order of their thumbs after `beyond`."""
    since = func.coalesce(DigestTold.until_ms, Party.added_at * 1000)
    wanted = (
        select(Party.thumb, since, func.coalesce(DigestTold.entry, 0))
        .outerjoin(DigestTold, DigestTold.resident == Party.thumb)
        .where(Party.kind == RESIDENT, Party.thumb > beyond, since < at_ms)
        .order_by(Party.thumb)
        .limit(most)
    )
    return [Due(*row) for row in session.execute(wanted)]


def counted(session: Session, whom: Due, at_ms: int) -> Counted:
    """What happened before `at_ms`. By the log's order: an entry counts once, whatever clocks did.
    Entries never change, so this may be read long before it is told."""
    theirs = (Entry.resident == whom.resident, Entry.n > whom.after)
    wanted = select(Entry.n).where(*theirs, Entry.ts_ms >= at_ms).order_by(Entry.n).limit(1)
    edge = session.scalar(wanted)
    if edge is None:
        up_to = session.scalar(select(func.max(Entry.n)).where(*theirs)) or whom.after
    else:
        up_to = edge - 1
    columns = (Entry.type, Entry.hub, Entry.hub_name, Entry.purpose, Entry.detail)
    found = session.execute(
        select(*columns)
        .where(*theirs, Entry.n <= up_to, Entry.type.in_(weekly.COUNTED))
        .order_by(Entry.n)
        .execution_options(yield_per=_AT_ONCE)
    )
    lines = weekly.count((dict(row._mapping) for row in found), whom.resident)
    return Counted(whom, at_ms, up_to, lines)


def tell(session: Session, now_ms: int, found: Sequence[Counted]) -> list[Entry]:
    """Enter them and note how far each resident was told, who has not been told meanwhile."""
    fresh = [one for one in found if _note(session, one)]
    drafts = [
        {"type": TYPE, "resident": one.due.resident, "detail": _detail(one)}
        for one in fresh
        if one.lines
    ]
    return entries.write_all(session, now_ms, drafts) if drafts else []


def _note(session: Session, one: Counted) -> bool:
    row = session.get(DigestTold, one.due.resident, with_for_update=True)
    if row is None:
        row = DigestTold(resident=one.due.resident, until_ms=one.until_ms, entry=one.up_to)
        session.add(row)
        return one.due.after == 0
    if row.entry != one.due.after or row.until_ms != one.due.since_ms:
        return False
    row.until_ms, row.entry = one.until_ms, one.up_to
    return True


def _detail(one: Counted) -> dict[str, Any]:
    since, until = rfc3339(one.due.since_ms), rfc3339(one.until_ms)
    return {"since": since, "until": until, "lines": one.lines}
