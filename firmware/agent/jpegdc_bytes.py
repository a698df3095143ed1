"""Plain work on bytes for jpegdc. Viper; the callers see to it that `size` is not too much."""

import micropython


@micropython.viper
def last_eoi(src: ptr8, at: int, size: int) -> int:
    """Where the last FF D9 at or after `at` is, or -1."""
    i = size - 2
    while i >= at:
        if src[i] == 255 and src[i + 1] == 0xD9:
            return i
        i -= 1
    return -1


@micropython.viper
def same(a: ptr8, b: ptr8, size: int) -> int:
    """1 when the first `size` bytes are the same, else 0."""
    i = 0
    while i < size:
        if a[i] != b[i]:
            return 0
        i += 1
    return 1


@micropython.viper
def copy(into: ptr8, source: ptr8, size: int):  # type: ignore[no-untyped-def]
    i = 0
    while i < size:
        into[i] = source[i]
        i += 1


@micropython.viper
def greys(into: ptr8, dc: ptr16, count: int, q0: int):  # type: ignore[no-untyped-def]
    """libjpeg's picture at 1/8: a block's mean, of 10 bits as it has there, rounded and clipped."""
    i = 0
    while i < count:
        level = int(dc[i]) & 0xFFFF
        if level > 32767:
            level -= 65536
        level = ((((level * q0 + 4) >> 3) + 512) & 1023) - 384
        if level < 0:
            level = 0
        elif level > 255:
            level = 255
        into[i] = level
        i += 1
