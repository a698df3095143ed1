"""What the light did to a scene: firmware/agent/motion_light.py, on the host.

Brightness is the logarithm of `tables`. A bin is 64 of its units, or 1 %. Where the board keeps
unsigned numbers around a middle, these are signed.
"""

from typing import Final

import numpy as np

from porchlight.motion.tables import Bools, Ints

ROUNDING: Final = 8  # half a step of the logarithm, on all that is found
TILE: Final = 8  # blocks, each way
_EVERY: Final = 4  # of so many rows, one has a say in the light of the whole picture
_REACH: Final = 128  # bins either way that it may have changed by
_NEAR: Final = 32  # bins either way, in a tile or a row, from there


class Light:
    """For pictures of one shape: that of `watched`, which says which blocks have a say."""

    def __init__(self, watched: Bools) -> None:
        rows, cols = watched.shape
        down, across = _tiles(rows), _tiles(cols)
        self._row_of: Ints = np.indices(watched.shape, np.int32)[0]
        self._tile_count = down * across
        of_row = np.minimum(self._row_of // TILE, down - 1)
        of_col = np.minimum(np.arange(cols, dtype=np.int32) // TILE, across - 1)
        self._in_all = watched & (self._row_of % _EVERY == 0)
        self._in_tile = watched & ((self._row_of + np.arange(cols)) % 2 == 0)  # a chess-board
        self._in_row = watched & (np.arange(cols) % 2 == 0)
        self._tile_of: Ints = (of_row * across + of_col)[self._in_tile]
        self._row_of = self._row_of[self._in_row]
        self._share_of_row = _shares(rows, down)
        self._share_of_col = _shares(cols, across).T

    def find(self, brighter: Ints) -> Ints:
        """What to add to the past, and ROUNDING; `brighter` is how much brighter than
        the past each block is. Light as the tiles have it, run from the centre of one into the
        next, and on it what each row differs by (lamps that flicker while it is read out)."""
        brighter = brighter + 32
        middle = int(_medians(brighter[self._in_all] >> 6, 0, 1, _REACH)[0])
        brighter -= middle << 6
        tiles = _medians(brighter[self._in_tile] >> 6, self._tile_of, self._tile_count, _NEAR)
        tiles = tiles.reshape(self._share_of_row.shape[1], -1)
        smooth = (self._share_of_row @ tiles @ self._share_of_col) >> 2
        uneven = (brighter - smooth)[self._in_row] >> 6
        of_row = _medians(uneven, self._row_of, len(smooth), _NEAR)
        return smooth + ((of_row[:, None] + middle) << 6) + ROUNDING


def _tiles(length: int) -> int:
    """The last one has what is left over."""
    return max(1, (length + TILE // 2) // TILE)


def _shares(length: int, tiles: int) -> Ints:
    """Of each block, how many 16ths of each tile's light it has."""
    shares = np.zeros((length, tiles), np.int32)
    for at in range(length):
        way = max(0, min(2 * at + 1 - TILE, 16 * (tiles - 1)))
        shares[at, way >> 4] = 16 - (way & 15)
        if way & 15:
            shares[at, (way >> 4) + 1] = way & 15
    return shares


def _medians(bins: Ints, group: Ints | int, groups: int, reach: int) -> Ints:
    """The lower median of the bins of each group, counted from -reach to reach - 1; 0 of none."""
    counted = np.maximum(np.minimum(bins, reach - 1), -reach) + (group * (2 * reach) + reach)
    counts = np.bincount(counted.ravel(), minlength=groups * 2 * reach).reshape(groups, -1)
    below = counts.cumsum(axis=1)
    half = (below[:, -1:] + 1) >> 1
    found: Ints = (below >= half).argmax(axis=1).astype(np.int32) - reach
    found[below[:, -1] == 0] = 0
    return found
