"""The tables of requests. See requests/rows.py.

What hubs read and what residents were asked are two tables: nothing that a refusal or a silence
writes is in one that an answer to a hub is made from.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from porchlight.store.models import JTI, THUMB, Base


class Request(Base):
    """A request as received. `done_at`: when all whom it concerns had been asked; `closed_at`: when
    all of them had been told that it is over."""

    __tablename__ = "request"
    __table_args__ = (
        Index("request_hub", "hub", "received_at"),
        Index("request_case", "hub", "case_key"),
        Index("request_exp", "closed_at", "exp"),
        Index("request_done", "done_at", "exp"),
    )

    id: Mapped[str] = mapped_column(JTI, primary_key=True)
    hub: Mapped[str] = mapped_column(ForeignKey("party.thumb"))
    token: Mapped[bytes] = mapped_column(LargeBinary(2048))
    case_key: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(32))
    place: Mapped[dict[str, Any]] = mapped_column(JSON)
    exp: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[int] = mapped_column(BigInteger)
    done_at: Mapped[int | None] = mapped_column(BigInteger)
    closed_at: Mapped[int | None] = mapped_column(BigInteger)


class RequestAsked(Base):
    """A resident who was asked. One row for each case of a hub: nobody is asked twice."""

    __tablename__ = "request_asked"
    __table_args__ = (Index("request_asked_once", "resident", "hub", "case_key", unique=True),)

    request: Mapped[str] = mapped_column(ForeignKey("request.id"), primary_key=True)
    resident: Mapped[str] = mapped_column(ForeignKey("party.thumb"), primary_key=True)
    hub: Mapped[str] = mapped_column(THUMB)
    case_key: Mapped[str] = mapped_column(String(64))
    cameras: Mapped[list[str]] = mapped_column(JSON)
    asked_at: Mapped[int] = mapped_column(BigInteger)
    denied_at: Mapped[int | None] = mapped_column(BigInteger)
    expired_at: Mapped[int | None] = mapped_column(BigInteger)


class RequestApproval(Base):
    """A camera's resident said yes, by this grant. The hub is told from `release_at` on."""

    __tablename__ = "request_approval"
    __table_args__ = (Index("request_approval_grant", "jti", unique=True),)

    request: Mapped[str] = mapped_column(ForeignKey("request.id"), primary_key=True)
    camera: Mapped[str] = mapped_column(ForeignKey("camera.id"), primary_key=True)
    resident: Mapped[str] = mapped_column(THUMB)
    jti: Mapped[str] = mapped_column(ForeignKey("consent_grant.jti"))
    approved_at: Mapped[int] = mapped_column(BigInteger)
    release_at: Mapped[int] = mapped_column(BigInteger)


class RequestOptIn(Base):
    """A resident may be asked by this hub for this purpose. No row: they may not."""

    __tablename__ = "request_opt_in"
    __table_args__ = (Index("request_opt_in_hub", "hub", "purpose"),)

    resident: Mapped[str] = mapped_column(ForeignKey("party.thumb"), primary_key=True)
    hub: Mapped[str] = mapped_column(ForeignKey("party.thumb"), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(32), primary_key=True)
