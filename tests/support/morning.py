"""The morning after a night (tests.support.night): what the next start of the host must hold.

Looks at its files and its database, not through the host's own eyes, and with the resident's own
verifier at its log.
"""

import contextlib
import hashlib
import io
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509

from porchkit import cli
from porchkit.evidence.bundle import Bundle
from porchkit.evidence.checks import Known, check, trusted
from porchlight.client import tlog
from porchlight.clips import reader, recover
from tests.support.hosting import Spawned
from tests.support.street import Street


@dataclass
class Kept:
    """The resident's log as it is on disk, in the tree's order."""

    entries: list[dict[str, Any]]
    leaves: list[bytes]

    def root(self, size: int) -> bytes:
        """The root over the first so many leaves."""
        return tlog.root(map(tlog.leaf_hash, self.leaves[:size]))

    def of(self, type: str) -> list[dict[str, Any]]:
        """The entries of one type."""
        return [entry for entry in self.entries if entry["type"] == type]


def check_all(host: Spawned, street: Street, folder: Path) -> None:
    """Everything, right after a start, with nobody about. `folder`: the resident's own."""
    with opened(host) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        kept = log_of(database, street)
        check_clips(host, street, kept, rows(database, "SELECT * FROM clip"))
    check_log(host, street, kept)
    check_looks(street, kept)
    check_handed_out(host, street, kept, folder)
    verify(host, street, folder)


@contextlib.contextmanager
def opened(host: Spawned) -> Iterator[sqlite3.Connection]:
    """The host's database."""
    with contextlib.closing(sqlite3.connect(host.home / "porchlight.db")) as database:
        yield database


def rows(database: sqlite3.Connection, asked: str, *values: Any) -> list[dict[str, Any]]:
    """Rows by the names of their columns."""
    found = database.execute(asked, values)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def log_of(database: sqlite3.Connection, street: Street) -> Kept:
    """The resident's entries in the tree's order, none missing."""
    wanted = "SELECT * FROM entry WHERE resident = ? ORDER BY i"
    entries = rows(database, wanted, street.ann.thumb)
    assert [entry["i"] for entry in entries] == list(range(len(entries)))
    return Kept(entries, [entry["leaf"] for entry in entries])


def check_log(host: Spawned, street: Street, kept: Kept) -> None:
    """The tree goes on from every checkpoint and receipt that anybody has seen."""
    about = host.caller(street.ann).get(f"/log/{street.ann.thumb}").json()
    key, told = tlog.Key.parse(about["vkey"]), street.told
    assert about["size"] == len(kept.leaves)
    heads = [tlog.opened(note, key) for note in told.heads]
    for receipt in told.receipts:
        heads.append(tlog.check_receipt(receipt, key, street.fire.thumb))
        assert kept.leaves[receipt["index"]] == receipt["entry"].encode(), "an entry is lost"
    for size, hashed in {(head.size, head.root) for head in heads}:
        assert kept.root(size) == hashed, f"the log is not the one that had {size} entries"
    there = {entry["n"]: entry["type"] for entry in kept.entries}
    for n, entry in told.entries.items():
        assert there.get(n) == entry["type"], f"entry {n} was shown, and is lost"


def check_looks(street: Street, kept: Kept) -> None:
    """No frame without an entry; and nothing is open any more."""
    opened = {(entry["view"], entry["jti"]) for entry in kept.of("view.open")}
    for view, viewer in street.told.looks.items():
        for part in viewer.parts:
            assert (view, part.headers["x-grant"]) in opened, "a frame without an entry"
    ends = Counter(entry["view"] for entry in kept.of("view.close"))
    assert ends == Counter(view for view, _ in opened)
    assert all(count == 1 for count in ends.values())


def check_clips(host: Spawned, street: Street, kept: Kept, clips: list[dict[str, Any]]) -> None:
    """What the index names is there and whole; what is there, the index names."""
    folder = host.home / "clips"
    assert {path for path in folder.glob("*/*") if path.is_file()} == {
        folder / row["camera"] / f"{row['id']}.avi" for row in clips
    }
    recorded = Counter(json.loads(entry["detail"])["clip"] for entry in kept.of("clip.recorded"))
    assert recorded == Counter(row["id"] for row in clips)
    for row in clips:
        path = folder / row["camera"] / f"{row['id']}.avi"
        found = recover.finished(path)
        assert found is not None, "a broken clip"
        assert (found.frames, found.bytes) == (row["frames"], row["size_bytes"])
        assert hashlib.sha256(path.read_bytes()).hexdigest() == row["sha256"]
    assert street.told.clips.keys() <= recorded.keys(), "a clip is lost"


def check_handed_out(host: Spawned, street: Street, kept: Kept, folder: Path) -> None:
    """Clips, bundles, requests and answers: all is entered, and what was given away holds."""
    told, details = street.told, {}
    for entry in [*kept.of("clip.played"), *kept.of("clip.released")]:
        details[entry["view"]] = json.loads(entry["detail"])
    for play, (clip, content) in told.files.items():
        assert details[play]["clip"] == clip
        assert len(list(reader.walk(io.BytesIO(content)))) == told.clips[clip]["frames"]
    known = Known(street.ann.thumb, x509.load_pem_x509_certificate(host.ca.read_bytes()))
    for made, content in told.bundles.items():
        assert details[made]["what"] == "bundle"
        path = folder / f"{made}.zip"
        path.write_bytes(content)
        with Bundle(path) as bundle:
            assert trusted(list(check(bundle, known)), known)
    for ticket in told.tickets[-3:]:
        assert httpx.get(host.http + ticket, trust_env=False).status_code == 404, "still good"
    hub, ann = host.caller(street.fire), host.caller(street.ann)
    for request in told.requests:
        assert hub.get(f"/requests/{request}").status_code == 200, "a request is lost"
    for jti in told.answers:
        assert ann.get(f"/grants/{jti}").status_code == 200, "an answer is lost"


def verify(host: Spawned, street: Street, folder: Path) -> None:
    """`porchlight log verify`, as the resident runs it, every morning in the same folder."""
    key = folder / "ann.pem"
    if not key.exists():
        key.write_bytes(street.ann.key.pem())
    where = ["--host", host.https, "--ca", str(host.ca), "--key", str(key), "--home", str(folder)]
    assert cli.dispatch(["log", "verify", *where]) == 0, "the resident's own check fails"
