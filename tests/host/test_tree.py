"""The Merkle tree: every proof for every tree up to 65 leaves, and what the verifiers refuse."""

import hashlib
from collections.abc import Callable

import pytest

from porchlight.audit import tiles, tree

MOST = 65
LEAVES = [tree.leaf_hash(b"entry %d" % number) for number in range(MOST)]
ROOTS = [tree.frontier(LEAVES[:size]).root() for size in range(MOST + 1)]


def reference(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + reference(leaves[:k]) + reference(leaves[k:])).digest()


def hashes(ranges: list[tree.Range]) -> list[bytes]:
    return [reference(LEAVES[first:end]) for first, end in ranges]


def flipped(raw: bytes) -> bytes:
    return bytes([raw[0] ^ 1]) + raw[1:]


def spoilt(proof: list[bytes]) -> list[list[bytes]]:
    """The proof with one thing wrong, in every way that keeps the rest."""
    changed = [[*proof[:at], flipped(proof[at]), *proof[at + 1 :]] for at in range(len(proof))]
    dropped = [[*proof[:at], *proof[at + 1 :]] for at in range(len(proof))]
    swapped = [proof[::-1]] if proof[::-1] != proof else []
    return [*changed, *dropped, *swapped, [*proof, bytes(32)], [bytes(32), *proof]]


def test_roots_are_those_of_the_rfc() -> None:
    assert [reference(LEAVES[:size]) for size in range(MOST + 1)] == ROOTS
    # RFC 6962's own words, known from every other implementation: a leaf of no bytes.
    assert tree.leaf_hash(b"").hex().startswith("6e340b9cffb37a98")


def test_every_inclusion_proof_holds_and_nothing_like_it() -> None:
    for size in range(1, MOST + 1):
        for index in range(size):
            leaf, proof = LEAVES[index], hashes(tree.inclusion(index, size))
            assert tree.verify_inclusion(leaf, index, size, proof, ROOTS[size])
            assert not tree.verify_inclusion(flipped(leaf), index, size, proof, ROOTS[size])
            assert not tree.verify_inclusion(leaf, index, size, proof, flipped(ROOTS[size]))
            assert not tree.verify_inclusion(leaf, index, size, [*proof, leaf], ROOTS[size])


def test_every_consistency_proof_holds_and_nothing_like_it() -> None:
    for size in range(MOST + 1):
        for old in range(size + 1):
            proof = hashes(tree.consistency(old, size))
            roots = ROOTS[old], ROOTS[size]
            assert tree.verify_consistency(old, size, proof, *roots)
            assert not tree.verify_consistency(old, size, proof, flipped(roots[0]), roots[1])
            if old:  # everything goes on from nothing
                assert not tree.verify_consistency(old, size, proof, roots[0], flipped(roots[1]))
            assert not tree.verify_consistency(old, size, [*proof, bytes(32)], *roots)


@pytest.mark.parametrize("size", [2, 3, 7, 8, 21, 64, 65])
def test_a_spoilt_inclusion_proof_is_refused(size: int) -> None:
    for index in range(size):
        for proof in spoilt(hashes(tree.inclusion(index, size))):
            assert not tree.verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
        for elsewhere in set(range(size)) - {index}:
            proof = hashes(tree.inclusion(index, size))
            assert not tree.verify_inclusion(LEAVES[index], elsewhere, size, proof, ROOTS[size])


@pytest.mark.parametrize("size", [3, 8, 21, 65])
def test_a_spoilt_consistency_proof_is_refused(size: int) -> None:
    for old in range(1, size):
        for proof in spoilt(hashes(tree.consistency(old, size))):
            assert not tree.verify_consistency(old, size, proof, ROOTS[old], ROOTS[size])


@pytest.mark.parametrize("forge", [lambda old: [*old[:-1], old[0]], lambda old: old[::-1]])
def test_another_history_of_the_same_length_is_refused(
    forge: Callable[[list[bytes]], list[bytes]],
) -> None:
    """Rewritten or reordered behind an old head: no proof of theirs can lead from it."""
    for old in (1, 5, 8, 13):
        forged = forge(LEAVES[:old]) + LEAVES[old:30]
        if forged[:old] == LEAVES[:old]:
            continue
        proof = [reference(forged[a:b]) for a, b in tree.consistency(old, 30)]
        root = reference(forged)
        assert not tree.verify_consistency(old, 30, proof, ROOTS[old], root)


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_there_is_no_proof_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        tree.inclusion(index, size)
    assert not tree.verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


