"""`porchlight log verify` against a real host that rewrites, drops, hides and makes up entries."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from porchkit import cli, keys, weeks
from porchkit.client import Client
from porchlight.audit import entries
from porchlight.client import tlog
from porchlight.clock import Clock
from porchlight.store import Store
from tests.tools.conftest import Answer, RunningHost

Porchlight = Callable[..., Answer]
_KEPT = ("entry", "entry_words", "log_head")


@pytest.fixture(scope="module", autouse=True)
def looked(running_host: RunningHost) -> None:
    """Fire looked once, under a grant."""
    where = ["--home", str(running_host.home.path)]
    cli.dispatch(["grant", "porch", "--to", "fire", "--for", "1h", "--purpose", "fire", *where])
    camera = next(iter(running_host.home.cameras().values()))
    body = {"cameras": [camera], "action": "live", "case": "C-1", "purpose": "fire"}
    with Client(running_host.plain, running_host.hub) as hub:
        hub.open_view({**body, "reason": "smoke on Oak Street"})


@contextmanager
def tampered(host: RunningHost) -> Iterator[sqlite3.Connection]:
    """The host's own hand in its database; everything is as before afterwards."""
    with sqlite3.connect(host.home.path / "porchlight.db", isolation_level=None) as database:
        database.execute("BEGIN IMMEDIATE")
        guards = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = [row for row in guards if row[0].startswith("entry")]
        before = {table: database.execute(f"SELECT * FROM {table}").fetchall() for table in _KEPT}
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {name}")
        database.execute("COMMIT")
        try:
            yield database
        finally:
            database.execute("BEGIN IMMEDIATE")
            for table in reversed(_KEPT):
                database.execute(f"DELETE FROM {table}")
            for table in _KEPT:
                for row in before[table]:
                    marks = ",".join("?" * len(row))
                    database.execute(f"INSERT INTO {table} VALUES ({marks})", row)
            for _, sql in triggers:
                database.execute(sql)
            database.execute("COMMIT")
    database.close()


def regrown(database: sqlite3.Connection) -> None:
    """A tree that fits whatever the leaves are now."""
    rows = database.execute("SELECT leaf FROM entry WHERE resident IS NOT NULL ORDER BY n")
    leaves = [tlog.leaf_hash(row[0]) for row in rows]
    peaks, first = b"", 0
    for height in reversed(range(len(leaves).bit_length())):
        if len(leaves) >> height & 1:
            peaks += tlog.root(leaves[first : first + (1 << height)])
            first += 1 << height
    database.execute("UPDATE log_head SET size = ?, peaks = ?", (len(leaves), peaks))


def rewrite(database: sqlite3.Connection, change: Callable[[dict[str, object]], None]) -> None:
    """Change the opening of the view, in the tree too."""
    wanted = "SELECT n, leaf FROM entry WHERE type = 'view.open'"
    n, raw = database.execute(wanted).fetchone()
    leaf = json.loads(raw)
    change(leaf)
    made = json.dumps(leaf, sort_keys=True, separators=(",", ":")).encode()
    hub = leaf.get("hub")
    database.execute(
        "UPDATE entry SET leaf = ?, leaf_hash = ?, hub = ? WHERE n = ?",
        (made, tlog.leaf_hash(made), hub, n),
    )
    regrown(database)


def test_a_log_that_holds(running_host: RunningHost, porchlight: Porchlight) -> None:
    first = porchlight("log", "verify")
    assert first.code == 0, first.err
    assert "for the first time" in first.out
    assert "Looks at your cameras: 1; nothing outside of your grants." in first.out
    again = porchlight("log", "verify")
    assert "only added to since" in again.out
    size = len(porchlight("log", "--json").out.splitlines())
    assert porchlight("log", "verify", "--json").json == {
        "size": size, "findings": [], "erased": 0, "witnesses": [], "signed": 1, "unsigned": [],
        "gone": [],
    }  # fmt: skip
    (kept,) = (running_host.home.path / "heads").glob("*.json")
    assert kept.stat().st_mode & 0o077 == 0


