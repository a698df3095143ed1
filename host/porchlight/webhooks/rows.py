"""Webhooks in the database. Functions of one transaction."""

from dataclasses import asdict, dataclass, field

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from porchlight.audit import entries
from porchlight.registry import Party
from porchlight.store import Entry
from porchlight.store.webhooks_model import Webhook as Row


@dataclass
class Hook:
    """One webhook. Times are unix s, `next_ms` unix ms; `done`: the entry dealt with last."""

    id: str
    owner: str
    url: str = field(repr=False)  # may hold a secret
    secret: bytes = field(repr=False)
    added_at: int
    done: int = 0
    tries: int = 0
    failing_since: int | None = None
    next_ms: int = 0
    fault: str | None = None
    stopped_at: int | None = None


def every(session: Session) -> list[Hook]:
    """All of them."""
    names = list(Hook.__dataclass_fields__)
    found = session.scalars(select(Row).order_by(Row.added_at, Row.id))
    return [Hook(**{name: getattr(row, name) for name in names}) for row in found]


def add(session: Session, hook: Hook, by: Party, now_ms: int) -> Entry:
    """Keep a new one, with an entry; its events are those after that."""
    entry = note(session, "webhook.added", hook, by, now_ms)
    session.add(Row(**asdict(hook) | {"done": entry.n}))
    return entry


def remove(session: Session, hook: Hook, by: Party, now_ms: int) -> Entry:
    """Forget one, with an entry."""
    session.execute(delete(Row).where(Row.id == hook.id))
    return note(session, "webhook.removed", hook, by, now_ms)


def keep(session: Session, hook: Hook) -> None:
    """How far it is now; nothing if it was removed."""
    changed = {name: value for name, value in asdict(hook).items() if name != "id"}
    session.execute(update(Row).where(Row.id == hook.id).values(**changed))


def note(
    session: Session,
    type: str,
    hook: Hook,
    by: Party,
    now_ms: int,
    reason: str | None = None,
) -> Entry:
    """An entry in its owner's log; hubs have none, theirs are in the host's own."""
    hub = None if by.is_resident else by.thumb
    return entries.write(
        session,
        now_ms,
        type,
        resident=by.thumb if by.is_resident else None,
        hub=hub,
        hub_name=None if by.is_resident else by.name,
        reason=reason,
        detail={"webhook": hook.id},
    )


def stop(session: Session, hook: Hook, owner: Party, now_ms: int, fault: str) -> Entry:
    """It was given up: how it stands, with an entry."""
    keep(session, hook)
    return note(session, "webhook.stopped", hook, owner, now_ms, fault)
