"""Strip: words below a picture, without decoding it or encoding it again.

    SOI .. SOF0 (height patched) .. DRI (as many blocks as the picture has) .. SOS
    the picture's scan as it came  RST0  the strip's scan  EOI

At a restart marker the coder starts afresh, so a strip that was encoded with the very same tables
can stand behind it. What depends on the words and on the picture's head alone is kept: a camera's
head stays the same from frame to frame, and the words for a second.
"""

import io
import re
import threading
from typing import Any, Final, NamedTuple, Self

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from porchlight.streams import bare
from porchlight.streams.lettering import Lines, panel

KEPT: Final = 512  # joints, some 6 KB each
_SOI, _SOS, _DRI = b"\xff\xd8", b"\xff\xda", b"\xff\xdd"
_EOI, _RST0 = b"\xff\xd9", b"\xff\xd0"
_JFIF, _ADOBE, _COMMENT, _DHT, _DQT, _SOF0 = 0xE0, 0xEE, 0xFE, 0xC4, 0xDB, 0xC0
_PLAIN_JFIF: Final = 18  # bytes, marker and all, of one without a thumbnail
_HIGHEST = _MOST_BLOCKS = 0xFFFF
_END: Final = re.compile(rb"\xff[^\x00]")  # of a scan


def joined(picture: bytes, lines: Lines) -> bytes | None:
    """The picture (of bare()) with the lines below; None if it does not take a strip like that."""
    at = _scan(picture)
    end = _END.search(picture, at)
    if end is None or end[0] != _EOI:
        return None
    head, comments = _parted(picture[:at])
    joint = _joint(head, lines)
    if joint is None:
        return None
    return b"".join((_SOI, *comments, joint.head, picture[at : end.start()], joint.tail))


def at_once(jpeg: bytes, lines: Lines) -> bytes | None:
    """As joined(), of a picture as it came, if these lines were below one with such a head before;
    None otherwise. No work for a thread: one look at the picture, and one copy."""
    parts = bare.parts(jpeg)
    end = None if parts is None else _END.search(jpeg, parts.scan)
    if parts is None or end is None or end[0] != _EOI:
        return None
    comments = [one for one in parts.head if one[1] == _COMMENT]
    head = parts.head if not comments else [one for one in parts.head if one[1] != _COMMENT]
    joint = _joints.get((b"".join(head), lines))
    if joint is None:
        return None
    return b"".join((_SOI, *comments, joint.head, jpeg[parts.scan : end.start()], joint.tail))


def drawn(lines: Lines, width: int, mode: str) -> Image.Image:
    """The lines as a picture (L or RGB) so wide, and as high as whole blocks."""
    return panel(lines, width).convert(mode)


def encoded(image: Image.Image, **coding: Any) -> bytes:
    """A baseline JPEG with the usual Huffman tables."""
    out = io.BytesIO()
    image.save(out, "JPEG", optimize=False, **coding)
    return out.getvalue()


def _parted(head: bytes) -> tuple[bytes, list[bytes]]:
    """The head without comments, which may differ from frame to frame; and those."""
    if b"\xff\xfe" not in head:
        return head, []
    segments = _segments(head)
    comments = [_segment(*one) for one in segments if one[0] == _COMMENT]
    kept = [_segment(*one) for one in segments if one[0] != _COMMENT]
    return b"".join((_SOI, *kept)), comments


class _Joint(NamedTuple):
    """What goes before a picture's scan, but for SOI and comments, and what after."""

    head: bytes
    tail: bytes


