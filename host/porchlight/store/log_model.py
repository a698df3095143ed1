"""Tables of the residents' Merkle trees, and of what witnesses say of them. audit/log.py has the
rules; the leaves themselves are columns of the entries (models.py)."""

from sqlalchemy import BigInteger, LargeBinary, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from porchlight.store.models import THUMB, Base


class LogHead(Base):
    """A resident's tree as far as appending needs it. `peaks`: its full subtrees, 32 bytes each."""

    __tablename__ = "log_head"

    resident: Mapped[str] = mapped_column(THUMB, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    peaks: Mapped[bytes] = mapped_column(LargeBinary)


class LogNode(Base):
    """The hash of a full tile: what tiles of level 1 and above hold."""

    __tablename__ = "log_node"

    resident: Mapped[str] = mapped_column(THUMB, primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    i: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class Cosignature(Base):
    """What a witness said last of a resident's log. `line`: its signature, for that size."""

    __tablename__ = "log_cosignature"

    resident: Mapped[str] = mapped_column(THUMB, primary_key=True)
    witness: Mapped[str] = mapped_column(String(255), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)
    line: Mapped[str] = mapped_column(Text)


class Witnessed(Base):
    """The newest checkpoint of another's log that this host cosigned."""

    __tablename__ = "witnessed"

    origin: Mapped[str] = mapped_column(String(255), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    note: Mapped[str] = mapped_column(Text)
