"""Bare: a JPEG without all that is not picture, put together anew before a library meets it.

Exif, colour profiles and maker notes are file formats of their own; Pillow would look into them,
and whoever sends a frame decides what it finds there. Pure; some microseconds.
"""

import re
from typing import Final

_SOI: Final = b"\xff\xd8"
_EOI: Final = 0xD9
_SOS: Final = 0xDA
_LENGTHLESS: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, RSTn, SOI
# Tables, start-of-frame, restart interval; JFIF and Adobe, which say what the colours mean; COM.
_KEPT: Final = frozenset({*range(0xC0, 0xD0), 0xDB, 0xDD, 0xE0, 0xEE, 0xFE})
_MARKER: Final = re.compile(rb"\xff+([^\x00\xff])")  # bytes between segments are passed over
_MOST: Final = 64


def bare(jpeg: bytes) -> bytes | None:
    """The same picture, of well-formed segments only; None if it has no scan to be found."""
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
            return b"".join((*kept, jpeg[begin:]))
        if marker in _KEPT:
            kept.append(jpeg[begin:at])
    return None
