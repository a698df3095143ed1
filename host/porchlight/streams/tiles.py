"""Tiles: one camera's picture as a wall takes it: scaled, lettered, encoded, cut into strips.

A tile is a JPEG with a restart marker after each row of blocks. At those the coder starts afresh,
so that a row is a string of bytes that can stand anywhere in another JPEG with the same tables, and
all tiles have the same. Slow enough (half a millisecond) to want a thread; see mosaic.py for the
other half.
"""

import functools
import io
import re
from dataclasses import dataclass
from typing import Final

from PIL import Image

from porchlight.streams.burn import BROKEN, opened
from porchlight.streams.layout import BLOCKS, Shape
from porchlight.streams.lettering import DARK, Lines, caption, notice

QUALITY: Final = 75
_HIGHEST: Final = 65_535
UNREADABLE: Final = "unreadable picture"
_SOS: Final = b"\xff\xda"
_RESTART: Final = re.compile(rb"\xff[\xd0-\xd7]")  # never within a strip: FF is stuffed there
_EOI_BYTES: Final = 2


@dataclass(frozen=True, eq=False)
class Tile:
    """The strips from top to bottom; of a tile that spans cells, those of a row from the left."""

    shape: Shape
    strips: tuple[bytes, ...]

    @property
    def size_bytes(self) -> int:
        """What it takes, about."""
        return sum(map(len, self.strips)) + 40 * len(self.strips)


def picture_tile(jpeg: bytes, shape: Shape, lines: Lines, foot: Lines = ()) -> Tile:
    """The picture, letterboxed, with the words below and the foot in small letters below those; a
    dark tile if it cannot be decoded."""
    image = decoded(jpeg, (shape.width, shape.height))
    if image is None:
        return dark_tile(shape, (*lines[:1], UNREADABLE))
    if image.size != (shape.width, shape.height):
        image = _letterboxed(image, shape)
    caption(image, lines, foot)
    return coded(image, shape)


def dark_tile(shape: Shape, lines: Lines) -> Tile:
    """A tile without a picture, which says why."""
    image = Image.new("RGB", (shape.width, shape.height), DARK)
    notice(image, lines)
    return coded(image, shape)


@functools.lru_cache(maxsize=64)
def blank_tile(shape: Shape) -> Tile:
    """A tile that shows and says nothing. Kept, to be at hand when one goes dark."""
    return dark_tile(shape, ())


def decoded(jpeg: bytes, within: tuple[int, int]) -> Image.Image | None:
    """The picture (RGB) as large as fits; None if it cannot be decoded, or only at great cost."""
    image = opened(jpeg)
    if image is None:
        return None
    try:
        width, height = image.size
        scale = min(within[0] / width, within[1] / height)
        wanted = (max(1, round(width * scale)), max(1, round(height * scale)))
        image.draft("RGB", wanted)
        if image.decoderconfig[:1] > (1,):
            image.decoderconfig = (image.decoderconfig[0], 1)  # no effort for what is scaled down
        image.load()
        return _fitted(image, wanted)
    except BROKEN:
        return None


def narrower(jpeg: bytes, width: int) -> bytes | None:
    """A JPEG of the same picture, so wide, with its comment; None if it cannot be decoded."""
    image = decoded(jpeg, (width, _HIGHEST))
    if image is None:
        return None
    comment = image.info.get("comment", b"")
    return encoded(image, "4:2:2", comment=comment if isinstance(comment, bytes) else b"")


def coded(image: Image.Image, shape: Shape) -> Tile:
    """The picture, which must be of this size, as a tile."""
    jpeg = encoded(image, shape.subsampling, shape.cell_blocks)
    strips = tuple(_RESTART.split(jpeg[len(header(shape.subsampling)) : -_EOI_BYTES]))
    if len(strips) != shape.strips:
        raise RuntimeError(f"{len(strips)} strips where {shape.strips} were due")
    return Tile(shape, strips)


def encoded(
    image: Image.Image, subsampling: str, restart_blocks: int = 0, comment: bytes = b""
) -> bytes:
    """A baseline JPEG with our tables and a restart marker after so many blocks; 0: none."""
    image.info.clear()  # Pillow would write some of it into the header
    out = io.BytesIO()
    image.save(
        out,
        "JPEG",
        quality=QUALITY,
        subsampling=subsampling,
        optimize=False,
        restart_marker_blocks=restart_blocks,
        comment=comment,
    )
    return out.getvalue()


@functools.cache
def header(subsampling: str) -> bytes:
    """Of each of our JPEGs up to the first strip; but for its size and its restart interval."""
    sample = encoded(Image.new("RGB", BLOCKS[subsampling]), subsampling, 1)
    at = sample.index(_SOS)
    return sample[: at + 2 + int.from_bytes(sample[at + 2 : at + 4], "big")]


def _fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture in colour and at this size. Copied only where it must be: that costs as much as
    half the decoding."""
    plain = image if image.mode == "RGB" else image.convert("RGB")
    return plain if plain.size == size else plain.resize(size, Image.Resampling.BILINEAR)


def _letterboxed(image: Image.Image, shape: Shape) -> Image.Image:
    whole = Image.new("RGB", (shape.width, shape.height), DARK)
    left, top = (shape.width - image.width) // 2, (shape.height - image.height) // 2
    whole.paste(image, (left, top))
    return whole
