"""A resident's log in the database: appending to its tree, reading tiles and proofs out of it.

Functions of one transaction. Appending needs the head alone, O(log n); leaves are columns of the
entries, and each full tile leaves its hash behind (LogNode), from which tiles and proofs derive.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, cast

from sqlalchemy import Connection, Table, bindparam, select
from sqlalchemy.orm import Session

from porchlight.audit import tiles, tree
from porchlight.audit.tree import HASH_BYTES, Frontier
from porchlight.store.log_model import LogHead, LogNode
from porchlight.store.models import Entry

_GROWING: Final = "porchlight_log"  # in Session.info


# Written for every entry, so without the unit of work, which would double what an entry costs.
_HEADS: Final = cast(Table, LogHead.__table__)
_OLD_HEADS: Final = (
    select(_HEADS)
    .where(_HEADS.c.resident.in_(bindparam("logs", expanding=True)))
    .order_by(_HEADS.c.resident)  # whoever locks several locks them in one order
    .with_for_update()
)
_NEW_HEAD: Final = _HEADS.update().where(_HEADS.c.resident == bindparam("log"))


@dataclass
class Growth:
    """A resident's tree within one transaction: as it was found, and what came since. `written`:
    up to which size the database has it."""

    found: Frontier
    now: Frontier
    leaves: list[bytes]
    written: int

    def proof(self, index: int) -> list[bytes]:
        """The inclusion proof of a leaf that came in this transaction, in the tree as it is now."""
        at_hand = self.found.ranges()

        def known(first: int, end: int) -> bytes | None:
            if end - first == 1 and first >= self.found.size:
                return self.leaves[first - self.found.size]
            return at_hand.get((first, end))

        path = tree.inclusion(index, self.now.size)
        return [tree.range_hash(first, end, known) for first, end in path]


def append(session: Session, resident: str, leaf: bytes) -> tuple[int, bytes]:
    """Put a leaf at the end of a resident's tree; its index and hash. The caller adds the entry,
    and calls settle() once it appended all."""
    growth = growing(session, resident)
    index, leaf_hash = growth.now.size, tree.leaf_hash(leaf)
    growth.now, made = growth.now.append(leaf_hash)
    growth.leaves.append(leaf_hash)
    for level, full in enumerate(made[tiles.HEIGHT :: tiles.HEIGHT], start=1):
        at = (growth.now.size >> tiles.HEIGHT * level) - 1
        session.add(LogNode(resident=resident, level=level, i=at, hash=full))
        session.flush()
    return index, leaf_hash


def settle(session: Session) -> None:
    """Write the heads of all trees that grew."""
    grown = [
        (resident, growth)
        for resident, growth in _all_growing(session).items()
        if growth.now.size > growth.written
    ]
    if not grown:
        return
    session.connection().execute(
        _NEW_HEAD,
        [
            {"log": resident, "size": growth.now.size, "peaks": b"".join(growth.now.peaks)}
            for resident, growth in grown
        ],
    )
    for _, growth in grown:
        growth.written = growth.now.size


def growing(session: Session, resident: str) -> Growth:
    """The tree as this transaction has it; nobody else appends to it before that ends."""
    expect(session, (resident,))
    return _all_growing(session)[resident]


def expect(session: Session, residents: Iterable[str]) -> None:
    """Have these residents' trees at hand: one question for all of them."""
    growing = _all_growing(session)
    wanted = sorted(set(residents) - growing.keys())
    if wanted:
        for resident, found in _find(session.connection(), wanted).items():
            growing[resident] = Growth(found, found, [], found.size)


def _all_growing(session: Session) -> dict[str, Growth]:
    found: dict[str, Growth] = session.info.setdefault(_GROWING, {})
    return found


def head(session: Session, resident: str) -> Frontier | None:
    """A resident's tree; None if there is none."""
    row = session.get(LogHead, resident)
    return None if row is None else _frontier(row.size, row.peaks)


def read(session: Session, resident: str, tile: tiles.Tile) -> list[bytes]:
    """What is in a tile or bundle; fewer than its width if the tree has no more."""
    first, end = tile.first, tile.first + tile.width
    if tile.level > 0:
        nodes = select(LogNode.hash).where(
            LogNode.resident == resident,
            LogNode.level == tile.level,
            LogNode.i >= first,
            LogNode.i < end,
        )
        return list(session.scalars(nodes.order_by(LogNode.i)))
    column = Entry.leaf if tile.level == tiles.ENTRIES else Entry.leaf_hash
    leaves = select(column).where(Entry.resident == resident, Entry.i >= first, Entry.i < end)
    return [leaf or b"" for leaf in session.scalars(leaves.order_by(Entry.i))]


def inclusion(session: Session, resident: str, index: int, size: int) -> list[bytes]:
    """The proof that leaf `index` is in the tree as it was at `size`."""
    return _hashes(session, resident, size, tree.inclusion(index, size))


def consistency(session: Session, resident: str, old: int, size: int) -> list[bytes]:
    """The proof that the tree at `old` is the beginning of the tree at `size`."""
    return _hashes(session, resident, size, tree.consistency(old, size))


def _hashes(
    session: Session, resident: str, size: int, ranges: Sequence[tree.Range]
) -> list[bytes]:
    def hashes(level: int, first: int, width: int) -> list[bytes]:
        return read(session, resident, tiles.Tile(level, first // tiles.WIDTH, width))

    known = tiles.known(size, hashes)
    return [tree.range_hash(first, end, known) for first, end in ranges]


def _find(database: Connection, residents: Sequence[str]) -> dict[str, Frontier]:
    """Their trees, which nobody else changes before the transaction ends."""
    rows = database.execute(_OLD_HEADS, {"logs": residents})
    found = {row.resident: _frontier(row.size, row.peaks) for row in rows}
    new = [resident for resident in residents if resident not in found]
    if new:
        empty = [{"resident": resident, "size": 0, "peaks": b""} for resident in new]
        database.execute(_HEADS.insert(), empty)
    return found | dict.fromkeys(new, Frontier())


def _frontier(size: int, peaks: bytes) -> Frontier:
    found = [peaks[at : at + HASH_BYTES] for at in range(0, len(peaks), HASH_BYTES)]
    return Frontier(size, tuple(found))
