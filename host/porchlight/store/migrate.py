"""Bring a database up to date with the migrations that ship in the package.

A new SQLite database is made in one go, as those up to then would make it (a test compares): for
that alone, Alembic would take longer to import than all else that `porchlight init` does.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect, text
from sqlalchemy.engine import Engine

from porchlight.errors import CommandError

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER: Final = Path(__file__).with_name("migrations")
SQLITE: Final = FOLDER / "sqlite.sql"  # python -m tests.support.schema, after each new migration


def upgrade(engine: Engine) -> None:
    """Run what is missing, all of it or nothing. A database from a newer Porchlight is refused."""
    if _is_newest(engine):
        return  # as at nearly every start
    if engine.dialect.name == "sqlite" and _is_made_whole(engine):
        return
    from alembic import command
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = _config()
    with engine.begin() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if found is not None and found not in known:
            raise CommandError(
                "the database was made by a newer Porchlight; install that one, or restore a copy"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _is_newest(engine: Engine) -> bool:
    """Whether the newest migration that ships was the last that ran."""
    newest = max(file.name.partition("_")[0] for file in (FOLDER / "versions").glob("[0-9]*.py"))
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        found = connection.scalars(text("SELECT version_num FROM alembic_version")).all()
    return list(found) == [newest]


def _is_made_whole(engine: Engine) -> bool:
    """Make what the migrations would in a database with nothing in it; whether that was all."""
    with engine.begin() as connection:
        if inspect(connection).get_table_names():
            return False
        for statement in SQLITE.read_text("utf-8").split("\n\n"):
            connection.exec_driver_sql(statement)
    return _is_newest(engine)


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
