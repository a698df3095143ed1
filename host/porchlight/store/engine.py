"""Transactions on the host's database, off the event loop and durable when they return.

One thread does all asynchronous work, in order: nothing is on disk before what was asked for first
(writes.py). SQLite runs in WAL mode with synchronous=FULL, and every writing transaction begins
IMMEDIATE, so that a command next to a running host waits its turn instead of failing half-way.
What PostgreSQL needs for the same is in postgres.py.
"""

import asyncio
import contextlib
import os
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from porchlight.errors import CommandError, StoreError
from porchlight.files import PRIVATE
from porchlight.store import commits, migrate, postgres
from porchlight.store.commits import Result, Work
from porchlight.store.writes import Writes

BUSY_SECONDS: Final = 10
BEGIN: Final = "porchlight_begin"  # an option of connections: how their transactions begin
READING: Final = "BEGIN"
_UNUSABLE: Final = (
    "database.url cannot be used; write it as sqlite:///PATH or postgresql://USER@HOST/NAME"
)


class Store:
    """The database at `url`. open() brings its tables up to date."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        reader = {} if self._is_sqlite else postgres.READER
        self._reader = self._engine.execution_options(**{BEGIN: READING}, **reader)
        self._reach = None if self._is_sqlite else postgres.Reach(self._engine)
        self._asking: Future[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._writes = Writes(self._engine, self._thread)

    def open(self) -> None:
        """Check the connection and run the migrations; CommandError says what is wrong."""
        try:
            if not self._is_sqlite:
                postgres.check(self._reader)
            migrate.upgrade(self._engine)
        except SQLAlchemyError as error:
            said = commits.brief(error)
            raise CommandError(
                f"the database cannot be used ({said}); check database.url and the disk"
            ) from None

    def run_now(self, work: Work[Result]) -> Result:
        """One writing transaction, committed when this returns; StoreError if it was not."""
        return commits.alone(self._engine, work)

    def read_now(self, work: Work[Result]) -> Result:
        """One reading transaction. A few rows by index: short enough for the event loop.

        StoreError at once while a server does not answer; it is asked again in the store's thread.
        """
        if self._reach is None:
            return commits.alone(self._reader, work)
        if self._reach.lost:
            if self._asking is None or self._asking.done():
                self._asking = self._thread.submit(self._ask_again)
            raise StoreError("the database does not answer")
        if _in_a_loop():
            return self._reach.soon(lambda: commits.alone(self._reader, work))
        return commits.alone(self._reader, work)

    async def run(self, work: Work[Result]) -> Result:
        """Like run_now(), in the store's thread, in the order of the calls. `work` may be called
        again after all it did was undone.

        Once asked for it is carried through: cancelling the caller does not undo it.
        """
        return await asyncio.shield(asyncio.wrap_future(self._writes.ask(work)))

    async def read(self, work: Work[Result]) -> Result:
        """Like read_now(), in the store's thread: sees every run() asked for before."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, commits.alone, self._reader, work)

    def _ask_again(self) -> None:
        with contextlib.suppress(SQLAlchemyError), self._reader.connect() as connection:
            connection.exec_driver_sql("SELECT 1")

    async def scrub(self) -> None:
        """Overwrite what was deleted: SQLite keeps it in its write-ahead log till that is emptied,
        PostgreSQL in the table till that is vacuumed, and in its log for as long as it keeps that.

        As good as can be: somebody else who reads the file just then puts it off to the next one.
        """
        loop = asyncio.get_running_loop()
        scrub = self._empty_log if self._is_sqlite else self._vacuum
        await loop.run_in_executor(self._thread, scrub)

    def _vacuum(self) -> None:
        alone = self._engine.execution_options(**{BEGIN: READING}, isolation_level="AUTOCOMMIT")
        with contextlib.suppress(SQLAlchemyError), alone.connect() as connection:
            postgres.vacuum(connection)

    def _empty_log(self) -> None:
        with self._engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            with contextlib.suppress(sqlite3.Error):  # a full disk: it stays till the next one
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Finish what was asked for, then let go of the database."""
        self._thread.shutdown(wait=True)
        if self._reach is not None:
            self._reach.close()
        self._engine.dispose()


def _in_a_loop() -> bool:
    """Whether an event loop waits for this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            return postgres.engine(parsed, BEGIN)
        engine = create_engine(parsed, hide_parameters=True)
    except (ArgumentError, ModuleNotFoundError, SQLAlchemyError, ValueError):
        raise CommandError(_UNUSABLE) from None
    if parsed.get_backend_name() != "sqlite":
        raise CommandError(_UNUSABLE)
    _create_private(parsed.database)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _create_private(name: str | None) -> None:
    """The file holds board keys: it begins as ours alone (its -wal and -shm take its mode)."""
    if name and name != ":memory:":
        try:
            os.close(os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE))
        except OSError as error:
            raise CommandError(f"cannot open {Path(name)}: {error.strerror}") from None


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, nowhere else
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # or INSERT OR REPLACE would delete behind the triggers' back
        "trusted_schema=OFF",
        "secure_delete=ON",  # words that were erased are gone from the file as well
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN IMMEDIATE"))
