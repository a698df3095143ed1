"""The tables of webhooks and of published reports: webhooks/rows.py, transparency/reports.py."""

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from porchlight.store.models import JTI, THUMB, Base


class Webhook(Base):
    """Where a resident's or hub's events are sent. The log is its queue: `done` is the entry that
    was dealt with last. `next_ms`: unix ms, the other times unix s; `tries`: of the entry whose
    turn it is, the first of which failed at `failing_since`."""

    __tablename__ = "webhook"
    __table_args__ = (Index("webhook_owner", "owner"),)

    id: Mapped[str] = mapped_column(JTI, primary_key=True)
    owner: Mapped[str] = mapped_column(ForeignKey("party.thumb"))
    url: Mapped[str] = mapped_column(String(512))
    secret: Mapped[bytes] = mapped_column(LargeBinary(32))
    added_at: Mapped[int] = mapped_column(BigInteger)
    done: Mapped[int] = mapped_column(BigInteger)
    tries: Mapped[int] = mapped_column(Integer)
    failing_since: Mapped[int | None] = mapped_column(BigInteger)
    next_ms: Mapped[int] = mapped_column(BigInteger)
    fault: Mapped[str | None] = mapped_column(String(32))
    stopped_at: Mapped[int | None] = mapped_column(BigInteger)


class ReportPublished(Base):
    """That a report is entered in a resident's log: once for each content."""

    __tablename__ = "report_published"

    resident: Mapped[str] = mapped_column(THUMB, primary_key=True)
    quarter: Mapped[str] = mapped_column(String(7), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
