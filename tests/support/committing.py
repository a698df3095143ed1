"""Commits of this process, whichever thread does them; and a store that has no time for any."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from porchlight.store import Store
from porchlight.store.engine import BEGIN, READING


@contextlib.contextmanager
def commits_counted(fail: Exception | None = None) -> Iterator[list[Connection]]:
    """One for each commit while the block runs; all of them fail with `fail`, if there is one.

    Of what was written: the end of a reading transaction is a commit to SQLAlchemy too, and a host
    reads once a second, whatever a test does meanwhile.
    """
    seen: list[Connection] = []

    def saw(connection: Connection) -> None:
        if connection.get_execution_options().get(BEGIN) == READING:
            return
        seen.append(connection)
        if fail is not None:
            raise fail

    event.listen(Engine, "commit", saw)
    try:
        yield seen
    finally:
        event.remove(Engine, "commit", saw)


@contextlib.asynccontextmanager
async def busy(store: Store) -> AsyncIterator[None]:
    """The disk is, with what needs no commit: what is asked for in the block waits for its end."""
    begun, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow(_: Session) -> None:
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(10)

    writing = asyncio.create_task(store.run(slow))
    await begun.wait()
    try:
        yield
    finally:
        go_on.set()
    await writing
