"""The tables of clips and of the residents' rules of recording. See clips/rows.py."""

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from porchlight.store.models import JTI, THUMB, Base


class Clip(Base):
    """One finished file. Times are unix ms, `delete_at` unix s; `sha256` in hex."""

    __tablename__ = "clip"
    __table_args__ = (
        Index("clip_camera", "camera", "started_ms"),
        Index("clip_resident", "resident", "started_ms"),
        Index("clip_due", "delete_at"),
    )

    id: Mapped[str] = mapped_column(JTI, primary_key=True)
    camera: Mapped[str] = mapped_column(ForeignKey("camera.id"))
    resident: Mapped[str] = mapped_column(THUMB)
    jti: Mapped[str] = mapped_column(JTI)
    started_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int] = mapped_column(BigInteger)
    frames: Mapped[int] = mapped_column(Integer)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    sealed: Mapped[bool] = mapped_column(Boolean)
    best_at: Mapped[int] = mapped_column(BigInteger)
    best_bytes: Mapped[int] = mapped_column(Integer)
    delete_at: Mapped[int] = mapped_column(BigInteger)


class RecordingRule(Base):
    """What a resident says of recording at one camera; no row: the grants alone decide."""

    __tablename__ = "recording_rule"

    camera: Mapped[str] = mapped_column(ForeignKey("camera.id"), primary_key=True)
    enabled: Mapped[bool] = mapped_column(Boolean)
    reader_x: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    reader_y: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    changed_at: Mapped[int] = mapped_column(BigInteger)