def test_there_is_no_way_back() -> None:
    with pytest.raises(ValueError, match="not larger"):
        tree.consistency(6, 5)
    assert not tree.verify_consistency(6, 5, [], ROOTS[6], ROOTS[5])
    assert not tree.verify_consistency(0, 0, [], ROOTS[0], ROOTS[1])


def test_hashes_have_32_bytes() -> None:
    assert not tree.verify_inclusion(LEAVES[0], 0, 2, [b"short"], ROOTS[2])
    assert not tree.verify_consistency(1, 2, [b"short"], ROOTS[1], ROOTS[2])


def test_tiles_know_all_that_proofs_need() -> None:
    """Two full tiles and more, from hashes of leaves and of full tiles alone."""
    size = 256 * 3 + 5
    leaves = [tree.leaf_hash(b"%d" % number) for number in range(size)]
    full = [tree.frontier(leaves[at : at + 256]).root() for at in range(0, 768, 256)]
    levels, asked = {0: leaves, 1: full}, []

    def read(level: int, first: int, width: int) -> list[bytes]:
        asked.append((level, first))
        return levels[level][first : first + width]

    for old, new in ((1, size), (255, size), (256, size), (513, size), (767, 769)):
        known = tiles.known(new, read)
        proof = [tree.range_hash(a, b, known) for a, b in tree.consistency(old, new)]
        roots = tree.frontier(leaves[:old]).root(), tree.frontier(leaves[:new]).root()
        assert tree.verify_consistency(old, new, proof, *roots)
    asked.clear()
    known = tiles.known(size, read)
    proof = [tree.range_hash(a, b, known) for a, b in tree.inclusion(300, size)]
    assert tree.verify_inclusion(leaves[300], 300, size, proof, tree.frontier(leaves).root())
    assert sorted(set(asked)) == sorted(asked), "a tile was read twice"
    assert len(asked) <= 4


def test_what_is_not_at_hand_is_not_made_up() -> None:
    with pytest.raises(LookupError):
        tree.range_hash(0, 4, lambda first, end: None)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (tiles.Tile(0, 0), "0/000"),
        (tiles.Tile(0, 999, 7), "0/999.p/7"),
        (tiles.Tile(3, 1_234_067), "3/x001/x234/067"),
        (tiles.Tile(tiles.ENTRIES, 1_000), "entries/x001/000"),
        (tiles.Tile(tiles.ENTRIES, 5, 255), "entries/005.p/255"),
    ],
)
def test_paths_of_tiles(tile: tiles.Tile, path: str) -> None:
    assert tile.path == path
    assert tiles.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        *("", "0", "0/0", "00/000", "0/x000/001", "0/1000", "0/000.p/0", "0/000.p/256"),
        *("0/000.p/01", "8/000", "0/000/", "/0/000", "0/000.p/", "entries", "0/00\u0661"),
        *("0/000\n", "-1/000"),
    ],
)
def test_what_is_no_path_of_a_tile(path: str) -> None:
    assert tiles.parse(path) is None


def test_partial_tiles_are_those_of_the_size() -> None:
    """The example of the specification: 70,000 entries."""
    size = 70_000
    assert tiles.Tile(0, 272).fits(size)
    assert tiles.Tile(0, 273, 112).fits(size)
    assert not tiles.Tile(0, 273, 113).fits(size)
    assert tiles.Tile(1, 1, 17).fits(size)
    assert not tiles.Tile(1, 1, 18).fits(size)
    assert tiles.Tile(2, 0, 1).fits(size)
    assert not tiles.Tile(2, 0, 2).fits(size)


def test_bundles_have_lengths() -> None:
    assert tiles.bundle([b"ab", b"", b"c" * 258]) == b"\0\2ab\0\0\1\2" + b"c" * 258
