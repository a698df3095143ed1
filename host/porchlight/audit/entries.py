"""Entries: the lines of residents' logs. They are only added, and durable before anyone goes on.

"No entry, no frame": who opens something awaits add() first. An entry is a leaf of its resident's
tree (log.py) in the very transaction that writes it. The host's own log (resident None) holds what
concerns no resident, such as strangers at the uplink; it has no tree.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, aliased

from accord import b64
from porchlight.audit import leaf, log, receipts, rows
from porchlight.audit.leaf import Said
from porchlight.audit.logkeys import LogKeys
from porchlight.audit.receipts import Logged, Receipt
from porchlight.clock import Clock, rfc3339
from porchlight.errors import NotFound
from porchlight.events import Events
from porchlight.store import Entry, LookAccount, Store, Words

TYPES: Final = frozenset(
    {
        "resident.added", "hub.added", "camera.added",
        "grant.seen", "grant.revoked", "grant.refused", "grant.expired",
        "view.open", "view.close", "access.refused", "search", "words.erased",
        "hub.issuer", "approval.asked", "approval.given", "approval.refused",
        "board.online", "board.offline", "board.refused", "board.stranger", "frame.refused",
        "update.offered", "update.begun", "update.restart", "update.running", "update.refused",
        "update.undone",
        "camera.paused", "camera.resumed", "lease.refused", "lease.stopped", "panic.opened",
        "delegate.added", "delegate.revoked",
        "clip.recorded", "clip.played", "clip.released", "clip.expired", "clip.deleted",
        "request.received", "request.approved", "request.denied", "request.expired", "asked.set",
        "recording.set", "recording.begun", "recording.ended",
        "report.published", "webhook.added", "webhook.removed", "webhook.stopped", "digest",
    }
)  # fmt: skip
MAX_PAGE: Final = 500
_WIDTHS: Final = {"reason": 280, "case": 64, "purpose": 32, "hub_name": 32}
_log = logging.getLogger(__name__)


class Entries:
    """The log of this host, one numbering for all residents."""

    def __init__(self, store: Store, clock: Clock, events: Events, keys: LogKeys) -> None:
        self._store = store
        self._clock = clock
        self._events = events
        self._keys = keys
        self._grown: list[Callable[[str], None]] = []
        self._written: list[Callable[[Entry], None]] = []
        self.named: Callable[[Entry], str] = lambda row: "entry"  # what its event is called

    def on_grown(self, heard: Callable[[str], None]) -> None:
        """Call this with the resident whose log has grown, once that is on disk."""
        self._grown.append(heard)

    def on_written(self, heard: Callable[[Entry], None]) -> None:
        """Call this with every entry, once it is on disk."""
        self._written.append(heard)

    async def add(self, type: str, *, resident: str | None, **more: Any) -> int:
        """Write one entry; its number, once it is on disk. StoreError: it is not.

        `more`: camera, hub, hub_name, jti, view, purpose, case, reason (texts), detail (a dict),
        statement (of a look: what the hub signed).
        """
        return (await self.add_all([{"type": type, "resident": resident, **more}]))[0]

    async def add_all(self, drafts: Sequence[dict[str, Any]]) -> list[int]:
        """Write several entries at once, all or none; each draft holds add()'s arguments."""
        now_ms = self._clock.unix_ms()
        rows = await self._store.run(lambda session: write_all(session, now_ms, drafts))
        for row in rows:
            self.announce(row)
        return [row.n for row in rows]

    async def add_with_receipts(self, drafts: Sequence[dict[str, Any]], to: str) -> list[Receipt]:
        """Like add_all(), for residents' logs; a receipt for `to` (a thumb) of each, in order."""
        now_ms = self._clock.unix_ms()

        def work(session: Session) -> tuple[list[Entry], list[Logged]]:
            rows = write_all(session, now_ms, drafts)
            return rows, [_logged(session, row) for row in rows]

        rows, logged = await self._store.run(work)
        for row in rows:
            self.announce(row)
        return [receipts.make(self._keys, each, to) for each in logged]

    async def erase(self, resident: str, n: int) -> None:
        """Erase what people wrote in a resident's entry, with an entry for that; NotFound if there
        is no such entry, or no words in it. Its leaf stays, and with it every proof."""
        now_ms = self._clock.unix_ms()

        def work(session: Session) -> Entry:
            row = session.get(Entry, n)
            if row is None or row.resident != resident or row.words is None:
                raise NotFound("no-words", "no such entry of yours has words in it")
            session.execute(delete(Words).where(Words.n == n))
            detail = {"index": row.i}
            return write(session, now_ms, "words.erased", resident=resident, detail=detail)

        self.announce(await self._store.run(work))
        await self._store.scrub()

    def announce(self, row: Entry) -> None:
        """Tell those who listen of an entry that is on disk."""
        _log.info("entry", extra={"n": row.n, "type": row.type})
        if row.resident is not None:
            self._events.publish(self.named(row), row.resident, public(row))
            for heard in self._grown:
                heard(row.resident)
        for told in self._written:
            told(row)

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
    return write_all(session, now_ms, [{"type": type, "resident": resident, **more}])[0]


