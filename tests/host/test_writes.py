"""Writes that wait for the disk share a commit; what each caller is told does not change by it."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from porchlight.audit.entries import write
from porchlight.errors import StoreError
from porchlight.sources.marks import Marks
from porchlight.store import Entry, Store
from porchlight.store.writes import MOST
from tests.support.committing import busy, commits_counted

Work = Callable[[Session], Any]
FULL = OperationalError("COMMIT", {}, sqlite3.OperationalError("database or disk is full"))


def entry(reason: str) -> Work:
    """The writing of an entry; its number."""
    return lambda session: write(session, 1, "search", resident=None, reason=reason).n


def broken(session: Session) -> None:
    entry("never")(session)
    session.execute(text("DELETE FROM entry"))


def wrong(session: Session) -> None:
    entry("never")(session)
    raise ZeroDivisionError


def reasons(session: Session) -> list[str | None]:
    return list(session.scalars(select(Entry.reason).order_by(Entry.n)))


async def waiting(store: Store, *works: Work) -> list[Any]:
    """The outcomes, results or errors, of writes that waited together."""
    async with busy(store):
        asked = [asyncio.create_task(store.run(work)) for work in works]
        await asyncio.sleep(0)  # now they are asked for
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_those_that_wait_share_a_commit(store: Store) -> None:
    names = [f"r{number}" for number in range(100)]
    with commits_counted() as commits:
        numbers = await waiting(store, *map(entry, names))
    assert len(commits) == 1
    assert numbers == list(range(1, 101))
    assert store.read_now(reasons) == names


async def test_a_commit_has_an_end(store: Store) -> None:
    names = [f"r{number}" for number in range(2 * MOST + 1)]
    with commits_counted() as commits:
        await waiting(store, *map(entry, names))
    assert len(commits) == 3
    assert store.read_now(reasons) == names


@pytest.mark.parametrize(("fault", "raised"), [(broken, StoreError), (wrong, ZeroDivisionError)])
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_one_that_fails_takes_no_other_down(
    store: Store, fault: Work, raised: type[Exception], place: int
) -> None:
    works = [entry("a"), entry("b")]
    works.insert(place, fault)
    outcomes = await waiting(store, *works)
    assert type(outcomes.pop(place)) is raised
    assert outcomes == [1, 2]
    assert store.read_now(reasons) == ["a", "b"]  # each once, in order


async def test_a_commit_that_fails_is_told_to_all_and_not_tried_again(store: Store) -> None:
    calls: list[str] = []

    def noted(session: Session) -> None:
        calls.append("once")
        entry("lost")(session)

    with commits_counted(fail=FULL) as commits:
        outcomes = await waiting(store, noted, noted, noted)
    assert [str(outcome) for outcome in outcomes] == ["database or disk is full"] * 3
    assert [type(outcome) for outcome in outcomes] == [StoreError] * 3
    assert len({id(outcome) for outcome in outcomes}) == 3
    assert (len(calls), len(commits)) == (3, 1)
    assert store.read_now(reasons) == []
    assert await store.run(entry("after")) == 1


async def test_a_database_that_another_holds_is_told_to_all(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("porchlight.store.engine.BUSY_SECONDS", 0)
    store = Store(f"sqlite:///{path}")
    store.open()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        outcomes = await waiting(store, entry("a"), entry("b"))
        other.execute("ROLLBACK")
    assert [str(outcome) for outcome in outcomes] == ["database is locked"] * 2
    assert [type(outcome) for outcome in outcomes] == [StoreError] * 2
    assert await store.run(entry("after")) == 1
    store.close()


async def test_what_waits_is_seen_by_a_read_asked_for_after_it(store: Store) -> None:
    async with busy(store):
        asked = [asyncio.create_task(store.run(entry("before"))) for _ in range(3)]
        await asyncio.sleep(0)
        reading = asyncio.create_task(store.read(reasons))
    assert (await reading).count("before") == 3
    await asyncio.gather(*asked)


async def test_a_caller_who_gives_up_is_carried_through_with_the_others(store: Store) -> None:
    async with busy(store):
        asked = [asyncio.create_task(store.run(entry(name))) for name in "abc"]
        await asyncio.sleep(0)
        asked[1].cancel()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(outcomes[1], asyncio.CancelledError)
    assert (outcomes[0], outcomes[2]) == (1, 3)
    assert store.read_now(reasons) == ["a", "b", "c"]


async def test_two_marks_of_one_board_in_one_commit_are_the_higher(store: Store) -> None:
    """A session of its own each: the second sees what the first wrote."""
    marks = Marks(store)
    async with busy(store):
        asked = [
            asyncio.create_task(marks.save("porch", mark)) for mark in ((3, 1), (3, 9), (2, 50))
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*asked)
    assert await marks.load("porch") == (3, 9)


async def test_what_was_asked_for_is_kept_when_the_store_closes(path: Path) -> None:
    store = Store(f"sqlite:///{path}")
    store.open()
    asked = [asyncio.create_task(store.run(entry(name))) for name in "abc"]
    await asyncio.sleep(0)
    store.close()
    assert await asyncio.gather(*asked) == [1, 2, 3]
    again = Store(f"sqlite:///{path}")
    assert again.read_now(reasons) == ["a", "b", "c"]
    again.close()
