"""The tables of a SQLite database as the migrations make them, which is what a new one begins with.

After a new migration: python -m tests.support.schema
"""

import re
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import create_engine

from porchlight.store import migrate

_MADE = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"
_STAMP = "INSERT INTO alembic_version (version_num) VALUES ('{}');"


def migrated(path: Path, upto: str = "head") -> Path:
    """A database at `path`, by the migrations up to this one, one after the other."""
    config, engine = migrate._config(), create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, upto)
    engine.dispose()
    return path


def contents(path: Path) -> dict[str, list[Any]]:
    """All there is in a database: what it was made of, and the rows of each table."""
    with sqlite3.connect(path) as database:
        made = _made(database)
        tables = [name for kind, name, _, _ in made if kind == "table"]
        rows = {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}
    database.close()
    return {"": sorted(made, key=repr), **rows}


def script(path: Path) -> str:
    """The statements that make such a database, a blank line between two of them."""
    with sqlite3.connect(path) as database:
        made = _made(database)
        [(version,)] = database.execute("SELECT version_num FROM alembic_version")
    database.close()
    ours = [sql for _, name, _, sql in made if sql and not name.startswith("sqlite_")]
    return "\n\n".join([*(f"{sql};" for sql in ours), _STAMP.format(version)]) + "\n"


def _made(database: sqlite3.Connection) -> list[tuple[str, str, str, str | None]]:
    """In the order in which it was made; no blanks at the ends of lines."""
    return [
        (kind, name, table, sql and re.sub(r" +\n", "\n", sql))
        for kind, name, table, sql in database.execute(_MADE)
    ]


def main() -> None:
    """Write the file anew."""
    with tempfile.TemporaryDirectory() as folder:
        migrate.SQLITE.write_text(script(migrated(Path(folder) / "new.db")), "utf-8")


if __name__ == "__main__":
    main()
