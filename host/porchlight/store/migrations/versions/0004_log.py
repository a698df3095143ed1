"""The residents' logs as Merkle trees. The entries that are there become the first leaves.

What people wrote in them moves to a table of its own, from which it can be erased. That changes
rows that triggers protect: this is the one time, and whoever kept a copy can compare.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from porchlight.audit import leaf
from porchlight.audit.tree import Frontier, leaf_hash

revision = "0004"
down_revision = "0003"

PAGE = 1_000
TILE_HEIGHT = 8
THUMB = sa.String(43)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ENTRY = sa.table(
    "entry",
    *map(sa.column, ("n", "ts_ms", "type", "resident", "camera", "hub", "hub_name", "jti", "view")),
    *map(sa.column, ("purpose", "case_number", "reason", "i")),
    sa.column("detail", sa.JSON),
    sa.column("leaf", sa.LargeBinary),
    sa.column("leaf_hash", sa.LargeBinary),
)
_GUARDS = {
    "sqlite": (
        "DROP TRIGGER entry_no_update",
        "CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry "
        "BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END",
    ),
    "postgresql": (
        "DROP TRIGGER entry_no_change ON entry",
        "CREATE TRIGGER entry_no_change BEFORE UPDATE OR DELETE ON entry "
        "FOR EACH ROW EXECUTE FUNCTION entry_refuse()",
    ),
}


def upgrade() -> None:
    """Make the tables, and adopt what is there."""
    for column in (
        sa.Column("i", sa.BigInteger, nullable=True),
        sa.Column("leaf", sa.LargeBinary, nullable=True),
        sa.Column("leaf_hash", sa.LargeBinary(32), nullable=True),
    ):
        op.add_column("entry", column)
    tables = _tables()
    drop, create = _GUARDS[op.get_context().dialect.name]
    if not op.get_context().as_sql:  # statements on paper have no rows to adopt
        op.execute(drop)
        _adopt(tables)
        op.execute(create)
    op.create_index("entry_log", "entry", ["resident", "i"], unique=True)


def _tables() -> dict[str, sa.Table]:
    _witnesses()
    words = op.create_table(
        "entry_words",
        sa.Column("n", NUMBER, sa.ForeignKey("entry.n"), primary_key=True),
        sa.Column("case_number", sa.String(64), nullable=True),
        sa.Column("case_salt", sa.LargeBinary(16), nullable=True),
        sa.Column("reason", sa.String(280), nullable=True),
        sa.Column("reason_salt", sa.LargeBinary(16), nullable=True),
    )
    head = op.create_table(
        "log_head",
        sa.Column("resident", THUMB, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
    )
    node = op.create_table(
        "log_node",
        sa.Column("resident", THUMB, primary_key=True),
        sa.Column("level", sa.SmallInteger, primary_key=True),
        sa.Column("i", sa.BigInteger, primary_key=True),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
    )
    return {"words": words, "head": head, "node": node}


def _witnesses() -> None:
    op.create_table(
        "log_cosignature",
        sa.Column("resident", THUMB, primary_key=True),
        sa.Column("witness", sa.String(255), primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
    )
    op.create_table(
        "witnessed",
        sa.Column("origin", sa.String(255), primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )


def _adopt(tables: dict[str, sa.Table]) -> None:
    trees: dict[str, Frontier] = {}
    database = op.get_bind()
    for page in _pages(database):
        for row in page:
            resident = row["resident"]
            said = leaf.spoken(row["type"], row["case_number"], row["reason"])
            raw = leaf.encode(row["ts_ms"], row["type"], row, said)
            grown, made = trees.get(resident, Frontier()).append(leaf_hash(raw))
            trees[resident] = grown
            changed = {
                "i": grown.size - 1,
                "leaf": raw,
                "leaf_hash": made[0],
                "case_number": None if "case" in said else row["case_number"],
                "reason": None if "reason" in said else row["reason"],
            }
            database.execute(sa.update(_ENTRY).where(_ENTRY.c.n == row["n"]).values(changed))
            if said:
                database.execute(sa.insert(tables["words"]).values(_words(row["n"], said)))
            for level, full in enumerate(made[TILE_HEIGHT::TILE_HEIGHT], start=1):
                at = (grown.size >> TILE_HEIGHT * level) - 1
                node = {"resident": resident, "level": level, "i": at, "hash": full}
                database.execute(sa.insert(tables["node"]).values(node))
    for resident, grown in trees.items():
        head = {"resident": resident, "size": grown.size, "peaks": b"".join(grown.peaks)}
        database.execute(sa.insert(tables["head"]).values(head))


def _pages(database: sa.Connection) -> Iterator[list[dict[str, Any]]]:
    """The residents' entries in their order."""
    after = 0
    while True:
        wanted = sa.select(_ENTRY).where(_ENTRY.c.n > after, _ENTRY.c.resident.is_not(None))
        rows = database.execute(wanted.order_by(_ENTRY.c.n).limit(PAGE)).mappings().all()
        if not rows:
            return
        yield [dict(row) for row in rows]
        after = rows[-1]["n"]


def _words(n: int, said: dict[str, leaf.Said]) -> dict[str, Any]:
    columns: dict[str, Any] = {"n": n}
    for name, each in said.items():
        columns["case_number" if name == "case" else name] = each.text
        columns[f"{name}_salt"] = each.salt
    return columns
