"""RFC 6962 Merkle trees: hashes, proofs as ranges of leaves, verifiers. Pure: no storage, no keys.

A range (first, end) names the subtree over the leaves first..end-1. Proofs are made as ranges, so
that whoever keeps the hashes decides how to look them up; range_hash() splits what is not at hand.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
Range = tuple[int, int]
Known = Callable[[int, int], bytes | None]


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """A tree as far as appending needs it: its full subtrees from left to right, largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> tuple["Frontier", list[bytes]]:
        """The tree with one more leaf (its hash), and the full subtrees that this completed: the
        leaf itself, then those of height 1, 2, ..."""
        made, peaks, size = [leaf], list(self.peaks), self.size
        while size & 1:
            made.append(node_hash(peaks.pop(), made[-1]))
            size >>= 1
        return Frontier(self.size + 1, (*peaks, made[-1])), made

    def root(self) -> bytes:
        """The root hash."""
        if not self.peaks:
            return EMPTY_ROOT
        *higher, found = self.peaks
        for peak in reversed(higher):
            found = node_hash(peak, found)
        return found

    def ranges(self) -> dict[Range, bytes]:
        """The full subtrees by what they span."""
        found, first = {}, 0
        for peak, height in zip(self.peaks, _heights(self.size), strict=True):
            found[first, first + (1 << height)] = peak
            first += 1 << height
        return found


def frontier(leaves: Iterable[bytes]) -> Frontier:
    """The tree over these leaf hashes."""
    grown = Frontier()
    for leaf in leaves:
        grown, _ = grown.append(leaf)
    return grown


def range_hash(first: int, end: int, known: Known) -> bytes:
    """The hash of a range, from what `known` has; LookupError if a leaf is missing."""
    found = known(first, end)
    if found is not None:
        return found
    if end - first == 1:
        raise LookupError(f"leaf {first} is not at hand")
    middle = first + _split(end - first)
    return node_hash(range_hash(first, middle, known), range_hash(middle, end, known))


def inclusion(index: int, size: int) -> list[Range]:
    """The proof that leaf `index` is in the tree of `size` leaves, from its sibling upwards."""
    if not 0 <= index < size:
        raise ValueError("no such leaf in that tree")
    first, end, path = 0, size, []
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((first, middle))
            first = middle
    return path[::-1]


def consistency(old: int, size: int) -> list[Range]:
    """The proof that the tree of `old` leaves is the beginning of that of `size` leaves."""
    if not 0 <= old <= size:
        raise ValueError("the older tree is not larger")
    if old in (0, size):
        return []
    first, end, path, whole = 0, size, [], True
    while end != old:
        middle = first + _split(end - first)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((first, middle))
            first, whole = middle, False
    if not whole:
        path.append((first, end))
    return path[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the proof leads from a leaf's hash to the root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(proof):
        return False
    at, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    old: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes
) -> bool:
    """Whether the tree with `old_root` is the beginning of that with `root` (RFC 9162 §2.1.4.2)."""
    if not 0 <= old <= size or not _are_hashes(proof):
        return False
    if old in (0, size):
        return not proof and old_root == (root if old == size else EMPTY_ROOT)
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    return bool(steps) and _leads(old, size, steps, (old_root, root))


def _leads(old: int, size: int, steps: list[bytes], roots: tuple[bytes, bytes]) -> bool:
    """Whether the steps make both roots at once."""
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    older = newer = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            older, newer = node_hash(step, older), node_hash(step, newer)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            newer = node_hash(newer, step)
        at, last = at >> 1, last >> 1
    return last == 0 and (older, newer) == roots


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _heights(size: int) -> list[int]:
    return [height for height in reversed(range(size.bit_length())) if size >> height & 1]


def _are_hashes(proof: Sequence[bytes]) -> bool:
    return all(len(step) == HASH_BYTES for step in proof)
