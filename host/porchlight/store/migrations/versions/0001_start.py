"""Residents, hubs, cameras, grants, and entries that nobody can change."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

THUMB = sa.String(43)
JTI = sa.String(22)

_SQLITE_GUARDS = (
    "CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry "
    "BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END",
    "CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry "
    "BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END",
    # A row number of one's own choosing could fill a gap or, with OR REPLACE, overwrite.
    "CREATE TRIGGER entry_at_end BEFORE INSERT ON entry "
    "WHEN NEW.n IS NOT NULL AND NEW.n <> -1 AND NEW.n <= (SELECT COALESCE(MAX(n), 0) FROM entry) "
    "BEGIN SELECT RAISE(ABORT, 'entries are only added at the end'); END",
)
_POSTGRESQL_GUARDS = (
    "CREATE FUNCTION entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'entries are never changed or deleted'; END $$",
    "CREATE TRIGGER entry_no_change BEFORE UPDATE OR DELETE ON entry "
    "FOR EACH ROW EXECUTE FUNCTION entry_refuse()",
    "CREATE TRIGGER entry_no_truncate BEFORE TRUNCATE ON entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION entry_refuse()",
)


def upgrade() -> None:
    """Make all tables of the first version."""
    _parties()
    _cameras()
    _grants()
    _entries()
    guards = {"sqlite": _SQLITE_GUARDS, "postgresql": _POSTGRESQL_GUARDS}
    for guard in guards[op.get_context().dialect.name]:
        op.execute(guard)


def _parties() -> None:
    op.create_table(
        "party",
        sa.Column("thumb", THUMB, primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("x", sa.LargeBinary(32), nullable=False),
        sa.Column("y", sa.LargeBinary(32), nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
    )
    op.create_index("party_name", "party", ["kind", "name"], unique=True)


def _cameras() -> None:
    op.create_table(
        "camera",
        sa.Column("id", THUMB, primary_key=True),
        sa.Column("resident", THUMB, sa.ForeignKey("party.thumb"), nullable=False),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("board_key", sa.LargeBinary(32), nullable=False),
        sa.Column("statement", sa.LargeBinary(2048), nullable=False),
        sa.Column("place", sa.JSON, nullable=True),
        sa.Column("added_at", sa.BigInteger, nullable=False),
    )
    op.create_index("camera_resident", "camera", ["resident"])


def _grants() -> None:
    op.create_table(
        "consent_grant",
        sa.Column("jti", JTI, primary_key=True),
        sa.Column("camera", THUMB, sa.ForeignKey("camera.id"), nullable=False),
        sa.Column("resident", THUMB, sa.ForeignKey("party.thumb"), nullable=False),
        sa.Column("token", sa.LargeBinary(2048), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("nbf", sa.BigInteger, nullable=False),
        sa.Column("exp", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger, nullable=True),
        sa.Column("expired_at", sa.BigInteger, nullable=True),
    )
    op.create_index("grant_camera_seq", "consent_grant", ["camera", "seq"], unique=True)
    op.create_index("grant_resident", "consent_grant", ["resident"])
    op.create_table(
        "grant_hub",
        sa.Column("jti", JTI, sa.ForeignKey("consent_grant.jti"), primary_key=True),
        sa.Column("hub", THUMB, sa.ForeignKey("party.thumb"), primary_key=True),
    )
    op.create_index("grant_hub_hub", "grant_hub", ["hub"])


def _entries() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "entry",
        sa.Column("n", number, primary_key=True),
        sa.Column("ts_ms", sa.BigInteger, nullable=False),
        sa.Column("type", sa.String(24), nullable=False),
        sa.Column("resident", THUMB, nullable=True),
        sa.Column("camera", THUMB, nullable=True),
        sa.Column("hub", THUMB, nullable=True),
        sa.Column("hub_name", sa.String(32), nullable=True),
        sa.Column("jti", JTI, nullable=True),
        sa.Column("view", JTI, nullable=True),
        sa.Column("purpose", sa.String(32), nullable=True),
        sa.Column("case_number", sa.String(64), nullable=True),
        sa.Column("reason", sa.String(280), nullable=True),
        sa.Column("detail", sa.JSON, nullable=True),
        sa.CheckConstraint("n > 0", name="entry_counts_from_one"),
        sqlite_autoincrement=True,
    )
    op.create_index("entry_resident", "entry", ["resident", "n"])
    op.create_index("entry_view", "entry", ["view", "type"])
