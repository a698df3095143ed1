"""Requests in the database as their hubs see them. Functions of one transaction.

Of the tables that residents' answers are in, only released approvals are read here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord import b64, canon
from porchlight.errors import Conflict, TooMany
from porchlight.requests import area
from porchlight.requests.statement import Request
from porchlight.store.requests_model import Request as Row
from porchlight.store.requests_model import RequestApproval

MAX_OPEN: Final = 64  # requests of one hub that residents might still answer
MAX_LIST: Final = 200


@dataclass(frozen=True)
class Kept:
    """A request as the database keeps it. Its token was verified when it came, not since."""

    id: str
    hub: str
    token: bytes
    case_key: str
    purpose: str
    exp: int
    received_at: int

    @cached_property
    def claims(self) -> dict[str, Any]:
        """The claims of the token."""
        claims: dict[str, Any] = canon.loads(b64.decode(self.token.split(b".")[1].decode()))
        return claims

    @property
    def window(self) -> tuple[int, int]:
        """What is asked for: from, until (unix s)."""
        start, end = self.claims["window"]
        return start, end


@dataclass(frozen=True)
class Approval:
    """One camera's yes."""

    request: str
    camera: str
    jti: str
    release_at: int


def keep(session: Session, request: Request, now: int) -> Kept:
    """Store a new request. Conflict: it came before, or its case and ground did; TooMany."""
    if session.get(Row, request.jti) is not None:
        raise Conflict("replayed", "this request was made before")
    of_hub = select(Row).where(Row.hub == request.iss)
    for earlier in session.scalars(of_hub.where(Row.case_key == request.case_key)):
        if area.of(earlier.place).overlaps(request.area):
            raise Conflict("asked-already", "residents there were asked for this case; once is all")
    still_open = select(func.count()).where(Row.hub == request.iss, Row.exp > now)
    if session.scalar(still_open) >= MAX_OPEN:  # type: ignore[operator]  # count() is never NULL
        raise TooMany("too-many-requests", f"a hub has at most {MAX_OPEN} open requests")
    row = Row(
        id=request.jti,
        hub=request.iss,
        token=request.token,
        case_key=request.case_key,
        purpose=request.purpose,
        place=request.place,
        exp=request.exp,
        received_at=now,
    )
    session.add(row)
    session.flush()
    return kept_of(row)


def of_hub(session: Session, hub: str) -> list[Kept]:
    """A hub's own requests, newest first; at most MAX_LIST."""
    wanted = select(Row).where(Row.hub == hub).order_by(Row.received_at.desc(), Row.id)
    return [kept_of(row) for row in session.scalars(wanted.limit(MAX_LIST))]


def find(session: Session, request_id: str) -> Kept | None:
    """One request."""
    row = session.get(Row, request_id)
    return None if row is None else kept_of(row)


def released(session: Session, requests: Sequence[Kept], now: int) -> dict[str, list[Approval]]:
    """Of each request, by its id, the approvals that its hub may know of at `now` (unix s)."""
    wanted = (
        select(RequestApproval)
        .where(RequestApproval.request.in_([request.id for request in requests]))
        .where(RequestApproval.release_at <= now)
        .order_by(RequestApproval.release_at, RequestApproval.camera)
    )
    found: dict[str, list[Approval]] = {request.id: [] for request in requests}
    for row in session.scalars(wanted):
        found[row.request].append(_approval(row))
    return found


def approved_by(session: Session, jti: str) -> tuple[Approval, Kept] | None:
    """What a grant approves; None if it is no answer to a request."""
    found = session.scalar(select(RequestApproval).where(RequestApproval.jti == jti))
    row = None if found is None else session.get(Row, found.request)
    return None if found is None or row is None else (_approval(found), kept_of(row))


def kept_of(row: Row) -> Kept:
    """Detached from its session."""
    return Kept(
        id=row.id,
        hub=row.hub,
        token=row.token,
        case_key=row.case_key,
        purpose=row.purpose,
        exp=row.exp,
        received_at=row.received_at,
    )


def _approval(row: RequestApproval) -> Approval:
    return Approval(row.request, row.camera, row.jti, row.release_at)
