"""Second approvals in the database: functions of one transaction."""

from typing import Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from porchlight.store.operators_model import Approval
from porchlight.views.view import Asked, Intent

KEPT_S: Final = 86_400  # then what was asked for is forgotten; the entries stay


def keep(session: Session, asked: Asked, now: int) -> None:
    """Store what was asked for at `now` (unix s); what is long over is forgotten."""
    session.execute(delete(Approval).where(Approval.expires <= now - KEPT_S))
    row = Approval(
        id=asked.id,
        hub=asked.hub,
        asked_by=asked.asked_by,
        asked_at=now,
        expires=asked.expires,
        wanted=asked.intent.written(),
    )
    session.add(row)


def read(row: Approval) -> Asked:
    """Of a row."""
    intent = Intent.read(row.wanted)
    return Asked(row.id, row.hub, row.asked_by, row.expires, intent, row.approved_by, row.opened_at)


def void(session: Session, hub: str, operator: str, now: int) -> list[Asked]:
    """What this operator asked for has run out at `now`, what they approved is not; those changed,
    as they stand then."""
    wanted = select(Approval).where(
        Approval.hub == hub, Approval.expires > now, Approval.opened_at.is_(None)
    )
    theirs = or_(Approval.asked_by == operator, Approval.approved_by == operator)
    rows = session.scalars(wanted.where(theirs)).all()
    for row in rows:
        if row.asked_by == operator:
            row.expires = now
        else:
            row.approved_by = row.approved_at = None
    return [read(row) for row in rows]


def count_open(session: Session, hub: str, now: int) -> int:
    """How many of this hub's are neither over nor opened."""
    wanted = select(func.count()).select_from(Approval)
    wanted = wanted.where(Approval.hub == hub, Approval.expires > now, Approval.opened_at.is_(None))
    return session.scalar(wanted) or 0
