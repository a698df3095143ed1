"""Where a picture differs from the past by more than light and noise, and what of it moves. Viper.

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
def weigh(  # type: ignore[no-untyped-def]  # noqa: PLR0913, C901
    at: int,
    near: int,
    top: int,
    mask: ptr8,
    row_marks: ptr16,
    last_mask,
    seen: ptr16,
    last_seen: ptr16,
    limits: ptr16,
    stack: ptr16,
    found: ptr16,
    shape: ptr16,
    big: int,
) -> int:
    """Number the regions of marked blocks from 2 on, all after the 253rd alike. Returns the weight
    of the heaviest that counts, found[0] = that of the heaviest that continues nothing, found[1] =
    the number of the one returned, 0 if none.

    A region weighs what its blocks exceed their limits by, in 16ths of a limit; at most six times
    what they differ from the frame before, so that neither what was left behind nor light that
    stays counts. It counts if it continues a region of that frame or weighs more than `big`.
    """
    stride = int(shape[_STRIDE])
    best = 0
    newest = 0
    deciding = 0
    number = 1
    row = 0
    while row < int(shape[_ROWS]):
        start = (row + 2) * stride + 2
        end = start + int(shape[_COLS])
        if row_marks[row] == 0:
            start = end
        while start < end:
            if mask[start] == 1:
                if number < 255:
                    number += 1
                weight = 0
                fresh = 0
                continues = 0
                mask[start] = number
                stack[0] = start
                top = 1
                while top > 0:
                    top -= 1
                    at = int(stack[top])
                    limit = int(limits[at])
                    near = int(seen[at]) - _AS_PREDICTED
                    if near < 0:
                        near = 0 - near
                    weight += (near << 4) // limit
                    near = int(seen[at]) - int(last_seen[at])
                    if near < 0:
                        near = 0 - near
                    if near << 4 > limit * 10:
                        fresh += (near << 4) // limit
                    if continues == 0:
                        continues = int(any_of_25(at - 2 * stride - 2, last_mask, stride))
                    near = at - stride - 1
                    at += stride
                    while near < at:
                        if mask[near] == 1:
                            mask[near] = number
                            stack[top] = near
                            top += 1
                        if mask[near + 1] == 1:
                            mask[near + 1] = number
                            stack[top] = near + 1
                            top += 1
                        if mask[near + 2] == 1:
                            mask[near + 2] = number
                            stack[top] = near + 2
                            top += 1
                        near += stride
                if weight > fresh * 6:
                    weight = fresh * 6
                if weight > 65535:
                    weight = 65535
                if weight > best and (continues or weight > big):
                    best = weight
                    deciding = number
                if weight > newest and continues == 0:
                    newest = weight
            start += 1
        row += 1
    found[0] = newest
    found[1] = deciding
    return best


@micropython.viper
def any_of_25(at: int, mask: ptr8, stride: int) -> int:
    """Whether anything is marked in the 5x5 blocks from `at` on."""
    row = 0
    while row < 5:
        if mask[at] + mask[at + 1] + mask[at + 2] + mask[at + 3] + mask[at + 4]:
            return 1
        at += stride
        row += 1
    return 0


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
