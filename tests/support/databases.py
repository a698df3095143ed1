"""Where tests keep their rows: in a file, or all of them in PostgreSQL, which is for trying the
whole suite on it by hand: PORCHLIGHT_TEST_DATABASE=postgres."""

import os
from pathlib import Path
from typing import Final

VARIABLE: Final = "PORCHLIGHT_TEST_DATABASE"


def chosen() -> bool:
    """Whether it is PostgreSQL."""
    return os.environ.get(VARIABLE) == "postgres"


def url_for(file: Path) -> str:
    """An empty database, up to date: in this file, unless PostgreSQL is chosen."""
    if not chosen():
        return f"sqlite:///{file}"
    from tests.support.postgres import server

    return server().url(server().fresh())
