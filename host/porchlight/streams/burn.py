"""Burn: masks and captions into a JPEG. What comes out has nothing of what was covered.

A masked picture is decoded, painted and encoded anew: no byte of the source is in it, no thumbnail
and no comment. A caption stands below the picture (see strip.py), which stays as it was, with its
comment. Pure; a mask takes some milliseconds, a caption some microseconds but for the first with
its words.
"""

import io
import re
import struct
from typing import Any, Final

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from porchlight.streams import strip
from porchlight.streams.bare import bare
from porchlight.streams.lettering import Lines
from porchlight.streams.mask import Mask, paint_source

MAX_PIXELS: Final = 2_048 * 1_536  # a header that claims more is not decoded
# What Pillow raises for broken files, those that ask for too much among them.
BROKEN: Final = (
    OSError, SyntaxError, ValueError, ArithmeticError, LookupError, TypeError, MemoryError,
    struct.error,
)  # fmt: skip
# Exif that has viewers turn the picture: where the resident drew a mask is anybody's guess then.
_TURNED: Final = re.compile(
    rb"\x12\x01\x03\x00\x01\x00\x00\x00[\x02-\xff]|\x01\x12\x00\x03\x00\x00\x00\x01\x00[\x02-\xff]"
)
_HEAD: Final = 1 << 16
_USUAL: Final = 2  # 4:2:0, where the source has something rarer
_QUALITY: Final = 85
_MODES: Final = ("L", "RGB")


def burn(jpeg: bytes, mask: Mask = (), lines: Lines = ()) -> bytes | None:
    """The picture with the mask covered and the lines below it; None if that cannot be done: then
    nothing may be shown. With neither it is the picture itself."""
    covered = masked(jpeg, mask) if mask else jpeg
    if covered is None or not any(lines):
        return covered
    return captioned(covered, lines)


def masked(jpeg: bytes, mask: Mask) -> bytes | None:
    """The picture, as large and as fine as it was, with the mask covered; None if it cannot be."""
    source = None if _TURNED.search(jpeg[:_HEAD]) else opened(jpeg)
    if source is None:
        return None
    try:
        image = _plain(source)
        paint_source(image, source, mask)
        return _encoded(image, source)
    except BROKEN:
        return None


def captioned(jpeg: bytes, lines: Lines) -> bytes | None:
    """The picture with lines below it; None if it cannot be."""
    picture = bare(jpeg)
    if picture is None:
        return None
    try:
        return strip.joined(picture, lines) or _redrawn(picture, lines)
    except BROKEN:
        return None


def opened(jpeg: bytes) -> JpegImageFile | None:
    """The picture, not decoded yet; None if it is none, or would take too much."""
    picture = bare(jpeg)
    if picture is None:
        return None
    try:
        # Not Image.open: its own limit is far higher, and it warns about what it lets through.
        image = JpegImageFile(io.BytesIO(picture))
    except BROKEN:
        return None
    width, height = image.size  # as the decoder will take it: a file may claim several
    return image if width * height <= MAX_PIXELS else None


def _redrawn(picture: bytes, lines: Lines) -> bytes | None:
    """For pictures that do not take a strip as they are: odd heights, tables of their own."""
    source = opened(picture)
    if source is None:
        return None
    image = _plain(source)
    below = strip.drawn(lines, image.width, image.mode)
    whole = Image.new(image.mode, (image.width, image.height + below.height))
    whole.paste(image, (0, 0))
    whole.paste(below, (0, image.height))
    return _encoded(whole, source, comment=source.info.get("comment", b""))


def _plain(source: JpegImageFile) -> Image.Image:
    """Decoded; grey, or in colours that can be painted in."""
    source.load()
    return source.copy() if source.mode in _MODES else source.convert("RGB")


def _encoded(image: Image.Image, source: JpegImageFile, **more: Any) -> bytes:
    """As the source was, by its own tables: what is the same again hardly changes."""
    image.info.clear()  # Pillow would write some of it into the header
    return strip.encoded(image, **coding(source), **more)


def coding(source: JpegImageFile) -> dict[str, Any]:
    """How a picture was encoded, as Pillow's save() wants it."""
    sampling = get_sampling(source)
    fine = {"subsampling": sampling if sampling in (0, 1, 2) else _USUAL}
    tables = [list(table) for _, table in sorted(source.quantization.items())][:2]
    if not tables or any(not 1 <= step <= 255 for table in tables for step in table):
        return {"quality": _QUALITY, **fine}
    return {"qtables": tables, **fine}
