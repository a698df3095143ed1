"""Motion clips, and what residents say of recording."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

THUMB = sa.String(43)
JTI = sa.String(22)


def upgrade() -> None:
    """Two tables of their own."""
    op.create_table(
        "clip",
        sa.Column("id", JTI, primary_key=True),
        sa.Column("camera", THUMB, sa.ForeignKey("camera.id"), nullable=False),
        sa.Column("resident", THUMB, nullable=False),
        sa.Column("jti", JTI, nullable=False),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=False),
        sa.Column("frames", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("sealed", sa.Boolean, nullable=False),
        sa.Column("best_at", sa.BigInteger, nullable=False),
        sa.Column("best_bytes", sa.Integer, nullable=False),
        sa.Column("delete_at", sa.BigInteger, nullable=False),
    )
    op.create_index("clip_camera", "clip", ["camera", "started_ms"])
    op.create_index("clip_resident", "clip", ["resident", "started_ms"])
    op.create_index("clip_due", "clip", ["delete_at"])
    op.create_table(
        "recording_rule",
        sa.Column("camera", THUMB, sa.ForeignKey("camera.id"), primary_key=True),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("reader_x", sa.LargeBinary(32), nullable=True),
        sa.Column("reader_y", sa.LargeBinary(32), nullable=True),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
