"""The table of the weekly digest: digests/rows.py."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from porchlight.store.models import THUMB, Base


class DigestTold(Base):
    """How far a resident was told: up to which Monday (unix ms), up to which entry. None yet:
    nothing since they joined."""

    __tablename__ = "digest_told"

    resident: Mapped[str] = mapped_column(THUMB, primary_key=True)
    until_ms: Mapped[int] = mapped_column(BigInteger)
    entry: Mapped[int] = mapped_column(BigInteger)
