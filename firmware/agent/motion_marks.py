"""Where a picture differs from the past by more than light and noise explain, and what is learnt of
it. Viper.

Greys are in 16ths, and noise is in 256ths. Arrays are of `shape`, as in motion_light.
"""

import micropython
from micropython import const

# As in motion_light and motion_tables.
_COLS = const(0)
_ROWS = const(1)
_STRIDE = const(2)
_SUMMIT = const(1290)

_AS_PREDICTED = const(4096)  # in `seen`


@micropython.viper
def mark(  # type: ignore[no-untyped-def]  # noqa: C901, PLR0913 - viper has no objects
    at: int,
    grey: int,
    value: int,
    pixels: ptr8,
    logs: ptr16,
    greys: ptr16,
    floors: ptr8,
    past: ptr16,
    light: ptr16,
    row_light: ptr16,
    noise,
    seen: ptr16,
    limits: ptr16,
    mask: ptr8,
    row_marks: ptr16,
    shape: ptr16,
    shift: int,
) -> int:
    """seen = by how much each block differs from what the past and the light predict. Where noise
    explains that, the past is drawn nearer by 1/2**shift; elsewhere mask = 1 and limits = what was
    exceeded. Returns how many are marked; row_marks = how many in each row. `mask` is blank before.
    """
    noises = ptr16(noise)
    cols = int(shape[_COLS])
    half = (1 << shift) >> 1
    marked = 0
    row = 0
    while row < int(shape[_ROWS]):
        row_marks[row] = marked
        offset = int(row_light[row]) - 32768
        at = (row + 2) * int(shape[_STRIDE]) + 2
        end = at + cols
        rim = at - row * cols
        while at < end:
            value = int(pixels[at - rim])
            grey = (int(past[at]) + int(light[at]) + offset) >> 4
            if grey < 0:
                grey = 0
            elif grey > _SUMMIT:
                grey = _SUMMIT
            grey = (value << 4) - int(greys[grey])
            seen[at] = grey + _AS_PREDICTED
            # Without its sign, and without a branch that noise would take at random: a PC waits for
            # each. Shifted by 30, what is negative is -1 and the rest 0; likewise in learn().
            grey = (grey ^ (grey >> 30)) - (grey >> 30)
            if grey > int(floors[value]) and grey > (int(noises[at]) * 40) >> 8:
                limit = int(shape[_STRIDE])
                limit = (
                    int(loudest(0, at - 2 * limit - 2, at + 2 * limit, noise, limit)) * 40
                ) >> 8
                if limit < int(floors[value]):
                    limit = int(floors[value])
                # The more the light did, the less exactly that is known.
                change = int(light[at]) + offset - 8
                if change < 0:
                    change = 0 - change
                limit += ((change >> 4) * value) >> 7
                if grey > limit:
                    limits[at] = limit
                    mask[at] = 1
                    marked += 1
                    at += 1
                    continue
            grey = int(past[at])
            past[at] = grey + ((int(logs[value]) - grey + half) >> shift)
            at += 1
        row_marks[row] = marked - int(row_marks[row])
        row += 1
    return marked


@micropython.viper
def loudest(most: int, at: int, value: int, noise: ptr16, stride: int) -> int:
    """The most in 5x5 blocks from `at` on; `most` and `value` begin at 0."""
    last = at + 4 * stride
    while at <= last:
        value = int(noise[at])
        if value > most:
            most = value
        value = int(noise[at + 1])
        if value > most:
            most = value
        value = int(noise[at + 2])
        if value > most:
            most = value
        value = int(noise[at + 3])
        if value > most:
            most = value
        value = int(noise[at + 4])
        if value > most:
            most = value
        at += stride
    return most


@micropython.viper
def ignore(at: int, taken: int, mask: ptr8, ignored: ptr8, size: int) -> int:
    """Take the marks from ignored blocks; how many it were. `at` and `taken` begin at 0."""
    while at < size:
        if ignored[at] and mask[at]:
            mask[at] = 0
            taken += 1
        at += 1
    return taken


@micropython.viper
def wipe(at: int, mask: ptr32, words: int):  # type: ignore[no-untyped-def]
    """Blank so many times four blocks."""
    while at < words:
        mask[at] = 0
        at += 1


@micropython.viper
def learn(  # type: ignore[no-untyped-def]  # noqa: PLR0913
    at: int,
    more: int,
    value: int,
    pixels: ptr8,
    logs: ptr16,
    past: ptr16,
    light: ptr16,
    row_light: ptr16,
    noise: ptr16,
    seen: ptr16,
    mask: ptr8,
    shape: ptr16,
    shift: int,
    marked: int,
):
    """Noise grows fast and fades slowly. The past of marked blocks follows the light alone
    (marked = 0) or is drawn to what is seen by 1/2**shift (1), and their noise as well (2)."""
    cols = int(shape[_COLS])
    row = 0
    while row < int(shape[_ROWS]):
        at = (row + 2) * int(shape[_STRIDE]) + 2
        end = at + cols
        rim = at - row * cols
        while at < end:
            if mask[at]:
                value = int(past[at])
                if marked:
                    more = int(logs[pixels[at - rim]]) - value
                    value += (more + ((1 << shift) >> 1)) >> shift
                else:
                    value += (int(light[at]) + int(row_light[row]) - 32776) >> shift
                    if value < 0:
                        value = 0
                    elif value > _SUMMIT << 4:
                        value = _SUMMIT << 4
                past[at] = value
                if marked < 2:
                    at += 1
                    continue
            more = int(seen[at]) - _AS_PREDICTED
            value = int(noise[at])
            more = (((more ^ (more >> 30)) - (more >> 30)) << 4) - value
            noise[at] = value + (more >> (3 + ((more >> 30) & 3)))  # by 6 if negative
            at += 1
        row += 1


@micropython.viper
def expect(  # type: ignore[no-untyped-def]  # noqa: PLR0913
    at: int,
    grey: int,
    rim: int,
    pixels: ptr8,
    greys: ptr16,
    past: ptr16,
    light: ptr16,
    row_light: ptr16,
    seen: ptr16,
    mask: ptr8,
    row_marks: ptr16,
    shape: ptr16,
):
    """seen = by how much marked blocks differ from what the past predicts now that it has been
    drawn to them: what is learnt of a block must not look as if the block had changed."""
    row = 0
    while row < int(shape[_ROWS]):
        at = (row + 2) * int(shape[_STRIDE]) + 2
        end = at + int(shape[_COLS])
        rim = at - row * int(shape[_COLS])
        offset = int(row_light[row]) - 32768
        if row_marks[row] == 0:
            at = end
        while at < end:
            if mask[at]:
                grey = (int(past[at]) + int(light[at]) + offset) >> 4
                if grey < 0:
                    grey = 0
                elif grey > _SUMMIT:
                    grey = _SUMMIT
                seen[at] = (int(pixels[at - rim]) << 4) - int(greys[grey]) + _AS_PREDICTED
            at += 1
        row += 1
