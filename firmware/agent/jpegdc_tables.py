"""Huffman codes of a JPEG as tables that take ten bits at once. Viper; T.81 annex C and F.

`specs` holds DHT contents, SPEC bytes each: 16 counts, then the symbols. An entry of a table is

    field << 5 | bits     `bits` to take, 0..21

    first table of luma   field = DC_ZERO + the DC difference
    tables of AC          field = coefficients to pass; + END when the block ends with it
    first of chroma       the same, but the DC is one of the coefficients, and + REST when the
                          block goes on (with the AC table, which follows in memory)
    any                   LONG: no code within ten bits; symbol() and step() tell

A table of AC holds as many whole symbols as ten bits show. The value bits of the last may lie
beyond, because nobody looks at them.
"""

import micropython
from micropython import const

SPEC = 272
LOOK = 10  # bits looked up at once
SIZE = 1 << 10

_LOOK = const(10)
_END = const(256)
_REST = const(512)
_LONG = const(896)
_DC_ZERO = const(1536)


@micropython.viper
def symbol(spec: ptr8, at: int, peek: int) -> int:
    """The code at the top of 16 bits: its length << 8 | its symbol; 0 when there is none."""
    first = 0
    length = 1
    symbols = at + 16
    while length <= 16:
        index = (peek >> (16 - length)) - first
        count = spec[at]
        if index < count:
            return length << 8 | spec[symbols + index]
        symbols += count
        first = (first + count) << 1
        length += 1
        at += 1
    return 0


@micropython.viper
def step(code: int, dc: int) -> int:
    """An entry for one symbol() that is passed over; 0 for one that baseline does not have."""
    size = code & 15
    bits = (code >> 8) + size
    if dc:
        return 0 if code & 255 > 11 or not code else (_REST + 1) << 5 | bits
    if size > 10 or not code:
        return 0
    if size or code & 255 == 0xF0:
        return (((code >> 4) & 15) + 1) << 5 | bits
    return _END << 5 | bits if code & 255 == 0 else 0


@micropython.viper
def fill_dc(lut: ptr16, base: int, specs, at: int):  # type: ignore[no-untyped-def]
    """The first table of luma: code and difference, where ten bits show both."""
    index = 0
    while index < 1 << _LOOK:
        code = int(symbol(specs, at, index << (16 - _LOOK)))
        size = code & 255
        bits = (code >> 8) + size
        entry = _LONG << 5
        if code and size <= 11 and bits <= _LOOK:
            value = (index >> (_LOOK - bits)) & ((1 << size) - 1)
            if size and value < 1 << (size - 1):
                value -= (1 << size) - 1
            entry = (_DC_ZERO + value) << 5 | bits
        lut[base + index] = entry
        index += 1


@micropython.viper
def fill_steps(lut: ptr16, base: int, specs, dc: int, ac: int):  # type: ignore[no-untyped-def]
    """A table of AC; with a DC symbol before them when `dc` is not below 0."""
    index = 0
    while index < 1 << _LOOK:
        used = 0
        passed = 0
        table = dc
        if dc < 0:
            table = ac
        while used < _LOOK:
            code = int(symbol(specs, table, (index << (16 - _LOOK + used)) & 0xFFFF))
            entry = int(step(code, int(table == dc)))
            if entry == 0 or used + (code >> 8) > _LOOK:
                break
            if (passed + (entry >> 5)) & 255 > 63:
                break  # of no use to any block
            used += entry & 31
            passed += entry >> 5
            table = ac
            if passed & _END:
                passed = passed & ~_REST
                break
        if used == 0:
            passed = _LONG
        lut[base + index] = passed << 5 | used
        index += 1