def test_a_week_is_told_and_its_digest_is_an_entry_like_any(
    running_host: RunningHost, porchlight: Porchlight
) -> None:
    said = porchlight("log", "--week")
    assert (said.code, said.err) == (0, "")
    head, line = said.out.splitlines()
    assert (head.split()[0], line) == ("From", "  fire, for fire: 1 live view")
    week = porchlight("log", "--week", "--json").json
    assert week["since"] < time.time() < week["until"]
    assert porchlight("log", "--week", "2").out.splitlines()[1] == f"  {weeks.NOTHING}"
    assert porchlight("log", "--week", "-1").code == 2
    me = keys.thumb(running_host.resident.public_key())
    store = Store(f"sqlite:///{running_host.home.path / 'porchlight.db'}")
    detail = {"since": "then", "until": "now", "lines": week["lines"]}
    store.run_now(
        lambda session: entries.write(
            session, Clock().unix_ms(), "digest", resident=me, detail=detail
        )
    )
    store.close()
    checked = porchlight("log", "verify")
    assert (checked.code, checked.err) == (0, "")
    last = porchlight("log").out.splitlines()[-1]
    assert last.endswith("the week in short: fire, for fire: 1 live view")


@pytest.mark.parametrize("how", ["rewritten", "dropped", "swapped", "cut"])
def test_a_log_that_does_not_go_on_from_what_was_seen(
    running_host: RunningHost, porchlight: Porchlight, how: str
) -> None:
    """The host makes a whole new tree of it, and signs that."""
    assert porchlight("log", "verify").code == 0
    with tampered(running_host) as database:
        if how == "rewritten":
            rewrite(database, lambda leaf: leaf.update(hub="x" * 43))
        elif how == "swapped":
            swap(database)
        else:
            which = "type = 'view.open'" if how == "dropped" else "n = (SELECT max(n) FROM entry)"
            drop(database, which)
        answer = porchlight("log", "verify")
    assert answer.code == 5
    assert answer.err.count("\n") == 1
    assert "your log does not hold: it had" in answer.err
    (evidence,) = (running_host.home.path / "heads").glob("*.fork")
    assert evidence.read_text().count("\u2014 ") == 2  # two heads, both signed by the host
    evidence.unlink()
    assert porchlight("log", "verify").code == 0  # the head that was seen is still the one kept


def drop(database: sqlite3.Connection, which: str) -> None:
    (n, i) = database.execute(f"SELECT n, i FROM entry WHERE {which}").fetchone()
    database.execute("DELETE FROM entry_words WHERE n = ?", (n,))
    database.execute("DELETE FROM entry WHERE n = ?", (n,))
    for row in database.execute("SELECT n FROM entry WHERE i > ? ORDER BY i", (i,)).fetchall():
        database.execute("UPDATE entry SET i = i - 1 WHERE n = ?", row)
    regrown(database)


def swap(database: sqlite3.Connection) -> None:
    database.execute("UPDATE entry SET i = -1 WHERE i = 0")
    database.execute("UPDATE entry SET i = 0 WHERE i = 1")
    database.execute("UPDATE entry SET i = 1 WHERE i = -1")
    rows = database.execute("SELECT leaf FROM entry WHERE resident IS NOT NULL ORDER BY i")
    leaves = [tlog.leaf_hash(row[0]) for row in rows]
    count = len(leaves)
    parts, first = b"", 0
    for height in reversed(range(count.bit_length())):
        if count >> height & 1:
            parts += tlog.root(leaves[first : first + (1 << height)])
            first += 1 << height
    database.execute("UPDATE log_head SET peaks = ?", (parts,))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE entry SET hub_name = 'friends' WHERE type = 'view.open'", "other than the log's"),
        ("UPDATE entry SET ts_ms = ts_ms - 1 WHERE type = 'view.open'", "other than the log's"),
        ("UPDATE entry_words SET reason = 'a cat in a tree'", "another reason than was written"),
        ("UPDATE entry_words SET case_number = 'C-2'", "another case than was written"),
        ("UPDATE entry_words SET reason_salt = x'00'", "another reason than was written"),
        ("UPDATE entry SET reason = 'x' WHERE type = 'camera.added'", "another reason than"),
        ("UPDATE entry SET resident = NULL WHERE type = 'view.open'", "keeps back entries"),
        ("UPDATE entry SET leaf = x'7b7d' WHERE type = 'view.open'", "are not those that"),
    ],
)
def test_what_is_shown_is_what_is_in_the_tree(
    running_host: RunningHost, porchlight: Porchlight, change: str, said: str
) -> None:
    with tampered(running_host) as database:
        database.execute(change)
        answer = porchlight("log", "verify")
    assert answer.code == 5
    assert said in answer.err


