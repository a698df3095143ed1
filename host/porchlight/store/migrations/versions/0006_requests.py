"""Requests of hubs for footage, and what residents did with them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

THUMB = sa.String(43)
JTI = sa.String(22)


def upgrade() -> None:
    """Four tables of their own."""
    op.create_table(
        "request",
        sa.Column("id", JTI, primary_key=True),
        sa.Column("hub", THUMB, sa.ForeignKey("party.thumb"), nullable=False),
        sa.Column("token", sa.LargeBinary(2048), nullable=False),
        sa.Column("case_key", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("place", sa.JSON, nullable=False),
        sa.Column("exp", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger, nullable=True),
        sa.Column("closed_at", sa.BigInteger, nullable=True),
    )
    op.create_index("request_hub", "request", ["hub", "received_at"])
    op.create_index("request_case", "request", ["hub", "case_key"])
    op.create_index("request_exp", "request", ["closed_at", "exp"])
    op.create_index("request_done", "request", ["done_at", "exp"])
    _answers()
    op.create_table(
        "request_opt_in",
        sa.Column("resident", THUMB, sa.ForeignKey("party.thumb"), primary_key=True),
        sa.Column("hub", THUMB, sa.ForeignKey("party.thumb"), primary_key=True),
        sa.Column("purpose", sa.String(32), primary_key=True),
    )
    op.create_index("request_opt_in_hub", "request_opt_in", ["hub", "purpose"])


def _answers() -> None:
    op.create_table(
        "request_asked",
        sa.Column("request", JTI, sa.ForeignKey("request.id"), primary_key=True),
        sa.Column("resident", THUMB, sa.ForeignKey("party.thumb"), primary_key=True),
        sa.Column("hub", THUMB, nullable=False),
        sa.Column("case_key", sa.String(64), nullable=False),
        sa.Column("cameras", sa.JSON, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("denied_at", sa.BigInteger, nullable=True),
        sa.Column("expired_at", sa.BigInteger, nullable=True),
    )
    once = ["resident", "hub", "case_key"]
    op.create_index("request_asked_once", "request_asked", once, unique=True)
    op.create_table(
        "request_approval",
        sa.Column("request", JTI, sa.ForeignKey("request.id"), primary_key=True),
        sa.Column("camera", THUMB, sa.ForeignKey("camera.id"), primary_key=True),
        sa.Column("resident", THUMB, nullable=False),
        sa.Column("jti", JTI, sa.ForeignKey("consent_grant.jti"), nullable=False),
        sa.Column("approved_at", sa.BigInteger, nullable=False),
        sa.Column("release_at", sa.BigInteger, nullable=False),
    )
    op.create_index("request_approval_grant", "request_approval", ["jti"], unique=True)
