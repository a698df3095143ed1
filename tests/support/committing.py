"""Commits as they reach the database, in this process and whichever thread does them."""

import contextlib
from collections.abc import Iterator

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine


@contextlib.contextmanager
def commits_counted(fail: Exception | None = None) -> Iterator[list[Connection]]:
    """One for each commit while the block runs; all of them fail with `fail`, if there is one."""
    seen: list[Connection] = []

    def saw(connection: Connection) -> None:
        seen.append(connection)
        if fail is not None:
            raise fail

    event.listen(Engine, "commit", saw)
    try:
        yield seen
    finally:
        event.remove(Engine, "commit", saw)
