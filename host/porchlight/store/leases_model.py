"""The tables of delegates and of what residents stopped. See consent/standings.py."""

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from porchlight.store.models import JTI, THUMB, Base


class Delegate(Base):
    """A resident's word that an agent may keep one camera alive, or stop it."""

    __tablename__ = "delegate"
    __table_args__ = (Index("delegate_agent", "agent", "camera"),)

    jti: Mapped[str] = mapped_column(JTI, primary_key=True)
    camera: Mapped[str] = mapped_column(ForeignKey("camera.id"))
    resident: Mapped[str] = mapped_column(THUMB)
    agent: Mapped[str] = mapped_column(THUMB)
    token: Mapped[bytes] = mapped_column(LargeBinary(2048))
    exp: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)


class Said(Base):
    """What the resident of a camera stopped or paused last: packed statuses (accord.lease)."""

    __tablename__ = "said"

    camera: Mapped[str] = mapped_column(ForeignKey("camera.id"), primary_key=True)
    statuses: Mapped[bytes] = mapped_column(LargeBinary(64))
    at: Mapped[int] = mapped_column(BigInteger)
