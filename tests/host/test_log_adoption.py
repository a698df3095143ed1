"""Entries from before there were trees become the first leaves of their residents' logs."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from porchlight.audit import log
from porchlight.audit.entries import public, write
from porchlight.client import tlog
from porchlight.errors import StoreError
from porchlight.store import Entry, LogNode, Store, migrate

ANN, BEN = "a" * 43, "b" * 43
OLD = (
    "INSERT INTO entry (ts_ms, type, resident, camera, case_number, reason, detail) "
    "VALUES (:ts, :type, :resident, 'cam', :case, :reason, :detail)"
)


def _row(number: int, type: str, resident: str | None, **more: Any) -> dict[str, Any]:
    return {"ts": number, "type": type, "resident": resident, "case": None, "reason": None} | (
        {"detail": None} | more
    )


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def adopted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """A database of the third version with entries of two residents, brought up to date."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('old') / 'porchlight.db'}"
    else:
        server = request.getfixturevalue("server")
        url = server.url(server.empty())
    store = Store(url)
    config = migrate._config()
    with store._engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        rows = [_row(number, "board.online", ANN) for number in range(1, 300)]
        rows += [
            _row(300, "view.open", ANN, case="C-1", reason="smoke", detail='{"action": "live"}'),
            _row(301, "board.stranger", None, reason="unknown-key"),
            _row(302, "view.close", ANN, case="C-1", reason="expired"),
            _row(303, "view.open", BEN, case="C-2", reason="smoke"),
        ]
        connection.execute(text(OLD), rows)
    store.open()
    yield store
    store.close()


def entries(session: Session, resident: str | None) -> list[Entry]:
    return list(session.scalars(select(Entry).filter_by(resident=resident).order_by(Entry.n)))


def test_old_entries_are_leaves_in_their_order(adopted: Store) -> None:
    def check(session: Session) -> None:
        for resident, size in ((ANN, 301), (BEN, 1)):
            head, rows = log.head(session, resident), entries(session, resident)
            assert head is not None
            leaves = [tlog.leaf_hash(row.leaf or b"") for row in rows]
            assert [row.i for row in rows] == list(range(size))
            assert [row.leaf_hash for row in rows] == leaves
            assert (head.size, head.root()) == (size, tlog.root(leaves))
            for index in (0, size - 1):
                steps = log.inclusion(session, resident, index, size)
                assert tlog.included(leaves[index], index, size, steps, head.root())
        assert [node.i for node in session.scalars(select(LogNode))] == [0]

    adopted.read_now(check)


def test_what_people_wrote_moved_and_is_still_shown(adopted: Store) -> None:
    def check(session: Session) -> None:
        opened, closed = entries(session, ANN)[-2:]
        assert (opened.case, opened.reason, closed.case) == (None, None, None)
        assert closed.reason == "expired"  # our own word
        shown = public(opened)
        assert (shown["case"], shown["reason"], shown["index"]) == ("C-1", "smoke", 299)
        assert shown["detail"] == {"action": "live"}
        leaf, words = json.loads(opened.leaf or b""), opened.words
        assert words is not None
        assert words.case_key == "C1"
        assert leaf["detail"] == {"action": "live"}
        made = hashlib.sha256((words.case_salt or b"") + b"C-1").digest()
        assert leaf["case"]["sha256"] == tlog.b64.encode(made)
        host = entries(session, None)[0]
        assert (host.reason, host.i, host.leaf) == ("unknown-key", None, None)

    adopted.read_now(check)


def test_new_entries_go_on_from_there(adopted: Store) -> None:
    rows = adopted.run_now(
        lambda session: [
            write(session, 400, "search", resident=who) for who in (ANN, BEN, "c" * 43)
        ]
    )
    assert [row.i for row in rows] == [301, 1, 0]


@pytest.mark.parametrize("change", ["UPDATE entry SET i = 7 WHERE n = 2", "DELETE FROM entry"])
def test_the_guards_stand_again(adopted: Store, change: str) -> None:
    with pytest.raises(StoreError, match="entries are never"):
        adopted.run_now(lambda session: session.execute(text(change)) and None)
