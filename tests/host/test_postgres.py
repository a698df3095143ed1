"""The store in PostgreSQL: what SQLite keeps by itself, kept there too. See test_postgres_host.py
for a host on it."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from porchkit.cli import main
from porchlight.audit import log
from porchlight.audit.entries import write
from porchlight.audit.tree import Frontier
from porchlight.errors import CommandError, StoreError
from porchlight.store import Base, Entry, Store, Words, postgres
from tests.support.hosting import make_home
from tests.support.postgres import Server

ANN, SAM = "ann".ljust(43, "-"), "sam".ljust(43, "-")


@pytest.fixture
def name(server: Server) -> str:
    return server.fresh()


@pytest.fixture
def store(server: Server, name: str) -> Iterator[Store]:
    opened = Store(server.url(name))
    yield opened
    opened.close()


@pytest.fixture
def other(server: Server, name: str) -> Iterator[Store]:
    """Another host's."""
    opened = Store(server.url(name))
    yield opened
    opened.close()


def entry(resident: str | None = None, case: str | None = None) -> Callable[[Session], int]:
    return lambda session: write(session, 1, "view.open", resident=resident, case=case).n


def numbers(session: Session) -> list[int]:
    return list(session.scalars(select(Entry.n).order_by(Entry.n)))


def setting(name: str) -> Callable[[Session], Any]:
    return lambda session: session.scalar(text(f"SELECT current_setting('{name}')"))


def test_all_migrations_make_what_the_models_say_whoever_comes_first(server: Server) -> None:
    name = server.empty()
    stores = [Store(server.url(name)) for _ in range(2)]
    with ThreadPoolExecutor() as threads:  # two hosts start at once
        assert list(threads.map(lambda each: each.open(), stores)) == [None, None]
    stores[0].open()  # and a third time changes nothing
    for each in stores:
        each.close()
    engine = create_engine(server.url(name).replace("postgresql", "postgresql+psycopg", 1))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


FORBIDDEN = (
    "UPDATE entry SET type = 'x'",
    "DELETE FROM entry WHERE n = 2",
    "TRUNCATE entry CASCADE",
    "INSERT INTO entry (n, ts_ms, type) VALUES (1, 2, 'x')",
    "INSERT INTO entry (n, ts_ms, type) VALUES (0, 2, 'x')",
    "INSERT INTO entry (n, ts_ms, type) VALUES (1, 2, 'x') ON CONFLICT (n) DO UPDATE SET type='x'",
)


def test_entries_never_change(store: Store, server: Server, name: str) -> None:
    found = [store.run_now(entry()), store.run_now(entry())]
    for statement in FORBIDDEN:
        with pytest.raises(StoreError):
            store.run_now(lambda session, said=statement: session.execute(text(said)))
    with psycopg.connect(server.conninfo(name)) as beside, pytest.raises(psycopg.Error):
        beside.execute("DELETE FROM entry")
    rows = store.read_now(lambda session: list(session.execute(text("SELECT n, type FROM entry"))))
    assert [tuple(row) for row in rows] == [(n, "view.open") for n in found]


def test_two_hosts_grow_one_log_and_whoever_reads_on_misses_nothing(
    store: Store, other: Store, server: Server, name: str
) -> None:
    """Of two residents, each host in its own order; the logs do not exist before."""
    reader, over, seen = Store(server.url(name)), threading.Event(), [0]

    def grow(mine: Store, residents: tuple[str, str]) -> None:
        for _ in range(15):
            mine.run_now(lambda session: [entry(each)(session) for each in residents])

    def follow() -> None:
        while True:
            last = over.is_set()
            seen.extend(n for n in reader.read_now(numbers) if n > seen[-1])
            if last:
                return

    with ThreadPoolExecutor() as threads:
        following = threads.submit(follow)
        growing = [threads.submit(grow, store, (ANN, SAM)), threads.submit(grow, other, (SAM, ANN))]
        outcomes = [one.exception() for one in growing]
        over.set()
        following.result()
    reader.close()
    assert outcomes == [None, None]
    assert seen[1:] == store.read_now(numbers)
    assert len(seen) == 61
    for resident in (ANN, SAM):
        assert_whole(store, resident, 30)


def assert_whole(store: Store, resident: str, size: int) -> None:
    """One line of leaves, in the order of the entries, and the head is theirs."""

    def work(session: Session) -> tuple[Any, ...]:
        wanted = select(Entry.i, Entry.n, Entry.leaf_hash).where(Entry.resident == resident)
        return log.head(session, resident), session.execute(wanted.order_by(Entry.i)).all()

    head, rows = store.read_now(work)
    assert [row.i for row in rows] == list(range(size))
    assert all(before.n < after.n for before, after in pairwise(rows))
    tree = Frontier()
    for row in rows:
        tree, _ = tree.append(row.leaf_hash)
    assert head == tree


def test_a_connection_that_is_killed_in_the_middle_leaves_nothing(
    store: Store, server: Server
) -> None:
    store.run_now(entry(ANN))

    def cut(session: Session) -> None:
        entry(ANN, "C-1")(session)
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        server.run(f"SELECT pg_terminate_backend({pid})")
        entry(ANN)(session)

    with pytest.raises(StoreError):
        store.run_now(cut)
    store.run_now(entry(ANN))
    assert store.read_now(lambda session: session.scalars(select(Words.n)).all()) == []
    assert_whole(store, ANN, 2)


