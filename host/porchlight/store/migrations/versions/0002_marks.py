"""How far each board's counters had come, so that a replay stays a replay after a restart."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One row a board, overwritten."""
    op.create_table(
        "mark",
        sa.Column("camera", sa.String(43), primary_key=True),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
