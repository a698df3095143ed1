"""Where JPEGs begin and end, found by reading their markers.

Looking for FF D9 is not enough: a camera's JPEG may carry a thumbnail, which is a JPEG with an
end of its own inside a segment. No pixels are decoded here.
"""

import re
from collections.abc import Iterator
from mmap import mmap
from typing import NamedTuple

_SOI = b"\xff\xd8\xff"
# The end of the entropy-coded bytes: FF and then neither a stuffed 00, nor a restart, nor a fill.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_ALONE = frozenset([0x01, *range(0xD0, 0xD8)])  # markers without a length
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0..SOF15
_EOI, _SOS, _SOF0, _SOF1 = 0xD9, 0xDA, 0xC0, 0xC1

Bytes = bytes | mmap


class Shape(NamedTuple):
    """What the frame header says."""

    width: int
    height: int
    baseline: bool  # Huffman, sequential, 8 bits: what an ESP32's sensor makes


class Span(NamedTuple):
    """One JPEG inside a longer row of bytes."""

    offset: int
    size: int
    shape: Shape


def split(source: Bytes) -> Iterator[Span]:
    """Every whole JPEG in `source`, in order; whatever lies between them is skipped, and so is
    one that is cut short or has no frame header."""
    at = source.find(_SOI)
    while at >= 0:
        span = _read(source, at)
        if span is not None:
            yield span
        at = source.find(_SOI, at + (span.size if span else 2))


def shape(jpeg: bytes) -> Shape | None:
    """The shape of a JPEG that begins at byte 0; None where it is none, or not whole."""
    span = _read(jpeg, 0) if jpeg[:3] == _SOI else None
    return span.shape if span else None


def _read(source: Bytes, start: int) -> Span | None:
    at, found = start + 2, None
    while at + 2 <= len(source):
        if source[at] != 0xFF:
            return None
        marker = source[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker == _EOI:
            return Span(start, at + 2 - start, found) if found else None
        else:
            length = int.from_bytes(source[at + 2 : at + 4], "big")
            if length < 2:
                return None
            if marker in _FRAMES:
                found = _shape(marker, source[at + 4 : at + 2 + length])
            at = _after(source, marker, at + 2 + length)
    return None


def _after(source: Bytes, marker: int, end: int) -> int:
    """Where the next marker is: right behind a segment, but after a scan's coded bytes."""
    if marker != _SOS:
        return end
    found = _MARKER.search(source, end)
    return found.start() if found else len(source)


def _shape(marker: int, header: bytes) -> Shape:
    baseline = marker in (_SOF0, _SOF1) and header[:1] == b"\x08"
    return Shape(int.from_bytes(header[3:5], "big"), int.from_bytes(header[1:3], "big"), baseline)
