"""A resident's log as a tree: receipts, tiles, proofs, erased words; checked with the resident's
own verifier (porchkit.tlog), which shares no code with the host."""

import asyncio
import concurrent.futures
import json
import sqlite3
from typing import Any

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Session

from accord import b64
from porchlight.audit import log
from porchlight.audit.entries import write
from porchlight.client import tlog
from porchlight.errors import StoreError
from porchlight.store import Entry, LogHead, LogNode, Words
from tests.support.committing import busy, commits_counted
from tests.support.hosting import InThread, Kit
from tests.support.signing import Signer
from tests.support.viewing import ask_view, open_view


def key_of(host: InThread, who: Signer) -> tlog.Key:
    return tlog.Key.parse(host.caller(who).get(f"/log/{who.thumb}").json()["vkey"])


def fetched(host: InThread, who: Signer, path: str) -> bytes:
    answer = host.caller(who).get(f"/log/{who.thumb}/{path}")
    assert answer.status_code == 200, answer.text
    return answer.content


def leaves(host: InThread, who: Signer) -> list[bytes]:
    """The log's entries as its resident gets them, which make the root of the checkpoint."""
    head = tlog.opened(fetched(host, who, "checkpoint").decode(), key_of(host, who))
    found: list[bytes] = []
    for index in range((head.size + 255) // 256):
        width = min(256, head.size - 256 * index)
        part = "" if width == 256 else f".p/{width}"
        bundle = fetched(host, who, f"tile/entries/{index:03}{part}")
        while bundle:
            end = 2 + int.from_bytes(bundle[:2])
            found.append(bundle[2:end])
            bundle = bundle[end:]
    assert tlog.root(map(tlog.leaf_hash, found)) == head.root
    return found


def test_a_receipt_comes_with_every_view(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    yard = host.camera(ann, "yard")
    host.grant(porch, fire)
    jti = host.grant(yard, fire)
    opened = open_view(host, fire, porch, yard)
    entries = leaves(host, ann)
    assert [receipt["index"] for receipt in opened["receipts"]] == [
        len(entries) - 2,
        len(entries) - 1,
    ]
    for receipt in opened["receipts"]:
        head = tlog.check_receipt(receipt, key_of(host, ann), fire.thumb)
        assert head.size == len(entries)
        assert entries[receipt["index"]] == receipt["entry"].encode()
    assert f'"jti":"{jti}"' in opened["receipts"][1]["entry"]
    assert "smoke" not in str(opened["receipts"])  # words are not in the tree
    assert '"C-1"' not in str(opened["receipts"])


def test_a_receipt_that_was_changed_is_none(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire)
    receipt = open_view(host, fire, porch)["receipts"][0]
    key, other = key_of(host, ann), open_view(host, fire, porch)["receipts"][0]
    lines = receipt["proof"].split("\n")
    changes: list[dict[str, Any]] = [
        {"entry": receipt["entry"].replace("view.open", "view.shut")},
        {"entry": other["entry"]},
        {"index": receipt["index"] + 1},
        {"to": ann.thumb},
        {"signature": other["signature"]},
        {"signature": "!"},
        {"proof": other["proof"]},
        {"proof": "\n".join([lines[0], f"index {receipt['index'] - 1}", *lines[2:]])},
        {"proof": "\n".join([*lines[:2], *lines[3:]])},
        {"proof": "\n".join([*lines[:2], lines[2], *lines[2:]])},
        {"proof": receipt["proof"].replace("/", "!", 1)},
    ]
    tlog.check_receipt(receipt, key, fire.thumb)
    for change in changes:
        with pytest.raises(tlog.Wrong):
            tlog.check_receipt({**receipt, **change}, key, fire.thumb)
    with pytest.raises(tlog.Wrong):  # nobody else's
        tlog.check_receipt(receipt, key, ann.thumb)


def test_receipts_of_views_that_came_together_all_hold(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire)
    with concurrent.futures.ThreadPoolExecutor(8) as many:
        opened = list(many.map(lambda _: open_view(host, fire, porch), range(24)))
    receipts = [view["receipts"][0] for view in opened]
    entries, key = leaves(host, ann), key_of(host, ann)
    assert len({receipt["index"] for receipt in receipts}) == 24
    hashes = [tlog.leaf_hash(entry) for entry in entries]
    for receipt in receipts:
        head = tlog.check_receipt(receipt, key, fire.thumb)
        assert tlog.root(hashes[: head.size]) == head.root  # no fork was ever signed


def test_every_entry_has_its_proof(host: InThread, ann: Signer) -> None:
    for _ in range(6):
        host.wait(host.parts.entries.add("board.online", resident=ann.thumb))
    entries, key = leaves(host, ann), key_of(host, ann)
    for index, entry in enumerate(entries):
        proof = fetched(host, ann, f"proof/{index}").decode()
        assert tlog.proven(proof, entry, key)[0] == index
    hashes = fetched(host, ann, f"tile/0/000.p/{len(entries)}")
    assert hashes == b"".join(map(tlog.leaf_hash, entries))
    beyond = host.caller(ann).get(f"/log/{ann.thumb}/proof/{len(entries)}")
    assert (beyond.status_code, beyond.json()["reason"]) == (404, "no-entry")


@pytest.mark.parametrize("path", ["0/000", "0/001.p/1", "1/000.p/1", "entries/000", "x", "9/000"])
def test_there_are_no_tiles_that_the_log_has_not_come_to(
    host: InThread, ann: Signer, path: str
) -> None:
    answer = host.caller(ann).get(f"/log/{ann.thumb}/tile/{path}")
    assert (answer.status_code, answer.json()["reason"]) == (404, "no-tile")


@pytest.mark.parametrize("path", ["", "/checkpoint", "/proof/0", "/tile/0/000.p/1"])
def test_a_log_is_for_its_resident(host: InThread, ann: Signer, fire: Signer, path: str) -> None:
    other = host.caller(host.resident()).get(f"/log/{ann.thumb}{path}")
    assert (other.status_code, other.json()["reason"]) == (404, "no-log")
    hub = host.caller(fire).get(f"/log/{ann.thumb}{path}")
    assert (hub.status_code, hub.json()["reason"]) == (403, "residents-only")


def test_words_can_be_erased_and_every_proof_holds(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    host.grant(porch, fire)
    receipt = open_view(host, fire, porch, case="C-SECRET", reason="the blue house")["receipts"][0]
    before = host.entries(ann, "view.open")[-1]
    assert (before["case"], before["reason"]) == ("C-SECRET", "the blue house")
    for name in ("case", "reason", "statement"):
        assert b64.decode(before["salts"][name])
    caller, path = host.caller(ann), f"/entries/{before['n']}/words"
    for who, status in ((fire, 403), (host.resident(), 404), (ann, 204), (ann, 404)):
        assert host.caller(who).delete(path).status_code == status
    after = next(entry for entry in host.entries(ann) if entry["n"] == before["n"])
    gone = dict.fromkeys(["case", "reason", "statement", "salts"])
    assert before | gone == after
    told = host.entries(ann, "words.erased")
    assert [entry["detail"] for entry in told] == [{"index": receipt["index"]}]
    tlog.check_receipt(receipt, key_of(host, ann), fire.thumb)
    proof = caller.get(f"/log/{ann.thumb}/proof/{receipt['index']}").text
    assert tlog.proven(proof, receipt["entry"].encode(), key_of(host, ann))
    for file in host.home.glob("porchlight.db*"):  # the -wal as well, while the host runs
        kept = file.read_bytes()
        assert b"the blue house" not in kept, file
        assert b"C-SECRET" not in kept, file


def test_the_hash_of_an_entry_tells_a_hub_nothing(host: InThread, ann: Signer, porch: Kit) -> None:
    """Receipts hold hashes of the leaves beside: a hub could try what those say till one fits."""
    host.caller(ann).post(f"/cameras/{porch.id}/pause")
    salts = [b64.decode(json.loads(raw)["salt"]) for raw in leaves(host, ann)]
    assert {len(salt) for salt in salts} == {16}
    assert len(set(salts)) == len(salts)


async def test_work_that_is_done_again_leaves_no_trace(host: InThread, ann: Signer) -> None:
    """One of several in a commit fails: what the others did is undone and done once more."""
    store, size = host.parts.store, len(leaves(host, ann))

    def good(session: Session) -> int | None:
        return write(session, 1, "search", resident=ann.thumb, case="x").i

    def bad(session: Session) -> None:
        good(session)
        raise ZeroDivisionError

    async def together() -> list[Any]:
        async with busy(store):
            asked = [asyncio.create_task(store.run(work)) for work in (good, bad, good)]
            await asyncio.sleep(0)
        return await asyncio.gather(*asked, return_exceptions=True)

    first, failed, second = await asyncio.wrap_future(
        asyncio.run_coroutine_threadsafe(together(), host.loop)
    )
    assert isinstance(failed, ZeroDivisionError)
    assert (first, second) == (size, size + 1)
    assert len(leaves(host, ann)) == size + 2


def test_no_entry_no_ticket_when_the_disk_is_full(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    """SQLite itself says so: the database may not grow by one page, and the rest is filled up."""
    host.grant(porch, fire)
    engine = host.parts.store._engine

    def full(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # never below what there is

    def filled(session: Session) -> None:
        for _ in range(2_000):
            write(session, 1, "search", resident=ann.thumb, detail={"x": "y" * 3_000})

    before = leaves(host, ann)
    event.listen(engine, "checkout", full)
    try:
        with pytest.raises(StoreError, match="full"):
            host.wait(host.parts.store.run(filled))
        answers = [ask_view(host, fire, porch, reason="z" * 280) for _ in range(40)]
    finally:
        event.remove(engine, "checkout", full)
        engine.dispose()  # new connections, which may grow
    refused = [answer for answer in answers if answer.status_code == 503]
    assert refused, "there was room for 40 entries"
    assert {answer.json()["reason"] for answer in refused} == {"not-stored"}
    assert all("ticket" not in answer.text for answer in refused)
    kept = [answer for answer in answers if answer.status_code == 201]
    assert leaves(host, ann)[: len(before) + len(kept)][len(before) :] == [
        answer.json()["receipts"][0]["entry"].encode() for answer in kept
    ]
    open_view(host, fire, porch)


def test_a_long_log_has_tiles_of_tiles(host: InThread) -> None:
    """More than two full tiles, written in one transaction; proofs need their hashes."""
    zoe = host.resident()

    def fill(session: Session) -> None:
        for number in range(600):
            write(session, number, "board.online", resident=zoe.thumb)

    host.wait(host.parts.store.run(fill))
    entries, key = leaves(host, zoe), key_of(host, zoe)
    assert len(entries) == 601
    full = [tlog.root(map(tlog.leaf_hash, entries[at : at + 256])) for at in (0, 256)]
    assert fetched(host, zoe, "tile/1/000.p/2") == b"".join(full)
    assert len(fetched(host, zoe, "tile/0/001")) == 8_192
    for index in (0, 255, 256, 511, 512, 600):
        proof = fetched(host, zoe, f"proof/{index}").decode()
        assert tlog.proven(proof, entries[index], key)[0] == index
    rows = host.store.read_now(
        lambda session: [
            session.get(LogHead, zoe.thumb).size,  # type: ignore[union-attr]
            len(session.scalars(select(LogNode).filter_by(resident=zoe.thumb)).all()),
            len(log.consistency(session, zoe.thumb, 300, 601)),
        ]
    )
    assert rows[:2] == [601, 2]
    assert rows[2] > 5


def test_what_is_too_long_for_a_leaf_is_committed_to(host: InThread, ann: Signer) -> None:
    detail = {"cameras": ["c" * 43] * 2_000}
    host.wait(host.parts.entries.add("search", resident=ann.thumb, detail=detail))
    assert b'"detail_sha256"' in leaves(host, ann)[-1]
    assert host.entries(ann, "search")[-1]["detail"] == detail


@pytest.mark.parametrize(
    ("type", "reason", "plain"),
    [
        ("view.close", "host-restarted", True),
        ("access.refused", "no-grant", True),
        ("view.open", "smoke", False),  # a word, but theirs
        ("search", "smoke", False),
        ("board.refused", "Bad proof!", False),  # whatever is not one of our words
        ("board.refused", "a--b", False),
    ],
)
def test_what_people_wrote_is_kept_apart(
    host: InThread, ann: Signer, type: str, reason: str, plain: bool
) -> None:
    n = host.wait(host.parts.entries.add(type, resident=ann.thumb, reason=reason))
    row, words = host.store.read_now(lambda session: (session.get(Entry, n), session.get(Words, n)))
    assert row is not None
    assert (row.reason, words is None) == ((reason, True) if plain else (None, False))
    assert (reason.encode() in leaves(host, ann)[-1]) is plain
    assert host.entries(ann)[-1]["reason"] == reason


def test_receipts_are_of_residents_logs(host: InThread, fire: Signer) -> None:
    draft = {"type": "search", "resident": None}
    with pytest.raises(ValueError, match="only entries of a resident's log"):
        host.wait(host.parts.entries.add_with_receipts([draft], fire.thumb))


def test_opening_a_view_is_one_durable_write(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    """Entries, leaves, words and head of two looks: all in one commit."""
    yard = host.camera(ann, "yard")
    host.grant(porch, fire)
    host.grant(yard, fire)
    with commits_counted() as commits:
        open_view(host, fire, porch, yard)
    assert len([each for each in commits if _wrote(each)]) == 1


def _wrote(connection: Connection) -> bool:
    """Not for reading, which the store marks."""
    return "porchlight_begin" not in connection.get_execution_options()
