"""Grants in the database: what was received, taken back, run out. Functions of one transaction.

The token is the truth; the columns beside it are there to be searched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from accord import b64, canon
from accord.grant import Grant
from porchlight.audit import entries
from porchlight.store import models

MAX_LIST: Final = 500


@dataclass(frozen=True)
class Kept:
    """A grant as the database keeps it. Its token was verified when it came, not since."""

    jti: str
    camera: str
    resident: str
    token: bytes
    seq: int
    nbf: int
    exp: int
    revoked_at: int | None
    expired_at: int | None

    @cached_property
    def claims(self) -> dict[str, Any]:
        """The claims of the token."""
        claims: dict[str, Any] = canon.loads(b64.decode(self.token.split(b".")[1].decode()))
        return claims

    def state(self, now: int) -> Literal["active", "waiting", "expired", "revoked"]:
        """How it stands at `now` (unix s). Waiting: its time has not come."""
        if self.revoked_at is not None:
            return "revoked"
        # What once ran out stays out, whatever the clock says later.
        if self.expired_at is not None or now >= self.exp:
            return "expired"
        return "waiting" if now < self.nbf else "active"


def keep(session: Session, grant: Grant, now_ms: int) -> models.Entry:
    """Store a new grant and its entry."""
    session.add(
        models.Grant(
            jti=grant.jti,
            camera=grant.sub,
            resident=grant.iss,
            token=grant.token,
            seq=grant.seq,
            nbf=grant.nbf,
            exp=grant.exp,
            received_at=now_ms // 1000,
        )
    )
    session.flush()
    session.add_all(models.GrantHub(jti=grant.jti, hub=hub) for hub in grant.aud)
    detail = {"actions": list(grant.actions), "hubs": list(grant.aud), "exp": grant.exp}
    return entries.write(
        session,
        now_ms,
        "grant.seen",
        resident=grant.iss,
        camera=grant.sub,
        hub=grant.aud[0] if len(grant.aud) == 1 else None,
        hub_name=_hub_name(session, grant.aud),
        jti=grant.jti,
        detail=detail,
    )


def take_back(
    session: Session, jti: str, resident: str, now_ms: int, reason: str | None = None
) -> tuple[Kept, models.Entry | None] | None:
    """Mark a grant revoked and write the entry; no entry the second time. None: not theirs."""
    row = session.get(models.Grant, jti)
    if row is None or row.resident != resident:
        return None
    if row.revoked_at is not None:
        return _kept(row), None
    row.revoked_at = now_ms // 1000
    entry = entries.write(
        session,
        now_ms,
        "grant.revoked",
        resident=resident,
        camera=row.camera,
        jti=jti,
        reason=reason,
    )
    return _kept(row), entry


def run_out(session: Session, jtis: Sequence[str], now_ms: int) -> list[models.Entry]:
    """Mark grants expired, each with its entry, unless that was done or they were revoked."""
    wanted = select(models.Grant).where(
        models.Grant.jti.in_(jtis),
        models.Grant.expired_at.is_(None),
        models.Grant.revoked_at.is_(None),
    )
    return [_expire(session, row, now_ms) for row in session.scalars(wanted).all()]


def overdue(session: Session, now: int) -> list[str]:
    """Grants that ran out while nobody was there to say so."""
    wanted = select(models.Grant.jti).where(
        models.Grant.exp <= now,
        models.Grant.expired_at.is_(None),
        models.Grant.revoked_at.is_(None),
    )
    return list(session.scalars(wanted))


def floors(session: Session) -> dict[str, int]:
    """The highest seq ever kept for each camera: nothing at or below it is new."""
    wanted = select(models.Grant.camera, func.max(models.Grant.seq)).group_by(models.Grant.camera)
    return {row[0]: row[1] for row in session.execute(wanted)}


def alive(session: Session, since: int) -> list[Kept]:
    """Grants whose time ends after `since` (unix s), revoked ones too, lowest seq first."""
    wanted = (
        select(models.Grant)
        .where(models.Grant.exp > since)
        .order_by(models.Grant.camera, models.Grant.seq)
    )
    return [_kept(row) for row in session.scalars(wanted)]


def find(session: Session, jti: str) -> Kept | None:
    """One grant."""
    row = session.get(models.Grant, jti)
    return None if row is None else _kept(row)


def of_resident(session: Session, resident: str) -> list[Kept]:
    """A resident's newest grants, newest first; at most MAX_LIST."""
    return _newest(session, models.Grant.resident == resident)


def naming(session: Session, hub: str) -> list[Kept]:
    """The newest grants that name this hub, newest first; at most MAX_LIST."""
    named = select(models.GrantHub.jti).where(models.GrantHub.hub == hub)
    return _newest(session, models.Grant.jti.in_(named))


def _newest(session: Session, condition: ColumnElement[bool]) -> list[Kept]:
    wanted = (
        select(models.Grant)
        .where(condition)
        .order_by(models.Grant.received_at.desc(), models.Grant.seq.desc())
        .limit(MAX_LIST)
    )
    return [_kept(row) for row in session.scalars(wanted)]


def _expire(session: Session, row: models.Grant, now_ms: int) -> models.Entry:
    row.expired_at = now_ms // 1000
    return entries.write(
        session, now_ms, "grant.expired", resident=row.resident, camera=row.camera, jti=row.jti
    )


def _hub_name(session: Session, audience: tuple[str, ...]) -> str | None:
    """The name of the one hub meant; several are in the entry's detail."""
    party = session.get(models.Party, audience[0]) if len(audience) == 1 else None
    return None if party is None else party.name


def _kept(row: models.Grant) -> Kept:
    return Kept(
        jti=row.jti,
        camera=row.camera,
        resident=row.resident,
        token=row.token,
        seq=row.seq,
        nbf=row.nbf,
        exp=row.exp,
        revoked_at=row.revoked_at,
        expired_at=row.expired_at,
    )
