"""The scan of a baseline JPEG, walked for the DC of its luma. Viper; T.81 annex F.

No pointer here is checked on the way, so all of it rests on this:
- Reading stops at an FF that no 00 follows. The caller has found an FF D9 at or after `at`: no
  reader steps over it, because a byte after an FF is skipped only when it is 00.
- A peek has ten bits and `base` is one of the tables in `lut`; dc[] is written below plan[TOTAL].
- Every turn takes a bit or more, and after the last byte only as many zeros as a block needs.
"""

import micropython
from micropython import const

from agent.jpegdc_tables import step, symbol

# What a negative result means.
TRUNCATED = -1
DAMAGED = -2
SCANS = -3

# The plan, 16 bits each: an MCU's blocks up to the last of luma, of Cb, of Cr; its blocks across - 1
# and the log2 of those; blocks across the picture and in all; MCUs across; blocks from a row of MCUs
# to the next; MCUs; MCUs between restarts (0: no restarts); the largest DC; where Cr's tables begin
# in lut; then for each 1024 entries of lut where their codes are in specs.
PLAN = 19

_TRUNCATED = const(-1)
_DAMAGED = const(-2)
_SCANS = const(-3)
_LUMA = const(0)
_CB = const(1)
_CR = const(2)
_MASK = const(3)
_SHIFT = const(4)
_COLS = const(5)
_TOTAL = const(6)
_ACROSS = const(7)
_STRIDE = const(8)
_MCUS = const(9)
_RESTART = const(10)
_LIMIT = const(11)
_CR_BASE = const(12)
_SPECS = const(13)

_LOOK = const(10)
_SIZE = const(1024)
_END = const(256)
_REST = const(512)
_LONG = const(896)
_DC_ZERO = const(1536)


@micropython.viper
def last_eoi(src: ptr8, at: int, size: int) -> int:  # type: ignore[no-untyped-def]
    """Where the last FF D9 at or after `at` is, or -1."""
    i = size - 2
    while i >= at:
        if src[i] == 255 and src[i + 1] == 0xD9:
            return i
        i -= 1
    return -1


@micropython.viper
def same(a: ptr8, b: ptr8, size: int) -> int:  # type: ignore[no-untyped-def]
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
def scan(jpeg, at: int, lut, dc, plan, specs) -> int:  # type: ignore[no-untyped-def]
    """Walk all restart intervals. Where the EOI is, or what a negative result means."""
    src = ptr8(jpeg)
    shape = ptr16(plan)
    left = int(shape[_MCUS])
    count = int(shape[_RESTART])
    done = 0
    restart = 0xD0
    while True:
        if count == 0 or count > left:
            count = left
        at = int(interval(0, 0, 0, jpeg, at, lut, dc, plan, specs, done, count))
        if at < 0:
            return at
        while src[at + 1] == 255:
            at += 1
        marker = src[at + 1]
        done += count
        left -= count
        if left == 0:
            break
        if marker != restart:
            return _DAMAGED
        restart = 0xD0 + ((restart + 1) & 7)
        at += 2
    if marker == 0xD9:
        return at
    return _SCANS if marker == 0xDA or marker == 0xC4 else _DAMAGED


@micropython.viper
def interval(  # type: ignore[no-untyped-def]  # noqa: C901, PLR0913 - one loop, all of it hot
    n: int,
    bits: int,
    k: int,
    src: ptr8,
    at: int,
    lut: ptr16,
    dc: ptr16,
    plan: ptr16,
    specs,
    done: int,
    left: int,
) -> int:
    """Walk `left` MCUs after the first `done`. Where the marker behind them is, or what is wrong.

    The last n bits of `bits` are at hand; k coefficients of the block are known. They begin at 0, and
    stand first because an ESP32 keeps a function's first three variables in registers.
    """
    cols = int(plan[_COLS])
    mask = int(plan[_MASK])
    start = done // int(plan[_ACROSS])
    x = (done - start * int(plan[_ACROSS])) * (mask + 1)
    start *= int(plan[_STRIDE])
    base = 0
    block = 0
    level = 0
    zeros = 0  # how many of the n bits are made up, because the data has ended
    while True:
        while n < 16:
            entry = int(src[at])
            if entry != 255:
                at += 1
            elif src[at + 1] == 0:
                at += 2
            elif n < zeros:
                return _TRUNCATED
            else:
                entry = 0
                zeros += 8
            bits = (bits & 0xFFFF) << 8 | entry
            n += 8
        entry = int(lut[base + ((bits >> (n - _LOOK)) & (_SIZE - 1))])
        n -= entry & 31
        k += entry >> 5
        if k < 64:
            continue
        if base == 0:  # DC of luma
            if k == _LONG:
                code = int(symbol(specs, int(plan[_SPECS]), (bits >> (n - 16)) & 0xFFFF))
                size = code & 255
                if code == 0 or size > 11:
                    return _DAMAGED
                n -= code >> 8
                while n < 11:
                    entry = int(src[at])
                    if entry != 255:
                        at += 1
                    elif src[at + 1] == 0:
                        at += 2
                    elif n < zeros:
                        return _TRUNCATED
                    else:
                        entry = 0
                        zeros += 8
                    bits = (bits & 0xFFFF) << 8 | entry
                    n += 8
                n -= size
                k = (bits >> n) & ((1 << size) - 1)
                if size and k < 1 << (size - 1):
                    k -= (1 << size) - 1
                k += _DC_ZERO
            level += k - _DC_ZERO
            k = int(plan[_LIMIT])
            if level > k or level < 0 - k:
                return _DAMAGED
            k = x + (block & mask)
            if k < cols:
                k += start + (block >> int(plan[_SHIFT])) * cols
                if k < int(plan[_TOTAL]):
                    dc[k] = level
            k = 1
            base = _SIZE
            continue
        if k != 64 and (k <= _END or k >= _END + 64):
            if k < _REST or k >= _LONG:  # more than the block holds, or a long code
                n += entry & 31
                k -= entry >> 5
                size = base >> _LOOK
                entry = int(symbol(specs, int(plan[_SPECS + size]), (bits >> (n - 16)) & 0xFFFF))
                entry = int(step(entry, 1 - (size & 1)))
                if entry == 0:
                    return _DAMAGED
                n -= entry & 31
                k += entry >> 5
                if k < 64:
                    continue
            if k >= _REST:
                k -= _REST
                base += _SIZE
                continue
            if k != 64 and (k <= _END or k >= _END + 64):
                return _DAMAGED
        k = 0
        block += 1
        if block < int(plan[_LUMA]):
            base = 0
        elif block < int(plan[_CB]):
            base = 2 * _SIZE
        elif block < int(plan[_CR]):
            base = int(plan[_CR_BASE])
        else:
            block = 0
            base = 0
            x += mask + 1
            if x >= cols:
                x = 0
                start += int(plan[_STRIDE])
            left -= 1
            if left == 0:
                break
    n -= zeros
    if n < 0:
        return _TRUNCATED
    if n > 7 or src[at] != 255 or src[at + 1] == 0:
        return _DAMAGED
    return at


@micropython.viper
def greys(into: ptr8, dc: ptr16, count: int, q0: int):  # type: ignore[no-untyped-def]
    """libjpeg's pictures at 1/8: a block's mean, rounded and clipped."""
    i = 0
    while i < count:
        level = int(dc[i])
        if level > 32767:
            level -= 65536
        level = ((level * q0 + 4) >> 3) + 128
        if level < 0:
            level = 0
        elif level > 255:
            level = 255
        into[i] = level
        i += 1
