"""Webhooks and how far they are; which reports were published, and in whose log that is."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

THUMB = sa.String(43)
JTI = sa.String(22)


def upgrade() -> None:
    """Two tables of their own."""
    op.create_table(
        "webhook",
        sa.Column("id", JTI, primary_key=True),
        sa.Column("owner", THUMB, sa.ForeignKey("party.thumb"), nullable=False),
        sa.Column("url", sa.String(512), nullable=False),
        sa.Column("secret", sa.LargeBinary(32), nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("failing_since", sa.BigInteger, nullable=True),
        sa.Column("next_ms", sa.BigInteger, nullable=False),
        sa.Column("fault", sa.String(32), nullable=True),
        sa.Column("stopped_at", sa.BigInteger, nullable=True),
    )
    op.create_index("webhook_owner", "webhook", ["owner"])
    op.create_table(
        "report_published",
        sa.Column("resident", THUMB, primary_key=True),
        sa.Column("quarter", sa.String(7), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
    )
