"""Requests as residents see and answer them, and by whom they let themselves be asked. Functions of
one transaction.

A refusal writes to request_asked and to nothing else: hubs are answered from other tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from accord.grant import Grant
from porchlight.audit import entries
from porchlight.errors import Conflict, Gone, NotFound
from porchlight.requests import addressing, rows
from porchlight.requests.addressing import Addressee
from porchlight.requests.rows import Approval, Kept
from porchlight.store.models import Camera, Entry, Party
from porchlight.store.requests_model import Request as Row
from porchlight.store.requests_model import RequestApproval, RequestAsked, RequestOptIn

MAX_LIST: Final = 200
State = Literal["open", "approved", "denied", "expired"]


@dataclass(frozen=True)
class Item:
    """One request in a resident's inbox. `cameras`: id -> label; `grants`: camera -> jti."""

    request: Kept
    hub_name: str
    cameras: dict[str, str]
    grants: dict[str, str]
    asked_at: int
    denied: bool

    def state(self, now: int) -> State:
        """How it stands at `now` (unix s)."""
        if self.grants:
            return "approved"
        if self.denied:
            return "denied"
        return "open" if now < self.request.exp else "expired"


def inbox(session: Session, resident: str) -> list[Item]:
    """What a resident was asked, newest first; at most MAX_LIST."""
    wanted = (
        select(RequestAsked)
        .where(RequestAsked.resident == resident)
        .order_by(RequestAsked.asked_at.desc(), RequestAsked.request)
        .limit(MAX_LIST)
    )
    return [_item(session, row) for row in session.scalars(wanted)]


def item(session: Session, request_id: str, resident: str) -> Item:
    """One request in a resident's inbox; NotFound if it was not put before them."""
    return _item(session, _asked(session, request_id, resident))


def approve(session: Session, request_id: str, grant: Grant, now_ms: int) -> tuple[Approval, Entry]:
    """Keep a yes, of which the hub is told when its grant begins, with its entry. Conflict: that
    camera has another; Gone: it is over."""
    found, now = item(session, request_id, grant.iss), now_ms // 1000
    check_open(found, grant.sub, now)
    row = RequestApproval(
        request=request_id,
        camera=grant.sub,
        resident=grant.iss,
        jti=grant.jti,
        approved_at=now,
        release_at=grant.nbf,
    )
    session.add(row)
    session.flush()
    about = {"camera": grant.sub, "jti": grant.jti}
    detail = {"actions": list(grant.actions), "exp": grant.exp}
    whom = Addressee(found.request, grant.iss, ())
    entry = addressing.note(session, now_ms, "approved", whom, detail=detail, **about)
    return Approval(request_id, grant.sub, grant.jti, grant.nbf), entry


def check_open(found: Item, camera: str, now: int) -> None:
    """Conflict: this camera has an answer; Gone: the request is over."""
    if found.request.exp <= now:
        raise Gone("request-over", "nobody waits for an answer to this request any more")
    if camera in found.grants:
        raise Conflict("approved-already", "this camera has an answer; take that back instead")


def deny(session: Session, request_id: str, resident: str, now: int) -> None:
    """Put a request aside. Conflict: it is approved; Gone: it is over.

    There is no entry before the request ends, when silence has one too (addressing.end): a log that
    grew at once would tell, by its size in the next receipt, a hub that looks here anyway.
    """
    asked = _asked(session, request_id, resident)
    found = _item(session, asked)
    if found.grants:
        raise Conflict("approved-already", "take back the permission you gave instead")
    if found.request.exp <= now:
        raise Gone("request-over", "it is over; nobody waits for an answer")
    if asked.denied_at is None:
        asked.denied_at = now


def opted_in(session: Session, resident: str) -> dict[str, list[str]]:
    """Who may ask a resident, and for what: hub -> purposes."""
    found: dict[str, list[str]] = {}
    wanted = select(RequestOptIn).where(RequestOptIn.resident == resident)
    for row in session.scalars(wanted.order_by(RequestOptIn.hub, RequestOptIn.purpose)):
        found.setdefault(row.hub, []).append(row.purpose)
    return found


def opt_in(
    session: Session, resident: str, hub: Party, purposes: Sequence[str], now_ms: int
) -> Entry:
    """Let a hub ask for these purposes and no others, with an entry; none of them: not at all."""
    mine = RequestOptIn.resident == resident, RequestOptIn.hub == hub.thumb
    session.execute(delete(RequestOptIn).where(*mine))
    session.add_all(RequestOptIn(resident=resident, hub=hub.thumb, purpose=p) for p in purposes)
    return entries.write(
        session,
        now_ms,
        "asked.set",
        resident=resident,
        hub=hub.thumb,
        hub_name=hub.name,
        detail={"purposes": list(purposes)},
    )


def _asked(session: Session, request_id: str, resident: str) -> RequestAsked:
    row = session.get(RequestAsked, (request_id, resident))
    if row is None:
        raise NotFound("no-request", "you were not asked that")
    return row


def _item(session: Session, asked: RequestAsked) -> Item:
    request = session.get_one(Row, asked.request)
    hub = session.get_one(Party, request.hub)
    labels = select(Camera.id, Camera.label).where(Camera.id.in_(asked.cameras))
    said = select(RequestApproval).where(
        RequestApproval.request == asked.request, RequestApproval.resident == asked.resident
    )
    kept = rows.find(session, asked.request)
    if kept is None:
        raise NotFound("no-request", "you were not asked that")
    return Item(
        request=kept,
        hub_name=hub.name,
        cameras={row[0]: row[1] for row in session.execute(labels)},
        grants={row.camera: row.jti for row in session.scalars(said)},
        asked_at=asked.asked_at,
        denied=asked.denied_at is not None,
    )