def test_a_host_that_falls_silent_while_it_writes_stops_nobody_for_long(
    server: Server, name: str, monkeypatch: pytest.MonkeyPatch, other: Store
) -> None:
    monkeypatch.setattr(postgres, "WAIT_S", 0.2)
    short = Store(server.url(name))
    holds, go_on = threading.Event(), threading.Event()

    def silent(session: Session) -> None:
        entry(ANN)(session)
        holds.set()
        assert go_on.wait(20)

    with ThreadPoolExecutor() as threads:
        hanging = threads.submit(short.run_now, silent)
        assert holds.wait(20)
        assert other.run_now(entry(ANN)) > 0  # once the server has given the silent one up
        go_on.set()
        assert isinstance(hanging.exception(), StoreError)
        go_on.clear(), holds.clear()
        hanging = threads.submit(other.run_now, silent)
        assert holds.wait(20)
        with pytest.raises(StoreError, match="lock timeout"):
            short.run_now(entry(ANN))
        go_on.set()
        hanging.result()
    short.close()
    assert_whole(other, ANN, 2)


async def test_a_server_that_was_restarted_meanwhile_is_no_matter(
    store: Store, server: Server
) -> None:
    store.run_now(entry(ANN))
    assert len(store.read_now(numbers)) == 1
    server.stop()
    server.start()
    assert len(store.read_now(numbers)) == 1
    await store.run(entry(ANN))
    assert_whole(store, ANN, 2)


async def test_a_server_that_falls_silent_does_not_hold_up_the_loop(
    store: Store, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.read_now(numbers) == []
    with server.silent(), monkeypatch.context() as patched:
        patched.setattr(postgres, "PATIENCE_S", 0.1)
        for _ in range(2):
            with pytest.raises(StoreError, match="does not answer"):
                store.read_now(numbers)
    assert await store.read(numbers) == []  # in the thread that may wait
    assert store.read_now(numbers) == []


def test_writing_is_durable_and_reading_only_reads(store: Store, server: Server, name: str) -> None:
    server.run(f"ALTER DATABASE {name} SET synchronous_commit = off")
    assert store.run_now(setting("synchronous_commit")) == "on"
    assert store.read_now(setting("synchronous_commit")) == "off"
    assert store.read_now(setting("transaction_isolation")) == "repeatable read"
    with pytest.raises(StoreError, match="read-only"):
        store.read_now(entry())


async def test_words_that_are_erased_are_in_no_table_and_no_index(
    store: Store, server: Server, name: str
) -> None:
    store.run_now(entry(ANN, "before"))
    store.run_now(entry(ANN, "NOBODYELSE"))
    store.run_now(entry(ANN, "after"))

    def holding() -> list[str]:
        with psycopg.connect(server.conninfo(name), autocommit=True) as beside:
            beside.execute("CHECKPOINT")
            wanted = (
                "SELECT relname, pg_relation_filepath(oid) FROM pg_class WHERE relname ~ '^entry'"
            )
            files = [row for row in beside.execute(wanted).fetchall() if row[1]]
        data = server.folder / "data"
        return sorted(of for of, at in files if b"NOBODYELSE" in (data / at).read_bytes())

    assert holding() == ["entry_words", "entry_words_case"]
    await store.run(lambda session: session.execute(text("DELETE FROM entry_words WHERE n = 2")))
    await store.scrub()
    assert holding() == []


def test_a_database_that_cannot_hold_every_word_is_refused(server: Server) -> None:
    latin = server.empty("ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    store = Store(server.url(latin))
    with pytest.raises(CommandError, match="encoding LATIN1; make one with ENCODING 'UTF8'"):
        store.open()
    store.close()


def use(url: str) -> None:
    with contextlib.closing(Store(url)) as store:
        store.open()


@pytest.mark.parametrize("password", ["hunter2", "hu/nter2", "hunter2@nowhere", "h:unter2#"])
def test_an_error_never_tells_the_password(password: str, tmp_path: Path) -> None:
    """Not even one that was written without the escapes that an address wants."""
    with pytest.raises(CommandError, match="database") as caught:
        use(f"postgresql://porch:{password}@/porch?host={tmp_path}")
    assert "unter2" not in str(caught.value)


def test_settings_with_an_address_are_for_nobody_else_s_eyes(
    server: Server, name: str, tmp_path: Path
) -> None:
    config = make_home(tmp_path / "home", f'[database]\nurl = "{server.url(name)}"\n')
    assert main(["check-config", "--home", str(config.home)]) == 0
    config.file.chmod(0o644)
    assert main(["check-config", "--home", str(config.home)]) == 1


@pytest.mark.parametrize("where", ["db:port", "db:99999999999999999999", "[db"])
def test_an_address_that_is_none_is_one_clear_error(where: str) -> None:
    with pytest.raises(CommandError, match="cannot be used") as caught:
        use(f"postgresql://porch:hunter2@{where}/porch")
    assert "unter2" not in str(caught.value)


@pytest.mark.parametrize("driver", ["psycopg2", "asyncpg", "pg8000"])
def test_another_driver_is_one_clear_error(driver: str) -> None:
    with pytest.raises(CommandError, match="names another driver; write it as postgresql://"):
        Store(f"postgresql+{driver}://porch@/porch")


def test_a_driver_that_is_missing_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(CommandError, match=r"pip install 'porchlight-cam\[postgres\]'"):
        Store("postgresql://porch@/porch")
