"""What hubs signed for their looks, beside the entries; how far open looks had come."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Two columns where what people wrote lies, and a table of its own."""
    op.add_column("entry_words", sa.Column("statement", sa.String(2048), nullable=True))
    op.add_column("entry_words", sa.Column("statement_salt", sa.LargeBinary(16), nullable=True))
    op.create_table(
        "look_account",
        sa.Column("view", sa.String(22), primary_key=True),
        sa.Column("camera", sa.String(43), primary_key=True),
        sa.Column("seconds", sa.BigInteger, nullable=False),
        sa.Column("frames", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
    )
