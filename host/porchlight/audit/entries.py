"""Entries: the lines of residents' logs. They are only added, and durable before anyone goes on.

"No entry, no frame": who opens something awaits add() first. The host's own log (resident None)
holds what concerns no resident, such as strangers at the uplink.
"""

import logging
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from porchlight.clock import Clock, rfc3339
from porchlight.events import Events
from porchlight.store import Entry, Store

TYPES: Final = frozenset(
    {
        "resident.added", "hub.added", "camera.added",
        "grant.seen", "grant.revoked", "grant.refused", "grant.expired",
        "view.open", "view.close", "access.refused", "search",
        "board.online", "board.offline", "board.refused", "board.stranger", "frame.refused",
        "update.offered", "update.begun", "update.restart", "update.running", "update.refused",
        "update.undone",
    }
)  # fmt: skip
MAX_PAGE: Final = 500
_WIDTHS: Final = {"reason": 280, "case": 64, "purpose": 32, "hub_name": 32}
_log = logging.getLogger(__name__)


class Entries:
    """The log of this host, one numbering for all residents."""

    def __init__(self, store: Store, clock: Clock, events: Events) -> None:
        self._store = store
        self._clock = clock
        self._events = events

    async def add(self, type: str, *, resident: str | None, **more: Any) -> int:
        """Write one entry; its number, once it is on disk. StoreError: it is not.

        `more`: camera, hub, hub_name, jti, view, purpose, case, reason (texts), detail (a dict).
        """
        return (await self.add_all([{"type": type, "resident": resident, **more}]))[0]

    async def add_all(self, drafts: Sequence[dict[str, Any]]) -> list[int]:
        """Write several entries at once, all or none; each draft holds add()'s arguments."""
        now_ms = self._clock.unix_ms()
        rows = await self._store.run(
            lambda session: [write(session, now_ms, **draft) for draft in drafts]
        )
        for row in rows:
            self.announce(row)
        return [row.n for row in rows]

    def announce(self, row: Entry) -> None:
        """Tell those who listen of an entry that is on disk."""
        _log.info("entry", extra={"n": row.n, "type": row.type})
        if row.resident is not None:
            self._events.publish("entry", row.resident, public(row))

    async def since(self, resident: str, after: int, limit: int = 100) -> list[dict[str, Any]]:
        """One resident's entries with numbers above `after`, oldest first; at most MAX_PAGE."""
        wanted = (
            select(Entry)
            .where(Entry.resident == resident, Entry.n > after)
            .order_by(Entry.n)
            .limit(min(limit, MAX_PAGE))
        )
        return await self._store.read(
            lambda session: [public(row) for row in session.scalars(wanted)]
        )


def write(session: Session, now_ms: int, type: str, *, resident: str | None, **more: Any) -> Entry:
    """Add one entry within the caller's transaction; `more` as in Entries.add."""
    if type not in TYPES:
        raise ValueError(f"{type!r} is not an entry type")
    for name, width in _WIDTHS.items():
        if more.get(name) is not None:
            more[name] = str(more[name])[:width]
    row = Entry(ts_ms=now_ms, type=type, resident=resident, **more)
    session.add(row)
    session.flush()
    return row


def close_views(session: Session, now_ms: int, reason: str) -> int:
    """Write the closing of every view a crash left open; how many there were."""
    closing = aliased(Entry)
    closed = (
        select(closing.n)
        .where(closing.type == "view.close", closing.view == Entry.view)
        .where(func.coalesce(closing.camera, "") == func.coalesce(Entry.camera, ""))
    )
    opened = session.scalars(select(Entry).where(Entry.type == "view.open", ~closed.exists())).all()
    for row in opened:
        write(
            session,
            now_ms,
            "view.close",
            resident=row.resident,
            camera=row.camera,
            hub=row.hub,
            hub_name=row.hub_name,
            jti=row.jti,
            view=row.view,
            purpose=row.purpose,
            case=row.case,
            reason=reason,
        )
    return len(opened)


def public(row: Entry) -> dict[str, Any]:
    """An entry as the API shows it."""
    return {
        "n": row.n,
        "ts": rfc3339(row.ts_ms),
        "type": row.type,
        "camera": row.camera,
        "hub": row.hub,
        "hub_name": row.hub_name,
        "jti": row.jti,
        "view": row.view,
        "purpose": row.purpose,
        "case": row.case,
        "reason": row.reason,
        "detail": row.detail,
    }
