"""Delegates of residents' agents, and what residents stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

THUMB = sa.String(43)


def upgrade() -> None:
    """Two tables of their own. Pre-signed grants are grants."""
    op.create_table(
        "delegate",
        sa.Column("jti", sa.String(22), primary_key=True),
        sa.Column("camera", THUMB, sa.ForeignKey("camera.id"), nullable=False),
        sa.Column("resident", THUMB, nullable=False),
        sa.Column("agent", THUMB, nullable=False),
        sa.Column("token", sa.LargeBinary(2048), nullable=False),
        sa.Column("exp", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger, nullable=True),
    )
    op.create_index("delegate_agent", "delegate", ["agent", "camera"])
    op.create_table(
        "said",
        sa.Column("camera", THUMB, sa.ForeignKey("camera.id"), primary_key=True),
        sa.Column("statuses", sa.LargeBinary(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
