"""What moves of what differs: regions of marked blocks, and what each weighs. Viper.

Greys are in 16ths. Arrays are of `shape`, as in motion_light.
"""

import micropython
from micropython import const

# As in motion_light and motion_marks.
_COLS = const(0)
_ROWS = const(1)
_STRIDE = const(2)
_AS_PREDICTED = const(4096)


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