def test_an_entry_outside_of_the_grants(
    running_host: RunningHost, porchlight: Porchlight, tmp_path: Path
) -> None:
    """As seen for the first time, from another folder: the tree holds, what it tells does not."""
    key = next((running_host.home.path / "residents").glob("*.pem"))
    host = ("--host", running_host.base, "--ca", str(running_host.home.ca), "--key", str(key))
    with tampered(running_host) as database:
        rewrite(database, lambda leaf: leaf.update(hub="x" * 43))
        answer = porchlight("log", "verify", *host, home=tmp_path)
    assert answer.code == 5
    assert "1 entries of your log are outside of what you allowed" in answer.err
    assert "view.open: wrong-audience" in answer.out


def test_a_look_that_the_host_made_up(
    running_host: RunningHost, porchlight: Porchlight, tmp_path: Path
) -> None:
    """All is as it was but for the moment, or for the view: what the hub signed is used twice."""
    key = next((running_host.home.path / "residents").glob("*.pem"))
    host = ("--host", running_host.base, "--ca", str(running_host.home.ca), "--key", str(key))
    with tampered(running_host) as database:
        invent(database)
        answer = porchlight("log", "verify", *host, home=tmp_path)
    assert answer.code == 5
    assert "of what a hub signed" in answer.err
    assert "view.open: the hub signed for another look, and once" in answer.out
    assert "nothing outside of your grants" in answer.out
    with tampered(running_host) as database:
        rewrite(database, lambda leaf: leaf.pop("statement"))
        bare = porchlight("log", "verify", *host, home=tmp_path / "other")
    assert bare.code == 0, bare.err
    assert "amber: no hub signed this look" in bare.out


def invent(database: sqlite3.Connection) -> None:
    """One more opening, which fits the grant: a moment after the last one, in another view."""
    names = "ts_ms, type, resident, camera, hub, hub_name, jti, view, purpose, detail, i, leaf"
    wanted = f"SELECT n, {names} FROM entry WHERE type = 'view.open'"
    n, *old = database.execute(wanted).fetchone()
    row = dict(zip(names.split(", "), old, strict=True))
    leaf = json.loads(row["leaf"]) | {"view": "w" * 22, "ts": row["ts_ms"] + 1}
    made = json.dumps(leaf, sort_keys=True, separators=(",", ":")).encode()
    (last,) = database.execute("SELECT max(i) FROM entry").fetchone()
    row |= {"view": "w" * 22, "ts_ms": leaf["ts"], "i": last + 1, "leaf": made}
    marks = ",".join("?" * (len(row) + 1))
    hashed = (*row.values(), tlog.leaf_hash(made))
    new = database.execute(f"INSERT INTO entry ({names}, leaf_hash) VALUES ({marks})", hashed)
    words = "case_number, case_salt, reason, reason_salt, statement, statement_salt"
    copied = f"INSERT INTO entry_words (n, {words}) SELECT ?, {words} FROM entry_words WHERE n = ?"
    database.execute(copied, (new.lastrowid, n))
    regrown(database)


def test_another_key_than_the_one_that_is_known(
    running_host: RunningHost, porchlight: Porchlight
) -> None:
    (path,) = (running_host.home.path / "heads").glob("*.json")
    kept = json.loads(path.read_text())
    key = tlog.Key.parse(kept["vkey"])
    other = tlog.Key(key.name, tlog.LOG, bytes(32)).vkey
    path.write_text(json.dumps({**kept, "vkey": other}))
    try:
        answer = porchlight("log", "verify")
        assert (answer.code, answer.err.count("\n")) == (5, 1)
        assert "with another key" in answer.err
        path.write_text("{")
        assert "is damaged" in porchlight("log", "verify").err
    finally:
        path.write_text(json.dumps(kept))
    assert porchlight("log", "verify", "--log-key", other).code == 5
    assert porchlight("log", "verify", "--log-key", "nonsense").code == 2
    assert porchlight("log", "verify", "--log-key", kept["vkey"]).code == 0


def test_words_that_were_erased(running_host: RunningHost, porchlight: Porchlight) -> None:
    rows = [json.loads(line) for line in porchlight("log", "--json").out.splitlines()]
    n = next(row["n"] for row in rows if row["type"] == "view.open")
    with Client(running_host.plain, running_host.resident) as client:
        client.delete(f"/entries/{n}/words")
    answer = porchlight("log", "verify")
    assert (answer.code, "Words that you erased: 2." in answer.out) == (0, True), answer.err
    assert "Signed by the hub that asked, recordings counted too: 0." in answer.out
    assert "was erased, by you as the log says; there is the host's word alone" in answer.out
