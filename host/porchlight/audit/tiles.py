"""Tiles (c2sp.org/tlog-tiles): the tree in pieces of 256 hashes, their paths, and what is in them.

Tile N of level L holds the hashes of the full subtrees of height 8 L, from the (256 N)-th on.
Level -1 stands for the bundle of entries over which level 0 hashes.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from porchlight.audit import tree

WIDTH: Final = 256
HEIGHT: Final = 8
ENTRIES: Final = -1
MAX_LEVEL: Final = 7  # more leaves than a 63-bit number can count
_PATH: Final = re.compile(
    r"(entries|[0-7])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)
Read = Callable[[int, int, int], Sequence[bytes]]  # level, first hash, how many


@dataclass(frozen=True)
class Tile:
    """Which tile, and how much of it: 256, or less of one at the right edge."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def first(self) -> int:
        """The first hash (or entry) in it, counted within its level."""
        return self.index * WIDTH

    def fits(self, size: int) -> bool:
        """Whether a tree of this size has it."""
        return self.first + self.width <= size >> HEIGHT * max(self.level, 0)

    @property
    def path(self) -> str:
        """Where it is served, below /tile/."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        part = "" if self.width == WIDTH else f".p/{self.width}"
        return f"{level}/{_number(self.index)}{part}"


def parse(path: str) -> Tile | None:
    """The tile at a path below /tile/; None if no tile is ever there."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    level = ENTRIES if found[1] == "entries" else int(found[1])
    index = int(found[2].replace("x", "").replace("/", ""))
    tile = Tile(level, index, int(found[3] or WIDTH))
    return tile if tile.path == path else None  # one path a tile: no other zeroes, no .p/256


def bundle(entries: Sequence[bytes]) -> bytes:
    """Entries with their lengths before them."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def known(size: int, read: Read) -> tree.Known:
    """Look-up of ranges in a tree of `size` leaves, for tree.range_hash: whole tiles are read,
    each once."""
    tiles: dict[tuple[int, int], Sequence[bytes]] = {}

    def tile(level: int, index: int) -> Sequence[bytes]:
        if (level, index) not in tiles:
            width = min(WIDTH, (size >> HEIGHT * level) - index * WIDTH)
            tiles[level, index] = read(level, index * WIDTH, width)
        return tiles[level, index]

    def look(first: int, end: int) -> bytes | None:
        height = (end - first).bit_length() - 1
        if end - first != 1 << height or first % (end - first):
            return None  # at the right edge: not a full subtree
        level, within = divmod(height, HEIGHT)
        at = first >> HEIGHT * level
        index, offset = divmod(at, WIDTH)
        hashes = tile(level, index)[offset : offset + (1 << within)]
        return tree.frontier(hashes).root() if len(hashes) == 1 << within else None

    return look


def _number(index: int) -> str:
    digits = str(index)
    groups = digits.zfill((len(digits) + 2) // 3 * 3)
    parts = [groups[at : at + 3] for at in range(0, len(groups), 3)]
    return "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
