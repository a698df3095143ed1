"""What moves of what differs: `weigh` of firmware/agent/motion_regions.py, on the host.

Where the board floods a region block by block, this joins runs of a row.
"""

from dataclasses import dataclass

import numpy as np

from porchlight.motion.tables import Bools, Ints, Places

_FIRST, _LAST = 2, 255  # numbers of regions
_MOST = 65535  # that one weighs


@dataclass(frozen=True)
class Differences:
    """Of each block, in 16ths of a grey: by how much it differs from what is predicted, by how
    much more or less than in the frame before, and the limit that it exceeds if marked."""

    seen: Ints
    fresh: Ints
    limits: Ints


@dataclass(frozen=True)
class Regions:
    """`numbers`: of each block, 0 if still. `weight` and `deciding`: of the heaviest that counts,
    0 if none does. `newest`: the weight of the heaviest that continues nothing."""

    numbers: Ints
    weight: int = 0
    newest: int = 0
    deciding: int = 0


def weigh(marked: Bools, last: Ints, by: Differences, big: int) -> Regions:
    """Number the regions of marked blocks from 2 on, all after the 253rd alike.

    A region weighs what its blocks exceed their limits by, in 16ths of a limit; at most six times
    what they differ from the frame before, so that neither what was left behind nor light that
    stays counts. It counts if it continues one of that frame (`last`) or weighs more than `big`.
    """
    numbers = np.zeros(marked.shape, np.int32)
    at = np.flatnonzero(marked)
    if not len(at):
        return Regions(numbers)
    region = _region_of(at, marked.shape[1])
    weight, continues = _sums(at, region, last, by)
    counts = np.where(continues | (weight > big), weight, 0)
    best = int(counts.argmax())
    numbers.flat[at] = np.minimum(region + _FIRST, _LAST)
    return Regions(
        numbers,
        weight=int(counts[best]),
        newest=int(np.where(continues, 0, weight).max()),
        deciding=min(best + _FIRST, _LAST) if counts[best] else 0,
    )


def around(blocks: Ints) -> Ints:
    """The most in the 5x5 blocks around each."""
    rows, cols = blocks.shape
    rimmed = np.zeros((rows + 4, cols + 4), np.int32)
    rimmed[2:-2, 2:-2] = blocks
    wide = rimmed[:, :cols]
    for left in range(1, 5):
        wide = np.maximum(wide, rimmed[:, left : left + cols])
    most = wide[:rows]
    for top in range(1, 5):
        most = np.maximum(most, wide[top : top + rows])
    return most


def _sums(at: Places, region: Places, last: Ints, by: Differences) -> tuple[Ints, Bools]:
    """(the weight, whether it continues another) of each region; `region` is that of each block
    `at`."""
    limits, fresh = by.limits.flat[at], by.fresh.flat[at]
    exceeding = (by.seen.flat[at] << 4) // limits
    moving = np.where(fresh << 4 > limits * 10, (fresh << 4) // limits, 0)
    weight = np.zeros((2, region.max() + 1), np.int32)
    np.add.at(weight[0], region, exceeding)
    np.add.at(weight[1], region, moving)
    continues = np.zeros(weight.shape[1], np.bool_)
    continues[region[around(last).flat[at] > 0]] = True
    return np.minimum(np.minimum(weight[0], weight[1] * 6), _MOST), continues


def _region_of(at: Places, cols: int) -> Places:
    """The region of each of the places, which ascend, counted in the order of their first ones."""
    stride = cols + 1  # a gap between rows
    place = at + at // cols
    first = np.flatnonzero(np.diff(place, prepend=-2) != 1)
    length = np.diff(first, append=len(at))
    start, end = place[first], place[first] + length - 1
    touched = np.searchsorted(end, start + stride - 1)
    beyond = np.searchsorted(start, end + stride + 1, side="right")
    return np.repeat(_joined(touched.tolist(), beyond.tolist()), length)


def _joined(touched: list[int], beyond: list[int]) -> list[int]:
    """The region of each run; run i touches, below it, those from touched[i] to beyond[i] - 1."""
    joins = list(range(len(touched)))  # to itself or to an earlier one
    for run, others in enumerate(map(range, touched, beyond)):
        for other in others:
            one, two = _root(joins, run), _root(joins, other)
            joins[max(one, two)] = min(one, two)
    regions: dict[int, int] = {}
    return [regions.setdefault(_root(joins, run), len(regions)) for run in range(len(joins))]


def _root(joins: list[int], run: int) -> int:
    while joins[run] != run:
        joins[run] = joins[joins[run]]
        run = joins[run]
    return run
