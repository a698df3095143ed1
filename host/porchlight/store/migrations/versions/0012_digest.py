"""How far each resident was told by the weekly digest."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """One table. Who is here already is told of what comes, not of all the years before."""
    told = op.create_table(
        "digest_told",
        sa.Column("resident", sa.String(43), primary_key=True),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
        sa.Column("entry", sa.BigInteger, nullable=False),
    )
    newest: sa.Select[tuple[int]] = sa.select(
        sa.func.coalesce(sa.func.max(sa.column("n")), 0)
    ).select_from(sa.table("entry", sa.column("n")))
    party = sa.table("party", sa.column("thumb"), sa.column("kind"))
    now_ms = sa.literal(time.time_ns() // 1_000_000, sa.BigInteger)
    here = sa.select(party.c.thumb, now_ms, newest.scalar_subquery())
    op.execute(
        told.insert().from_select(
            ["resident", "until_ms", "entry"], here.where(party.c.kind == "resident")
        )
    )
