"""The database: migrations, transactions, and entries that nobody can change."""

import asyncio
import io
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from porchlight.errors import CommandError, StoreError
from porchlight.store import Base, Entry, Store, migrate
from tests.support import schema


def add(session: Session) -> int:
    row = Entry(ts_ms=1, type="view.open")
    session.add(row)
    session.flush()
    return row.n


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Entry)) or 0


def test_migrations_make_what_the_models_say(store: Store, path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_migrations_can_be_written_for_postgresql() -> None:
    """Without a server: the statements are made, and the guards are among them."""
    buffer = io.StringIO()
    options = {"as_sql": True, "output_buffer": buffer}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    scripts = ScriptDirectory(str(migrate.FOLDER))
    with Operations.context(context):
        for script in reversed(list(scripts.walk_revisions())):
            script.module.upgrade()
    for guard in ("BEFORE UPDATE OR DELETE ON entry", "BEFORE TRUNCATE ON entry"):
        assert guard in buffer.getvalue()
    assert "n BIGSERIAL" in buffer.getvalue()


def test_a_new_database_is_what_all_migrations_make(tmp_path: Path) -> None:
    """If not: python -m tests.support.schema"""
    new = tmp_path / "new.db"
    with closing(Store(f"sqlite:///{new}")) as store:
        store.open()
    assert schema.contents(new) == schema.contents(schema.migrated(tmp_path / "migrated.db"))


def test_what_a_new_database_begins_with_may_be_older(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path / "older.sql"
    older.write_text(schema.script(schema.migrated(tmp_path / "older.db", "0011")))
    monkeypatch.setattr(migrate, "SQLITE", older)
    with closing(Store(f"sqlite:///{tmp_path / 'new.db'}")) as store:
        store.open()
    migrated = schema.migrated(tmp_path / "migrated.db")
    assert schema.contents(tmp_path / "new.db") == schema.contents(migrated)


def test_opening_twice_changes_nothing(store: Store, path: Path) -> None:
    store.run_now(add)
    again = Store(f"sqlite:///{path}")
    again.open()
    assert again.read_now(count) == 1
    again.close()


def test_a_database_of_a_newer_version_is_refused(store: Store, path: Path) -> None:
    store.run_now(lambda s: s.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(CommandError, match="newer Porchlight"):
        Store(f"sqlite:///{path}").open()


def test_a_file_that_is_no_database_is_one_clear_error(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 100)
    broken = Store(f"sqlite:///{path}")
    with pytest.raises(CommandError, match="database cannot be used"):
        broken.open()
    broken.close()


@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/x.db", "nonsense", "oracle://x"])
def test_a_url_that_leads_nowhere_is_one_clear_error(url: str) -> None:
    with pytest.raises(CommandError, match=r"cannot (be used|open)"):
        Store(url)


def test_only_the_owner_can_read_it(store: Store, path: Path) -> None:
    store.run_now(add)
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


FORBIDDEN = [
    "UPDATE entry SET type = 'x'",
    "UPDATE entry SET resident = NULL WHERE n = 1",
    "DELETE FROM entry",
    "DELETE FROM entry WHERE n = 2",
    "INSERT OR REPLACE INTO entry (n, ts_ms, type) VALUES (1, 2, 'x')",
    "REPLACE INTO entry (n, ts_ms, type) VALUES (2, 2, 'x')",
    "INSERT INTO entry (n, ts_ms, type) VALUES (0, 2, 'x')",
    "INSERT INTO entry (n, ts_ms, type) VALUES (-1, 2, 'x')",
    "INSERT INTO entry (n, ts_ms, type) VALUES (1, 2, 'x') ON CONFLICT DO UPDATE SET type = 'x'",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_entries_never_change(store: Store, statement: str) -> None:
    store.run_now(add)
    store.run_now(add)
    with pytest.raises(StoreError):
        store.run_now(lambda session: session.execute(text(statement)))
    rows = store.read_now(lambda session: list(session.execute(text("SELECT n, type FROM entry"))))
    assert [tuple(row) for row in rows] == [(1, "view.open"), (2, "view.open")]


def test_entries_never_change_from_another_program_either(store: Store, path: Path) -> None:
    store.run_now(add)
    with sqlite3.connect(path) as other:
        for statement in ("UPDATE entry SET type = 'x'", "DELETE FROM entry"):
            with pytest.raises(sqlite3.IntegrityError, match="entries are never"):
                other.execute(statement)
    other.close()


def test_a_transaction_is_whole_or_nothing(store: Store) -> None:
    def half(session: Session) -> None:
        add(session)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.run_now(half)
    assert store.read_now(count) == 0


async def test_work_is_done_in_the_order_it_was_asked_for(store: Store) -> None:
    numbers = await asyncio.gather(*(store.run(add) for _ in range(20)))
    assert numbers == sorted(numbers)
    writing = asyncio.ensure_future(store.run(add))
    await asyncio.sleep(0)  # now it is asked for, and not yet done
    assert await store.read(count) == 21
    await writing


async def test_a_caller_who_gives_up_does_not_undo_the_work(store: Store) -> None:
    gate = threading.Event()

    def slow(session: Session) -> int:
        gate.wait(10)
        return add(session)

    asked = asyncio.ensure_future(store.run(slow))
    await asyncio.sleep(0)
    asked.cancel()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await store.read(count) == 1


def test_two_programs_take_turns(store: Store, path: Path) -> None:
    other = Store(f"sqlite:///{path}")
    failed: list[Exception] = []

    def work(mine: Store) -> None:
        try:
            for _ in range(50):
                mine.run_now(lambda session: (count(session), add(session)))
        except StoreError as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in (store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert failed == []
    assert store.read_now(count) == 100


def test_a_store_that_cannot_write_says_so_without_the_values(store: Store) -> None:
    def twice(session: Session) -> None:
        session.execute(text("INSERT INTO party VALUES ('hunter2','hub','n',x'00',x'00',1)"))
        session.execute(text("INSERT INTO party VALUES ('hunter2','hub','m',x'00',x'00',1)"))

    with pytest.raises(StoreError) as caught:
        store.run_now(twice)
    assert "hunter2" not in str(caught.value)


def test_sqlite_is_told_to_be_durable(store: Store) -> None:
    def pragma(name: str) -> object:
        return store.read_now(lambda session: session.execute(text(f"PRAGMA {name}")).scalar())

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2  # FULL
    assert pragma("foreign_keys") == 1
    assert pragma("recursive_triggers") == 1
