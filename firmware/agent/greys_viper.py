"""greys.py in native code."""

import micropython


@micropython.viper
def halve_native(grey: ptr8, cols: int, rows: int, into: ptr8):  # type: ignore[no-untyped-def]
    at = 0
    top = 0
    while top < rows:
        upper = top * cols
        lower = upper
        if top + 1 < rows:
            lower += cols
        left = 0
        while left < cols:
            right = left
            if left + 1 < cols:
                right += 1
            four = grey[upper + left] + grey[upper + right]
            four += grey[lower + left] + grey[lower + right]
            into[at] = (four + 2) >> 2
            at += 1
            left += 2
        top += 2


@micropython.viper
def luma_native(packed: ptr8, count: int, into: ptr8):  # type: ignore[no-untyped-def]
    for at in range(count):
        into[at] = packed[2 * at + 1]
