"""The scan of a baseline JPEG, walked for the DC of its luma. Viper; T.81 annex F.

No pointer is checked on the way; that none leaves its buffer rests on this:
- Reading stops at an FF that no 00 follows, and the caller has found an FF D9 at or after `at`.
  Nobody steps over that: what stands behind an FF is skipped only when it is 00.
- lut is read at one of its tables plus ten bits, specs where Header has checked the counts, and dc
  is written below plan[TOTAL].
- Each turn takes a bit or more. After the last byte come zeros, and once one of them has been taken
  no more: it ends.
"""

import micropython
from micropython import const

from agent.jpegdc_tables import step, symbol

# What a negative result means.
DAMAGED = const(-1)
SCANS = const(-2)  # another scan follows

# The plan, 16 bits each.
BLOCKS = const(0)  # in an MCU
ACROSS = const(1)  # luma blocks across an MCU, and their logarithm
ACROSS_LOG = const(2)
COLS = const(3)  # luma blocks across the picture, and in all
TOTAL = const(4)
MCU_COLS = const(5)
MCU_STRIDE = const(6)  # luma blocks from a row of MCUs to the next
MCUS = const(7)
RESTART = const(8)  # MCUs between two restart markers; 0: there are none
SPECS = const(9)  # of each table in lut (at most six): where its codes are in specs
BASES = const(15)  # of each block in an MCU (at most ten): where in lut its first table is
PLAN = const(25)

# As in jpegdc_tables.
_LOOK = const(10)
_SIZE = const(1024)
_END = const(256)
_REST = const(512)
_LONG = const(896)
_DC_ZERO = const(1536)


@micropython.viper
def scan(  # type: ignore[no-untyped-def]
    jpeg, at: int, lut, dc, plan, specs
) -> int:
    """Walk all restart intervals from `at` on. Where the EOI is, or what is wrong."""
    src = ptr8(jpeg)
    shape = ptr16(plan)
    left = int(shape[MCUS])
    count = int(shape[RESTART])
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
        marker = int(src[at + 1])
        done += count
        left -= count
        if left == 0:
            break
        if marker != restart:
            return DAMAGED
        restart = 0xD0 + ((restart + 1) & 7)
        at += 2
    if marker == 0xD9:
        return at
    return SCANS if marker == 0xDA or marker == 0xC4 else DAMAGED


@micropython.viper
def interval(  # type: ignore[no-untyped-def]  # noqa: C901, PLR0913 - one loop, and all of it hot
    n: int,
    bits: int,
    k: int,
    jpeg,
    at: int,
    lut: ptr16,
    dc: ptr16,
    plan: ptr16,
    specs,
    done: int,
    left: int,
) -> int:
    """Walk `left` MCUs after the first `done`. Where the marker behind them is, or what is wrong.

    The last n of `bits` are at hand, n < 0 when some have yet to be dropped; the block has k
    coefficients. They begin at 0, and come first because an ESP32 keeps a function's first three
    variables in registers.
    """
    src = ptr8(jpeg)
    cols = int(plan[COLS])
    total = int(plan[TOTAL])
    across = int(plan[ACROSS])
    blocks = int(plan[BLOCKS])
    start = done // int(plan[MCU_COLS])  # the place in dc of this row of MCUs
    x = (done - start * int(plan[MCU_COLS])) * across
    start *= int(plan[MCU_STRIDE])
    base = 0
    block = 0
    level = 0
    zeros = 0  # how many of the n bits are made up, because the data has ended
    while True:
        while n < 16:
            entry = int(src[at])
            if entry != 255 and src[at + 1] != 255:
                bits = (bits & 0x7FFF) << 16 | entry << 8 | src[at + 1]
                n += 16
                at += 2
                continue
            if entry != 255:
                at += 1
            elif src[at + 1] == 0:
                at += 2
            elif n < zeros:
                return DAMAGED
            else:
                entry = 0
                zeros += 8
            bits = (bits & 0x7FFF) << 8 | entry
            n += 8
        entry = int(lut[base + ((bits >> (n - _LOOK)) & (_SIZE - 1))])
        n -= entry & 31
        k += entry >> 5
        if k < 64:
            continue
        if k >> 6 != _END >> 6:
            if base == 0:  # a DC of luma
                if k == _LONG:
                    entry = int(symbol(specs, int(plan[SPECS]), (bits >> (n - 16)) & 0xFFFF))
                    if entry == 0 or entry & 255 > 11:
                        return DAMAGED
                    n -= entry >> 8
                    entry &= 255
                    # n is 30 at most, for the code took some: more would be handed in the heap.
                    k = _DC_ZERO + int(difference(jpeg, at, bits & 0x3FFFFFFF, n, entry))
                    n -= entry
                level += k - _DC_ZERO
                if (level + 2048) >> 12:
                    return DAMAGED
                k = x + (block & (across - 1))
                if k < cols:
                    k += start + (block >> int(plan[ACROSS_LOG])) * cols
                    if k < total:
                        dc[k] = level
                k = 1
                base = _SIZE
                continue
            if k != 64:
                if k < _REST or k >= _LONG:  # more than the block holds, or no entry
                    n += entry & 31
                    k -= entry >> 5
                    table = base >> _LOOK
                    entry = int(
                        symbol(specs, int(plan[SPECS + table]), (bits >> (n - 16)) & 0xFFFF)
                    )
                    entry = int(step(entry, 1 - (table & 1)))
                    if entry == 0:
                        return DAMAGED
                    n -= entry & 31
                    k += entry >> 5
                    if k < 64:
                        continue
                if k >= _REST:
                    k -= _REST
                    base += _SIZE
                    continue
                if k != 64 and k >> 6 != _END >> 6:
                    return DAMAGED
        k = 0
        block += 1
        if block == blocks:
            block = 0
            x += across
            if x >= cols:
                x = 0
                start += int(plan[MCU_STRIDE])
            left -= 1
            if left == 0:
                break
        base = int(plan[BASES + block])
    n -= zeros
    if n < 0 or n > 7 or src[at] != 255 or src[at + 1] == 0:
        return DAMAGED
    return at


@micropython.viper
def difference(src: ptr8, at: int, bits: int, n: int, size: int) -> int:
    """A DC difference of `size` bits: the first n are the last of `bits`, the rest is at `at`."""
    while n < size:
        byte = int(src[at])
        if byte != 255:
            at += 1
        elif src[at + 1] == 0:
            at += 2
        else:
            byte = 0  # the data has ended: interval() will see that
        bits = (bits & 0x7FFF) << 8 | byte
        n += 8
    value = (bits >> (n - size)) & ((1 << size) - 1)
    if size and value < 1 << (size - 1):
        value -= (1 << size) - 1
    return value
