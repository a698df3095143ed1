"""Operators, hub issuers, quotas and second approvals."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

THUMB = sa.String(43)
JTI = sa.String(22)


def upgrade() -> None:
    """Make the tables, and the indexes that quotas count by."""
    _issuers()
    _approvals()
    _secrets()
    op.create_index("entry_hub", "entry", ["hub", "type", "ts_ms"])
    op.create_index("entry_words_case", "entry_words", ["case_number"])


def _issuers() -> None:
    op.create_table(
        "hub_issuer",
        sa.Column("hub", THUMB, sa.ForeignKey("party.thumb"), primary_key=True),
        sa.Column("issuer", sa.String(512), nullable=False),
        sa.Column("client_id", sa.String(256), nullable=False),
        sa.Column("roles_claim", sa.String(64), nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("set_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sign_in",
        sa.Column("nonce_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("hub", THUMB, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("sign_in_hub", "sign_in", ["hub", "expires"])
    op.create_table(
        "operator_session",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("hub", THUMB, nullable=False),
        sa.Column("operator", JTI, nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("issuer", sa.String(512), nullable=False),
        sa.Column("client_id", sa.String(256), nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("operator_session_hub", "operator_session", ["hub", "expires"])


def _approvals() -> None:
    op.create_table(
        "approval",
        sa.Column("id", JTI, primary_key=True),
        sa.Column("hub", THUMB, nullable=False),
        sa.Column("asked_by", JTI, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("wanted", sa.JSON, nullable=False),
        sa.Column("approved_by", JTI, nullable=True),
        sa.Column("approved_at", sa.BigInteger, nullable=True),
        sa.Column("opened_at", sa.BigInteger, nullable=True),
    )
    op.create_index("approval_hub", "approval", ["hub", "expires"])


def _secrets() -> None:
    op.create_table(
        "host_secret",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.LargeBinary(32), nullable=False),
    )
