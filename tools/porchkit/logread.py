"""A resident's log as it is read from a host: the checkpoint, every leaf, what the host shows of
them. All of it is checked here; nothing is believed."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accord import b64
from porchkit.client import Client
from porchkit.errors import CommandError
from porchkit.lookcheck import Said
from porchlight.client import tlog

WIDTH = 256
PAGE = 500
LAST_MS = 1 << 46  # unix ms: some two thousand years
_SHOWN = ("type", "camera", "hub", "hub_name", "jti", "view", "purpose")
_WRITTEN = ("case", "reason")


@dataclass(frozen=True)
class Log:
    """A log whose leaves make the root of its signed checkpoint."""

    head: tlog.Head
    leaves: Sequence[bytes]  # their hashes
    entries: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Shown:
    """What lies beside the leaves. `erased`: how many words are gone; `said`: the statements of
    hubs, by the index of their entry."""

    erased: int
    said: Mapping[int, Said]


def read(client: Client, resident: str, key: tlog.Key) -> Log:
    """The whole log; tlog.Wrong where its leaves are not those of its checkpoint."""
    base = f"/log/{resident}"
    head = tlog.opened(client.fetch(f"{base}/checkpoint").decode("utf-8", "replace"), key)
    raw = [leaf for path in _bundles(head.size) for leaf in _taken(_tile(client, base + path))]
    leaves = [tlog.leaf_hash(leaf) for leaf in raw]
    if len(raw) != head.size or tlog.root(leaves) != head.root:
        raise tlog.Wrong("the entries are not those that the log's checkpoint stands for")
    return Log(head, leaves, [_entry(leaf) for leaf in raw])


def _entry(leaf: bytes) -> dict[str, Any]:
    """What a leaf says, of the types that are read of it; a host may put anything there."""
    try:
        said = json.loads(leaf)
    except (ValueError, RecursionError):
        said = None
    good = isinstance(said, dict) and isinstance(said.get("type"), str)
    good = good and type(said.get("ts")) is int and 0 <= said["ts"] < LAST_MS
    good = good and all(isinstance(said.get(name, ""), str) for name in _SHOWN)
    if not good or not isinstance(said.get("detail", {}), dict):
        raise tlog.Wrong("the log holds what is no entry")
    entry: dict[str, Any] = said
    return entry


def compare(client: Client, log: Log) -> Shown:
    """Check that what the host shows as the log is what is in the tree, words included; tlog.Wrong
    otherwise."""
    try:
        return _compared(client, log)
    except (KeyError, TypeError, AttributeError, UnicodeEncodeError):
        raise tlog.Wrong("the host shows what is no entry") from None


def _compared(client: Client, log: Log) -> Shown:
    erased, expected, said = 0, 0, {}
    for row in _rows(client):
        if row["index"] is None or row["index"] >= log.head.size:
            break  # younger than the checkpoint
        if row["index"] != expected:
            raise tlog.Wrong(f"entry {expected} is in the log's tree, and not shown")
        leaf = log.entries[expected]
        erased += _compare(row, leaf, expected)
        if "statement" in leaf:
            said[expected] = _said(row, leaf, expected)
        expected += 1
    if expected != log.head.size:
        raise tlog.Wrong(f"entry {expected} is in the log's tree, and not shown")
    return Shown(erased, said)


def _said(row: Mapping[str, Any], leaf: Mapping[str, Any], index: int) -> Said:
    gone = _erased(row, leaf, "statement", index)
    case, reason = (str(row[name] or "") for name in _WRITTEN)
    f"{case}{reason}".encode()  # what is no text was never signed for
    return Said(None if gone else str(row["statement"]), case, reason)


def _compare(row: Mapping[str, Any], leaf: Mapping[str, Any], index: int) -> int:
    same = all(row[name] == leaf.get(name) for name in _SHOWN)
    if not same or row["ts"] != _stamp(int(leaf["ts"])):
        raise tlog.Wrong(f"entry {index} is shown other than the log's tree has it")
    if "detail_sha256" not in leaf and row["detail"] != leaf.get("detail"):
        raise tlog.Wrong(f"entry {index} is shown other than the log's tree has it")
    return sum(_erased(row, leaf, name, index) for name in _WRITTEN)


def _erased(row: Mapping[str, Any], leaf: Mapping[str, Any], name: str, index: int) -> bool:
    """Whether the words are gone; Wrong if they are others than were written."""
    kept = leaf.get(name)
    if not isinstance(kept, dict):
        if row[name] != kept:
            raise tlog.Wrong(f"entry {index} is shown with another {name} than the log's tree has")
        return False
    if row[name] is None:
        return True
    try:
        salt = b64.decode((row["salts"] or {}).get(name, ""))
    except ValueError:
        salt = b""
    made = hashlib.sha256(salt + row[name].encode()).digest()
    if kept.get("sha256") != b64.encode(made):
        raise tlog.Wrong(f"entry {index} is shown with another {name} than was written")
    return False


def _rows(client: Client) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        page = client.get("/entries", {"after": after, "limit": PAGE})
        yield from page["entries"]
        if len(page["entries"]) < PAGE:
            return
        after = page["next"]


def _bundles(size: int) -> Iterator[str]:
    """The paths of all bundles of entries, as c2sp.org/tlog-tiles has them."""
    for index in range((size + WIDTH - 1) // WIDTH):
        digits = f"{index:0{(len(str(index)) + 2) // 3 * 3}}"
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        width = min(WIDTH, size - index * WIDTH)
        part = "" if width == WIDTH else f".p/{width}"
        path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        yield f"/tile/entries/{path}{part}"


def _tile(client: Client, path: str) -> bytes:
    try:
        return client.fetch(path)
    except CommandError as error:
        if str(error).endswith("(no-tile)"):
            raise tlog.Wrong("the host keeps back entries that its checkpoint counts") from None
        raise


def _taken(bundle: bytes) -> Iterator[bytes]:
    while bundle:
        end = 2 + int.from_bytes(bundle[:2])
        if len(bundle) < end:
            raise tlog.Wrong("the host sent half an entry")
        yield bundle[2:end]
        bundle = bundle[end:]


def _stamp(unix_ms: int) -> str:
    """A time as the host's answers spell it."""
    seconds, ms = divmod(unix_ms, 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{ms:03d}Z"
