"""Bare: a JPEG without all that is not picture, put together anew before a library meets it.

Exif, colour profiles and maker notes are file formats of their own; Pillow would look into them,
and whoever sends a frame decides what it finds there. Pure; some microseconds.
"""

import re
from typing import Final, NamedTuple

MAX_SCANS: Final = 12  # encoders make ten
_SOI: Final = b"\xff\xd8"
_SCAN: Final = b"\xff\xda"
_EOI: Final = 0xD9
_SOS: Final = 0xDA
_DHT: Final = 0xC4
_SEQUENTIAL: Final = (0xC0, 0xC1)
_LENGTHLESS: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, RSTn, SOI
# Tables, start-of-frame, restart interval; JFIF and Adobe, which say what the colours mean; COM.
_KEPT: Final = frozenset({*range(0xC0, 0xD0), 0xDB, 0xDD, 0xE0, 0xEE, 0xFE})
_MARKER: Final = re.compile(rb"\xff+([^\x00\xff])")  # bytes between segments are passed over
_MOST: Final = 64


def bare(jpeg: bytes) -> bytes | None:
    """The same picture, of well-formed segments only; None if it has no scan, or too many."""
    found = parts(jpeg)
    if found is None:
        return None
    *kept, scan = found.head
    picture = b"".join((*kept, jpeg[found.begin :]))
    return picture if _once(kept, scan) or _few_scans(picture) else None


class Parts(NamedTuple):
    """`head`: SOI and the segments that are kept, SOS the last. `begin`: where that begins in the
    picture; `scan`: where it ends."""

    head: list[bytes]
    begin: int
    scan: int


def parts(jpeg: bytes) -> Parts | None:
    """What a picture begins with; None if it has no scan."""
    if not jpeg.startswith(_SOI):
        return None
    kept, at = [_SOI], len(_SOI)
    for _ in range(_MOST):
        found = _MARKER.search(jpeg, at)
        if found is None or found[1][0] == _EOI:
            return None
        marker, begin, at = found[1][0], found.start(1) - 1, found.end()
        if marker in _LENGTHLESS:
            continue
        at += int.from_bytes(jpeg[at : at + 2], "big")
        if at < begin + 4 or at >= len(jpeg):
            return None
        if marker == _SOS:
            kept.append(jpeg[begin:at])
            return Parts(kept, begin, at)
        if marker in _KEPT:
            kept.append(jpeg[begin:at])
    return None


def _once(kept: list[bytes], scan: bytes) -> bool:
    """Whether a decoder stops after this scan: a sequential one of all components.

    SOF: FF Cx | length u16 | precision u8 | height u16 | width u16 | components u8 ...
    SOS: FF DA | length u16 | components u8 ...
    """
    frames = [segment for segment in kept if segment[1] & 0xF0 == 0xC0 and segment[1] != _DHT]
    return len(frames) == 1 and frames[0][1] in _SEQUENTIAL and frames[0][9:10] == scan[4:5]


def _few_scans(jpeg: bytes) -> bool:
    """Each may cost as much as a whole picture, and take ten bytes."""
    return jpeg.count(_SCAN) <= MAX_SCANS
