"""Whom a request concerns: found, asked, told of its end. Functions of one transaction.

All of it happens while no hub waits (rounds.py), and writes nothing that a hub's answer is made of.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from porchlight.audit import entries
from porchlight.requests import area
from porchlight.requests.rows import Kept, kept_of
from porchlight.search.sphere import Point
from porchlight.store.models import Camera, Entry, Party
from porchlight.store.requests_model import Request as Row
from porchlight.store.requests_model import RequestApproval, RequestAsked, RequestOptIn


@dataclass(frozen=True)
class Addressee:
    """A resident whom a request concerns, and the cameras for which it does."""

    request: Kept
    resident: str
    cameras: tuple[str, ...]


def waiting(session: Session, now: int, begun: int) -> list[Kept]:
    """Open requests that came before the present slot had `begun`, and of whose residents not all
    were asked yet."""
    wanted = select(Row).where(Row.done_at.is_(None), Row.exp > now, Row.received_at < begun)
    return [kept_of(row) for row in session.scalars(wanted.order_by(Row.received_at))]


def addressees(request: Kept, session: Session) -> list[Addressee]:
    """Who lets this hub ask for this purpose, has a camera there, and was not asked for the case
    before. Reads all places that opted in: not for the event loop."""
    before = select(RequestAsked.resident).where(
        RequestAsked.hub == request.hub, RequestAsked.case_key == request.case_key
    )
    wanted = (
        select(Camera.resident, Camera.id, Camera.place)
        .join(RequestOptIn, RequestOptIn.resident == Camera.resident)
        .where(RequestOptIn.hub == request.hub, RequestOptIn.purpose == request.purpose)
        .where(Camera.place.is_not(None), Camera.resident.not_in(before))
        .order_by(Camera.resident, Camera.id)
    )
    ground = area.of(request.claims["area"])
    found: dict[str, list[str]] = {}
    for resident, camera, place in session.execute(wanted):
        if place is not None and ground.holds(_point(place)):
            found.setdefault(resident, []).append(camera)
    return [Addressee(request, who, tuple(cameras)) for who, cameras in found.items()]


def ask(session: Session, whom: Addressee, now_ms: int) -> Entry | None:
    """Put a request before one resident, with its entry; None if they were asked for this case
    already, want to be asked no more, or it is over."""
    request, now = whom.request, now_ms // 1000
    wants = session.get(RequestOptIn, (whom.resident, request.hub, request.purpose))
    if wants is None or request.exp <= now or _asked_before(session, whom):
        return None
    session.add(
        RequestAsked(
            request=request.id,
            resident=whom.resident,
            hub=request.hub,
            case_key=request.case_key,
            cameras=list(whom.cameras),
            asked_at=now,
        )
    )
    detail = {
        "exp": request.exp,
        "window": list(request.window),
        "actions": request.claims["actions"],
        "cameras": list(whom.cameras),
    }
    return note(session, now_ms, "received", whom, detail=detail)


def all_asked(session: Session, request_id: str, now: int) -> None:
    """Nobody is left to be asked."""
    row = session.get(Row, request_id)
    if row is not None:
        row.done_at = now


# Ending


def over(session: Session, now: int, _begun: int) -> list[Kept]:
    """Requests that ran out, of which their residents were not told yet."""
    wanted = select(Row).where(Row.closed_at.is_(None), Row.exp <= now)
    return [kept_of(row) for row in session.scalars(wanted.order_by(Row.exp))]


def unanswered(request: Kept, session: Session) -> list[Addressee]:
    """Who did not approve. Those who refused too: what is done for them when a request ends has to
    be what is done for those who kept silent."""
    yes = select(RequestApproval.resident).where(RequestApproval.request == request.id)
    wanted = select(RequestAsked).where(
        RequestAsked.request == request.id,
        RequestAsked.expired_at.is_(None),
        RequestAsked.resident.not_in(yes),
    )
    return [Addressee(request, row.resident, ()) for row in session.scalars(wanted)]


def end(session: Session, whom: Addressee, now_ms: int) -> Entry | None:
    """Tell one resident that a request is over, with one entry: denied if they had put it aside,
    else expired; None if that was done."""
    row = session.get(RequestAsked, (whom.request.id, whom.resident))
    if row is None or row.expired_at is not None:
        return None
    row.expired_at = now_ms // 1000
    return note(session, now_ms, "expired" if row.denied_at is None else "denied", whom)


def closed(session: Session, request_id: str, now: int) -> None:
    """Nobody is left to be told."""
    row = session.get(Row, request_id)
    if row is not None:
        row.closed_at = now


def note(session: Session, now_ms: int, what: str, whom: Addressee, **more: Any) -> Entry:
    """An entry in one resident's log about a request: received, approved, denied, expired. `more`:
    as in audit.entries.write."""
    request, detail = whom.request, more.pop("detail", {})
    hub = session.get(Party, request.hub)
    return entries.write(
        session,
        now_ms,
        f"request.{what}",
        resident=whom.resident,
        hub=request.hub,
        hub_name=None if hub is None else hub.name,
        purpose=request.purpose,
        case=request.claims["case"],
        reason=request.claims["reason"] if what == "received" else None,
        detail={"request": request.id} | detail,
        **more,
    )


def _asked_before(session: Session, whom: Addressee) -> bool:
    wanted = select(RequestAsked.request).where(
        RequestAsked.resident == whom.resident,
        RequestAsked.hub == whom.request.hub,
        RequestAsked.case_key == whom.request.case_key,
    )
    return session.scalar(wanted) is not None


def _point(place: dict[str, int]) -> Point:
    return Point(place["lat"] / area.UNIT, place["lon"] / area.UNIT)