class _Head(NamedTuple):
    """What says how a scan is coded. Tables by their kind and number."""

    size: tuple[int, int]
    components: tuple[tuple[int, int, int], ...]  # across, down, table
    tables: dict[tuple[int, int], bytes]
    scan: bytes
    markers: tuple[int, ...]

    @classmethod
    def read(cls, head: bytes) -> Self | None:
        """Of what goes before a scan; None unless it is a baseline picture in one scan."""
        segments = _segments(head)
        frames = [body for marker, body in segments if marker == _SOF0]
        if len(frames) != 1 or frames[0][0] != 8:
            return None
        tables: dict[tuple[int, int], bytes] = {}
        for marker, body in segments:
            if marker in (_DQT, _DHT):
                tables |= _tables(marker, body)
        sof, scan = frames[0], segments[-1][1]
        size = int.from_bytes(sof[3:5], "big"), int.from_bytes(sof[1:3], "big")
        parts = [sof[at : at + 3] for at in range(6, len(sof), 3)]
        components = tuple((part[1] >> 4, part[1] & 15, part[2]) for part in parts)
        ids = bytes(part[0] for part in parts)
        if scan[1:-3:2] != ids or len(ids) != sof[5] or scan[-3:] != b"\0\x3f\0":
            return None
        return cls(size, components, tables, scan, tuple(marker for marker, _ in segments))

    def coded(self) -> list[Any]:
        """What two scans must have in common to follow each other."""
        coders = self.scan[2:-3:2]
        return [
            (across, down, self.tables.get((_DQT, table)), *self._coders(coder))
            for (across, down, table), coder in zip(self.components, coders, strict=True)
        ]

    def _coders(self, coder: int) -> tuple[bytes | None, ...]:
        of_dc, of_ac = coder >> 4, 0x10 | coder & 15
        return self.tables.get((_DHT, of_dc)), self.tables.get((_DHT, of_ac))

    @property
    def block(self) -> tuple[int, int]:
        """Pixels of what a coder takes at a time."""
        if len(self.components) == 1:
            return 8, 8
        return (
            8 * max(across for across, _, _ in self.components),
            8 * max(down for _, down, _ in self.components),
        )

    @property
    def blocks(self) -> int:
        """How many of those the scan has."""
        (width, height), (across, down) = self.size, self.block
        return -(-width // across) * -(-height // down)


_joints: Final[dict[tuple[bytes, Lines], _Joint | None]] = {}  # oldest first; read without lock
_making: Final = threading.Lock()


def _joint(head: bytes, lines: Lines) -> _Joint | None:
    """Kept; None if a picture with such a head takes no strip."""
    key = head, lines
    with _making:  # threads that want the same make it once
        if key not in _joints:
            made = _made(head, lines)
            while len(_joints) >= KEPT:
                del _joints[next(iter(_joints))]
            _joints[key] = made
        return _joints[key]


def _made(head: bytes, lines: Lines) -> _Joint | None:
    said = _Head.read(head)
    if said is None or _ADOBE in said.markers or 0xDD in said.markers:
        return None
    if said.size[1] % said.block[1] or not 0 < said.blocks <= _MOST_BLOCKS:
        return None
    source = JpegImageFile(io.BytesIO(head))
    strip = _strip(source, lines)
    at = _scan(strip)
    below = _Head.read(strip[:at])
    if below is None or below.coded() != said.coded() or below.blocks > said.blocks:
        return None
    height = said.size[1] + below.size[1]
    if height > _HIGHEST:
        return None
    return _Joint(_patched(head, height, said.blocks), b"".join((_RST0, strip[at:])))


def _strip(source: JpegImageFile, lines: Lines) -> bytes:
    """The lines as a JPEG, coded as the source is."""
    tables = [list(table) for _, table in sorted(source.quantization.items())]
    mode = "L" if source.mode == "L" else "RGB"
    image = drawn(lines, source.width, mode)
    return encoded(image, qtables=tables, subsampling=max(0, get_sampling(source)))


def _patched(head: bytes, height: int, blocks: int) -> bytes:
    """The head of the whole behind SOI: no thumbnail, but a restart after so many blocks.

    SOF0: FF C0 | length u16 | precision u8 | height u16 ...
    DRI:  FF DD | length u16 | interval u16
    """
    pieces, segments = [], _segments(head)
    for marker, body in segments[:-1]:
        if marker == _JFIF and len(body) != _PLAIN_JFIF - 4:
            continue
        if marker == _SOF0:
            body = body[:1] + height.to_bytes(2, "big") + body[3:]
        pieces.append(_segment(marker, body))
    pieces.append(_segment(_DRI[1], blocks.to_bytes(2, "big")))
    pieces.append(_segment(*segments[-1]))
    return b"".join(pieces)


def _segment(marker: int, body: bytes) -> bytes:
    return b"\xff%c%b%b" % (marker, (len(body) + 2).to_bytes(2, "big"), body)


def _segments(head: bytes) -> list[tuple[int, bytes]]:
    """Marker and body of each segment of a head as bare() leaves it; SOS is the last."""
    found, at = [], len(_SOI)
    while at < len(head):
        length = int.from_bytes(head[at + 2 : at + 4], "big")
        found.append((head[at + 1], head[at + 4 : at + 2 + length]))
        at += 2 + length
    return found


def _scan(jpeg: bytes) -> int:
    """Where the scan of a JPEG as bare() leaves it begins, behind SOS."""
    at = len(_SOI)
    while jpeg[at : at + 2] != _SOS:
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")


def _tables(marker: int, body: bytes) -> dict[tuple[int, int], bytes]:
    """DQT: (precision u4 | number u4 | 64 steps) ..; DHT: (kind u4 | number u4 | 16 counts |
    symbols) .., by marker and number."""
    found, at = {}, 0
    while at < len(body):
        number = body[at]
        of_symbols = 16 + sum(body[at + 1 : at + 17])
        size = 64 << (number >> 4) if marker == _DQT else of_symbols
        found[marker, number] = body[at + 1 : at + 1 + size]
        at += 1 + size
    return found
