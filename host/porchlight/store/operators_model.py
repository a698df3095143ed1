"""Tables of hubs' issuers, of their operators' sign-ins, and of what awaits a second person.

Of a token and of a nonce only the hash is kept. `roles` of an issuer: value of its claim -> role.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from porchlight.store.models import JTI, THUMB, Base, Entry, Words


class HubIssuer(Base):
    """Where a hub's operators sign in: an OpenID Connect issuer, and the hub's client id there."""

    __tablename__ = "hub_issuer"

    hub: Mapped[str] = mapped_column(ForeignKey("party.thumb"), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(512))
    client_id: Mapped[str] = mapped_column(String(256))
    roles_claim: Mapped[str] = mapped_column(String(64))
    roles: Mapped[dict[str, str]] = mapped_column(JSON)
    set_at: Mapped[int] = mapped_column(BigInteger)


class SignIn(Base):
    """A nonce that was given to a hub and has not come back yet."""

    __tablename__ = "sign_in"
    __table_args__ = (Index("sign_in_hub", "hub", "expires"),)

    nonce_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    hub: Mapped[str] = mapped_column(THUMB)
    expires: Mapped[int] = mapped_column(BigInteger)


class OperatorSession(Base):
    """An operator who is signed in, until `expires` or until the hub's issuer changes."""

    __tablename__ = "operator_session"
    __table_args__ = (Index("operator_session_hub", "hub", "expires"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    hub: Mapped[str] = mapped_column(THUMB)
    operator: Mapped[str] = mapped_column(JTI)
    roles: Mapped[list[str]] = mapped_column(JSON)
    issuer: Mapped[str] = mapped_column(String(512))
    client_id: Mapped[str] = mapped_column(String(256))
    expires: Mapped[int] = mapped_column(BigInteger)


class Approval(Base):
    """A view that one operator asked for and another one has to approve. `wanted`: the intent."""

    __tablename__ = "approval"
    __table_args__ = (Index("approval_hub", "hub", "expires"),)

    id: Mapped[str] = mapped_column(JTI, primary_key=True)
    hub: Mapped[str] = mapped_column(THUMB)
    asked_by: Mapped[str] = mapped_column(JTI)
    asked_at: Mapped[int] = mapped_column(BigInteger)
    expires: Mapped[int] = mapped_column(BigInteger)
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    approved_by: Mapped[str | None] = mapped_column(JTI)
    approved_at: Mapped[int | None] = mapped_column(BigInteger)
    opened_at: Mapped[int | None] = mapped_column(BigInteger)


class HostSecret(Base):
    """What this host keeps to itself, under a name: made once, the same on every node."""

    __tablename__ = "host_secret"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary(32))


# Quotas are counted from what was entered.
Index("entry_hub", Entry.hub, Entry.type, Entry.ts_ms)
Index("entry_words_case", Words.case_key)
