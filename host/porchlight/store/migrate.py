"""Bring a database up to date with the migrations that ship in the package."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from porchlight.errors import CommandError

FOLDER: Final = Path(__file__).with_name("migrations")


def upgrade(engine: Engine) -> None:
    """Run what is missing, all of it or nothing. A database from a newer Porchlight is refused."""
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


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
