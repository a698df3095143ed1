"""What the light did to a scene: the camera's exposure, lamps, clouds. Viper.

Brightness is the logarithm of motion_tables, to which light that changes by a factor adds the same
in bright and in dark. A bin is 64 of its units, or 1 %. Blocks lie in arrays of `shape`, with a rim
of two on every side, so that neighbours need not be asked whether they exist.
"""

import micropython
from micropython import const

# What `shape` has, 16 bits each.
COLS = const(0)
ROWS = const(1)
STRIDE = const(2)  # from a row to the next; even
ACROSS = const(3)  # tiles
DOWN = const(4)
SHAPE = const(5)

BINS = const(256)  # of the counts for a whole picture; a tile or a row has 64. One more is spare
TILE = const(8)  # blocks, each way
_NONE = const(32800)  # in `light` first: neither brighter nor darker; the middle of bin 512
_FIRST_BIN = const(384)  # of 256 around that


@micropython.viper
def compare(  # type: ignore[no-untyped-def]  # noqa: PLR0913 - viper has no objects
    at: int,
    end: int,
    rim: int,
    pixels: ptr8,
    logs: ptr16,
    past: ptr16,
    light: ptr16,
    shape: ptr16,
):
    """light = how much brighter than the past each block is.

    `at`, `end`, `rim` begin at 0, and come first because an ESP32 keeps a function's first three
    variables in registers; likewise below.
    """
    cols = int(shape[COLS])
    row = 0
    while row < int(shape[ROWS]):
        at = (row + 2) * int(shape[STRIDE]) + 2
        end = at + cols
        rim = at - row * cols
        while at < end:
            light[at] = int(logs[pixels[at - rim]]) - int(past[at]) + _NONE
            at += 1
        row += 1


@micropython.viper
def hide(at: int, light: ptr16, ignored: ptr8, size: int):  # type: ignore[no-untyped-def]
    """Ignored blocks have no say in what follows: their light is 0, which no block's is."""
    while at < size:
        if ignored[at]:
            light[at] = 0
        at += 1


@micropython.viper
def overall(  # type: ignore[no-untyped-def]
    at: int, bin: int, end: int, light: ptr16, counts, shape: ptr16
) -> int:
    """The bin of the median of `light`, of every fourth row; 512 if no block has a say."""
    tally = ptr16(counts)
    while at < BINS:
        tally[at] = 0
        at += 1
    counted = 0
    row = 0
    while row < int(shape[ROWS]):
        at = (row + 2) * int(shape[STRIDE]) + 2
        end = at + int(shape[COLS])
        counted += int(shape[COLS])
        while at < end:
            bin = (int(light[at]) >> 6) - _FIRST_BIN
            if bin >> 8:
                if light[at]:
                    bin = 0 if bin < 0 else BINS - 1
                else:
                    bin = BINS
                    counted -= 1
            tally[bin] = int(tally[bin]) + 1
            at += 1
        row += 4
    return int(median(0, 0, counts, counted)) + _FIRST_BIN if counted else 512


@micropython.viper
def median(bin: int, below: int, counts: ptr16, counted: int) -> int:
    """The first bin that has half of all below it or in it. At least one is counted."""
    counted = (counted + 1) >> 1
    below = int(counts[0])
    while below < counted:
        bin += 1
        below += int(counts[bin])
    return bin


@micropython.viper
def clear(at: int, counts: ptr32):  # type: ignore[no-untyped-def]
    """64 counts of 16 bits."""
    while at < 32:
        counts[at] = 0
        at += 1


@micropython.viper
def local(  # type: ignore[no-untyped-def]  # noqa: PLR0913
    at: int, bin: int, end: int, light: ptr16, tiles: ptr8, counts, shape: ptr16, middle: int
):
    """tiles = the median of `light` in each tile, in bins, 32 where it is the bin `middle`; of
    every second block, as on a chess-board. The last tile of a row or column has what is left over.
    """
    tally = ptr16(counts)
    middle -= 32
    tile = 0
    top = 0
    while top < int(shape[DOWN]):
        height = TILE if top + 1 < int(shape[DOWN]) else int(shape[ROWS]) - top * TILE
        left = 0
        while left < int(shape[ACROSS]):
            width = TILE if left + 1 < int(shape[ACROSS]) else int(shape[COLS]) - left * TILE
            clear(0, counts)
            counted = 0
            first = (top * TILE + 2) * int(shape[STRIDE]) + left * TILE + 2
            row = 0
            while row < height:
                at = first + (row & 1)
                end = first + width
                counted += (end + 1 - at) >> 1
                while at < end:
                    bin = (int(light[at]) >> 6) - middle
                    if bin >> 6:
                        if light[at]:
                            bin = 0 if bin < 0 else 63
                        else:
                            bin = 64
                            counted -= 1
                    tally[bin] = int(tally[bin]) + 1
                    at += 2
                first += int(shape[STRIDE])
                row += 1
            tiles[tile] = int(median(0, 0, counts, counted)) if counted else 32
            tile += 1
            left += 1
        top += 1


@micropython.viper
def spread(  # type: ignore[no-untyped-def]  # noqa: C901, PLR0913
    at: int,
    bin: int,
    value: int,
    light: ptr16,
    tiles: ptr8,
    levels: ptr16,
    row_light: ptr16,
    counts,
    shape: ptr16,
    middle: int,
):
    """light = that of the tiles, run from the centre of one into the next; row_light = what each
    row differs from it (lamps that flicker while the picture is read out), by the median of its
    every second block. Both, less 32768, are what to add to the past, and a half for rounding."""
    tally = ptr16(counts)
    across = int(shape[ACROSS])
    middle = (middle - 512) << 6
    zero = 2048 - 480 * 64 - middle
    row = 0
    while row < int(shape[ROWS]):
        # Between two rows of tiles, in 16ths of the way.
        way = 2 * row + 1 - TILE
        upper = 0
        if way < 0:
            way = 0
        else:
            upper = way >> 4
            way &= 15
            if upper + 1 >= int(shape[DOWN]):
                upper = int(shape[DOWN]) - 1
                way = 0
        upper *= across
        lower = upper + across if way else upper
        at = 0
        while at < across:
            levels[at] = int(tiles[upper + at]) * (16 - way) + int(tiles[lower + at]) * way
            at += 1
        clear(0, counts)
        at = (row + 2) * int(shape[STRIDE]) + 2
        last = at + int(shape[COLS])
        counted = (int(shape[COLS]) + 1) >> 1
        left = 0
        end = at + (TILE >> 1)
        value = int(levels[0]) << 4
        step = 0
        while at < last:
            if end > last:
                end = last
            while at < end:
                if at & 1 == 0:
                    bin = (int(light[at]) + zero - (value >> 2)) >> 6
                    if bin >> 6:
                        if light[at]:
                            bin = 0 if bin < 0 else 63
                        else:
                            bin = 64
                            counted -= 1
                    tally[bin] = int(tally[bin]) + 1
                light[at] = value >> 2
                value += step
                at += 1
            value = int(levels[left]) << 4
            step = 0
            end = last
            if left + 1 < across:
                left += 1
                step = int(levels[left]) - (value >> 4)
                value += step
                step *= 2
                end = at + TILE
        bin = (int(median(0, 0, counts, counted)) - 32) << 6 if counted else 0
        row_light[row] = 32768 - 2048 + 8 + middle + bin
        row += 1
