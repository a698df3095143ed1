"""Proofs from clocks ahead of ours, so that a replay stays a replay after a restart."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """One row a key, overwritten."""
    op.create_table(
        "ahead",
        sa.Column("thumb", sa.String(43), primary_key=True),
        sa.Column("iat", sa.BigInteger, nullable=False),
    )
