"""Delegates in the database, and what residents stopped. Functions of one transaction.

Tokens are the truth, and verified again whenever they are used.
"""

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from porchlight.audit import entries
from porchlight.errors import Conflict
from porchlight.keys import PublicKey
from porchlight.store import models
from porchlight.store.leases_model import Delegate as Row
from porchlight.store.leases_model import Said

AGENT: Final = "agent"  # what kind of party a delegate's key is
MOST: Final = 16  # that hold, of one camera


@dataclass(frozen=True)
class Held:
    """A delegate as the database keeps it."""

    jti: str
    camera: str
    resident: str
    agent: str
    token: bytes
    exp: int
    revoked_at: int | None

    def state(self, now: int) -> Literal["active", "expired", "revoked"]:
        """active, expired or revoked at `now` (unix s)."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if now < self.exp else "expired"


def keep(session: Session, new: Held, key: PublicKey, now_ms: int) -> models.Entry | None:
    """Store a verified delegate, and its agent's key as a party; None if it was here already.

    Conflict where the key is a resident's or a hub's: none of those keeps itself alive."""
    known = session.get(Row, new.jti)
    if known is not None:
        if known.token != new.token:
            raise Conflict("jti-reused", "another delegate has this jti")
        return None
    alive = [row for row in of(session, new.resident) if row.state(now_ms // 1000) == "active"]
    if sum(row.camera == new.camera for row in alive) >= MOST:
        raise Conflict("too-many", "this camera has as many agents as it may; revoke one first")
    _register(session, key, now_ms)
    session.add(
        Row(
            jti=new.jti,
            camera=new.camera,
            resident=new.resident,
            agent=new.agent,
            token=new.token,
            exp=new.exp,
            received_at=now_ms // 1000,
        )
    )
    return _entry(session, now_ms, "delegate.added", new.resident, new.camera, new.agent)


def take_back(session: Session, jti: str, resident: str, now_ms: int) -> models.Entry | None:
    """Mark a delegate revoked, with an entry the first time; None: not theirs, or done before."""
    row = session.get(Row, jti)
    if row is None or row.resident != resident or row.revoked_at is not None:
        return None
    row.revoked_at = now_ms // 1000
    return _entry(session, now_ms, "delegate.revoked", resident, row.camera, row.agent)


def of(session: Session, resident: str) -> list[Held]:
    """A resident's own, newest first."""
    wanted = select(Row).where(Row.resident == resident).order_by(Row.received_at.desc(), Row.jti)
    return [_held(row) for row in session.scalars(wanted)]


def newest(session: Session, agent: str, camera: str, now: int) -> Held | None:
    """The delegate by which an agent speaks for a camera at `now` (unix s): the last to end."""
    wanted = (
        select(Row)
        .where(Row.agent == agent, Row.camera == camera, Row.revoked_at.is_(None), Row.exp > now)
        .order_by(Row.exp.desc())
        .limit(1)
    )
    row = session.scalar(wanted)
    return None if row is None else _held(row)


def say(session: Session, camera: str, statuses: bytes, now_ms: int) -> None:
    """Keep what the resident of this camera stopped."""
    row = session.get(Said, camera)
    if row is None:
        session.add(Said(camera=camera, statuses=statuses, at=now_ms // 1000))
    else:
        row.statuses, row.at = statuses, now_ms // 1000


def said(session: Session) -> dict[str, bytes]:
    """What was stopped, by camera."""
    return {row.camera: row.statuses for row in session.scalars(select(Said))}


def _register(session: Session, key: PublicKey, now_ms: int) -> None:
    party = session.get(models.Party, key.thumb)
    if party is None:
        row = models.Party(
            thumb=key.thumb,
            kind=AGENT,
            name=key.thumb[:16],
            x=key.x,
            y=key.y,
            added_at=now_ms // 1000,
        )
        session.add(row)
        session.flush()
    elif party.kind != AGENT:
        raise Conflict("key-known", "an agent needs a key of its own")


def _entry(
    session: Session, now_ms: int, type: str, resident: str, camera: str, agent: str
) -> models.Entry:
    return entries.write(
        session, now_ms, type, resident=resident, camera=camera, detail={"agent": agent}
    )


def _held(row: Row) -> Held:
    return Held(row.jti, row.camera, row.resident, row.agent, row.token, row.exp, row.revoked_at)
