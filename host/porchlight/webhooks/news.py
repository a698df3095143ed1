"""What of the log an owner's webhook is sent, and in which shape: CloudEvents 1.0 as JSON.

The same as server-sent events say, from the entries behind them. Never a picture, never a ticket;
and never what people wrote (case, reason): that can be erased here, and could not be there.
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from porchlight.audit.leaf import canonical
from porchlight.clock import rfc3339
from porchlight.digests.hushed import is_hushed
from porchlight.store import Entry, GrantHub
from porchlight.telling import hubs_told

BATCH: Final = 64
PREFIX: Final = "org.porchlight."
VIEWS: Final = {"view.open": "view.opened", "view.close": "view.closed"}
GRANTS: Final = {
    "grant.seen": "grant.given",
    "grant.revoked": "grant.revoked",
    "grant.expired": "grant.expired",
    "panic.opened": "panic.opened",
}
DIGEST: Final = "digest"
NAMES: Final = VIEWS | GRANTS | {DIGEST: DIGEST}


@dataclass(frozen=True)
class News:
    """One event. `n`: its entry."""

    n: int
    ts_ms: int
    type: str
    camera: str | None
    about: dict[str, Any]

    def envelope(self, source: str, id: str) -> bytes:
        """The body that is signed and sent."""
        event = {
            "specversion": "1.0",
            "id": id,
            "source": source,
            "type": PREFIX + self.type,
            "time": rfc3339(self.ts_ms),
            "datacontenttype": "application/json",
            "data": self.about,
        }
        return canonical(event | ({"subject": self.camera} if self.camera else {}))


@dataclass(frozen=True)
class Batch:
    """Some events, and up to which entry that is all of them. `more`: it was cut short there."""

    news: list[News]
    up_to: int
    more: bool


def after(session: Session, owner: str, is_resident: bool, n: int) -> Batch:
    """An owner's next events after entry `n`, at most BATCH."""
    newest = session.scalar(select(func.max(Entry.n))) or 0
    concerns = _of_resident(owner) if is_resident else _of_hub(owner)
    wanted = select(Entry).where(Entry.n > n, Entry.n <= newest, concerns)
    rows = list(session.scalars(wanted.order_by(Entry.n).limit(BATCH)))
    is_told = _is_told_resident if is_resident else _is_told
    told = [row for row in rows if is_told(session, row, owner)]
    more = len(rows) == BATCH
    return Batch([_news(row, is_resident) for row in told], rows[-1].n if more else newest, more)


def _of_resident(owner: str) -> ColumnElement[bool]:
    return and_(Entry.resident == owner, Entry.type.in_(NAMES))


def _of_hub(owner: str) -> ColumnElement[bool]:
    named = select(GrantHub.jti).where(GrantHub.hub == owner)
    return or_(
        and_(Entry.type.in_(VIEWS), Entry.hub == owner),
        and_(Entry.type.in_(GRANTS), Entry.jti.in_(named)),
    )


def _is_told_resident(session: Session, row: Entry, _: str) -> bool:
    return not is_hushed(session, row)


def _is_told(session: Session, row: Entry, hub: str) -> bool:
    if row.type in VIEWS or row.jti is None:
        return row.type in VIEWS
    return hub in hubs_told(session, row.jti, row.ts_ms // 1000)


def _news(row: Entry, is_resident: bool) -> News:
    about: dict[str, Any] = {"camera": row.camera, "jti": row.jti, "view": row.view}
    if row.type == "view.close":
        about["ended"] = row.reason
    if is_resident:
        about |= {"entry": row.n, "hub": row.hub, "hub_name": row.hub_name, "purpose": row.purpose}
    if row.type == DIGEST:
        about |= row.detail or {}
    known = {name: value for name, value in about.items() if value is not None}
    return News(row.n, row.ts_ms, NAMES[row.type], row.camera, known)
