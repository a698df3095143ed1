"""The tables. Times are unix seconds unless the name says otherwise; thumbs are 43 characters.

Widths are bounds for PostgreSQL's sake; SQLite does not enforce them, the checks at the door do.
Views have no table: their tickets die with the process, and the entries say what was open.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

THUMB = String(43)
JTI = String(22)
# SQLite numbers rows by itself only when the key is exactly INTEGER.
RowNumber = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """All tables of one host."""


class Party(Base):
    """A resident or a hub: a public key that may speak to this host. `kind`: resident, hub."""

    __tablename__ = "party"
    __table_args__ = (Index("party_name", "kind", "name", unique=True),)

    thumb: Mapped[str] = mapped_column(THUMB, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(32))
    x: Mapped[bytes] = mapped_column(LargeBinary(32))
    y: Mapped[bytes] = mapped_column(LargeBinary(32))
    added_at: Mapped[int] = mapped_column(BigInteger)


class Camera(Base):
    """A camera, its owner and its board key. `statement` is the resident's own, signed."""

    __tablename__ = "camera"
    __table_args__ = (Index("camera_resident", "resident"),)

    id: Mapped[str] = mapped_column(THUMB, primary_key=True)
    resident: Mapped[str] = mapped_column(ForeignKey("party.thumb"))
    label: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(16))
    board_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    statement: Mapped[bytes] = mapped_column(LargeBinary(2048))
    place: Mapped[dict[str, int] | None] = mapped_column(JSON)
    added_at: Mapped[int] = mapped_column(BigInteger)


class Grant(Base):
    """A grant as received; its bytes are verified again whenever they are loaded."""

    __tablename__ = "consent_grant"
    __table_args__ = (
        Index("grant_camera_seq", "camera", "seq", unique=True),
        Index("grant_resident", "resident"),
    )

    jti: Mapped[str] = mapped_column(JTI, primary_key=True)
    camera: Mapped[str] = mapped_column(ForeignKey("camera.id"))
    resident: Mapped[str] = mapped_column(ForeignKey("party.thumb"))
    token: Mapped[bytes] = mapped_column(LargeBinary(2048))
    seq: Mapped[int] = mapped_column(BigInteger)
    nbf: Mapped[int] = mapped_column(BigInteger)
    exp: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)
    expired_at: Mapped[int | None] = mapped_column(BigInteger)


class Mark(Base):
    """How far a board's counters had come: what is not above this was seen before."""

    __tablename__ = "mark"

    camera: Mapped[str] = mapped_column(THUMB, primary_key=True)
    boot: Mapped[int] = mapped_column(BigInteger)
    sequence: Mapped[int] = mapped_column(BigInteger)


class Ahead(Base):
    """The newest time of a proof by a clock ahead of ours: none up to it is taken after a start."""

    __tablename__ = "ahead"

    thumb: Mapped[str] = mapped_column(THUMB, primary_key=True)
    iat: Mapped[int] = mapped_column(BigInteger)


class GrantHub(Base):
    """Whom a grant names: hubs, or the resident's own key."""

    __tablename__ = "grant_hub"
    __table_args__ = (Index("grant_hub_hub", "hub"),)

    jti: Mapped[str] = mapped_column(ForeignKey("consent_grant.jti"), primary_key=True)
    hub: Mapped[str] = mapped_column(ForeignKey("party.thumb"), primary_key=True)


class Entry(Base):
    """One line of a resident's log, or of the host's own (resident NULL). Never changed.

    Triggers refuse UPDATE and DELETE, and in SQLite any INSERT that is not at the end. `i`, `leaf`
    and `leaf_hash` are its place in the resident's tree. What people wrote about a resident's
    camera is in `words`, not in `case` and `reason`: there it can be erased.
    """

    __tablename__ = "entry"
    __table_args__ = (
        Index("entry_resident", "resident", "n"),
        Index("entry_log", "resident", "i", unique=True),
        Index("entry_view", "view", "type"),
        CheckConstraint("n > 0", name="entry_counts_from_one"),
        {"sqlite_autoincrement": True},
    )

    n: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    ts_ms: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(24))
    resident: Mapped[str | None] = mapped_column(THUMB)
    camera: Mapped[str | None] = mapped_column(THUMB)
    hub: Mapped[str | None] = mapped_column(THUMB)
    hub_name: Mapped[str | None] = mapped_column(String(32))
    jti: Mapped[str | None] = mapped_column(JTI)
    view: Mapped[str | None] = mapped_column(JTI)
    purpose: Mapped[str | None] = mapped_column(String(32))
    case: Mapped[str | None] = mapped_column("case_number", String(64))
    reason: Mapped[str | None] = mapped_column(String(280))
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    i: Mapped[int | None] = mapped_column(BigInteger)
    leaf: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    leaf_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), deferred=True)
    words: Mapped["Words | None"] = relationship(lazy="joined")


class LookAccount(Base):
    """How far an open look had come a minute ago, at most: views/account.py."""

    __tablename__ = "look_account"

    view: Mapped[str] = mapped_column(JTI, primary_key=True)
    camera: Mapped[str] = mapped_column(THUMB, primary_key=True)
    seconds: Mapped[int] = mapped_column(BigInteger)
    frames: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)


class Words(Base):
    """What people wrote in an entry, and the salts of the commitments in its leaf. `statement`:
    what a hub signed for its look."""

    __tablename__ = "entry_words"

    n: Mapped[int] = mapped_column(ForeignKey("entry.n"), primary_key=True)
    case: Mapped[str | None] = mapped_column("case_number", String(64))
    case_key: Mapped[str | None] = mapped_column(String(64))  # cases.py: however it is spelt
    case_salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    reason: Mapped[str | None] = mapped_column(String(280))
    reason_salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    statement: Mapped[str | None] = mapped_column(String(2048))
    statement_salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