def write_all(session: Session, now_ms: int, drafts: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """Add entries, in order, within the caller's transaction; each draft holds write()'s words."""
    log.expect(session, [d["resident"] for d in drafts if d["resident"] is not None])
    made = [_made(session, now_ms, **draft) for draft in drafts]
    log.settle(session)
    return rows.insert(session, made)


def _made(
    session: Session, now_ms: int, type: str, *, resident: str | None, **more: Any
) -> tuple[Entry, dict[str, Said]]:
    """An entry that has its place in its resident's tree, and what people wrote in it."""
    if type not in TYPES:
        raise ValueError(f"{type!r} is not an entry type")
    for name, width in _WIDTHS.items():
        if more.get(name) is not None:
            more[name] = str(more[name])[:width]
    statement = more.pop("statement", None)
    said = {}
    if resident is not None:
        said = leaf.spoken(type, more.get("case"), more.get("reason"), statement)
    kept = more | {name: None for name in said if name in more}
    row = Entry(ts_ms=now_ms, type=type, resident=resident, **kept)
    if resident is not None:
        row.leaf = leaf.encode(now_ms, type, more, said)
        row.i, row.leaf_hash = log.append(session, resident, row.leaf)
    return row, said


def _logged(session: Session, row: Entry) -> Logged:
    """Its place, once all of its transaction is written."""
    if row.resident is None or row.i is None or row.leaf is None:
        raise ValueError("only entries of a resident's log have receipts")
    growth = log.growing(session, row.resident)
    proof, now = growth.proof(row.i), growth.now
    return Logged(row.resident, row.i, row.leaf, proof, now.size, now.root())


def close_views(session: Session, now_ms: int, reason: str) -> int:
    """Write the closing of every view a crash left open; how many there were. It is marked `cut`,
    and has the totals of the last minute that the crash left (views/account.py)."""
    closing = aliased(Entry)
    closed = (
        select(closing.n)
        .where(closing.type == "view.close", closing.view == Entry.view)
        .where(func.coalesce(closing.camera, "") == func.coalesce(Entry.camera, ""))
    )
    opened = session.scalars(select(Entry).where(Entry.type == "view.open", ~closed.exists())).all()
    accounts = {(row.view, row.camera): row for row in session.scalars(select(LookAccount))}
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
            case=said(row, "case"),
            reason=reason,
            detail=_cut(accounts.get((str(row.view), str(row.camera)))),
        )
    session.execute(delete(LookAccount))
    return len(opened)


def _cut(account: LookAccount | None) -> dict[str, Any]:
    """The detail of a close that nobody was there to write."""
    if account is None:
        return {"cut": True}
    counts = {name: getattr(account, name) for name in ("seconds", "frames", "bytes")}
    return {"cut": True, **counts}


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
        "case": said(row, "case"),
        "reason": said(row, "reason"),
        "statement": None if row.words is None else row.words.statement,
        "detail": row.detail,
        "index": row.i,
        "salts": _salts(row.words),
    }


def said(row: Entry, name: str) -> str | None:
    """An entry's "case" or "reason", wherever it is kept; None if it has none, or no longer."""
    kept = row.words if row.words is not None and getattr(row.words, f"{name}_salt") else row
    text: str | None = getattr(kept, name)
    return text


def _salts(words: Words | None) -> dict[str, str] | None:
    """With what the commitments in the leaf can be checked; None where people wrote nothing."""
    if words is None:
        return None
    salts = {name: getattr(words, f"{name}_salt") for name in leaf.WRITTEN}
    return {name: b64.encode(salt) for name, salt in salts.items() if salt is not None}
