"""The picture that the motion model judges, through libjpeg: equal, bit for bit, to what a board
makes of the same baseline JPEG (firmware/agent/thumbnail.py).

libjpeg at 1/8 gives each 8x8 block its DC coefficient as a grey level and no more; Pillow's reduce
takes means of 2x2 as agent.greys.halve does. Takes a fraction of a millisecond for a VGA picture,
without the event loop: call it in a thread where pictures are large.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL.Image import Image
from PIL.JpegImagePlugin import JpegImageFile

MOST_BLOCKS: Final = 7_680
MOST_PIXELS: Final = 1 << 24  # four times UXGA and more; decides before anything is decoded
LEAST_SIDE: Final = 8  # below that, libjpeg has no 1/8


class NotAPicture(ValueError):
    """Not one whole JPEG of a camera. The message says why, in a few words."""


@dataclass(frozen=True)
class Thumbnail:
    """`pixels`: `cols` * `rows` grey levels in row order, at most MOST_BLOCKS."""

    cols: int
    rows: int
    pixels: bytes


class _Picture(JpegImageFile):
    def _read_dpi_from_exif(self) -> None:
        """Not asked for; and of a stranger's EXIF Pillow warns at length."""


def thumbnail(jpeg: bytes) -> Thumbnail:
    """The thumbnail of a JPEG; NotAPicture for anything else, damaged or too large."""
    try:
        with _Picture(BytesIO(jpeg)) as image:
            return _reduced(_eighth(image))
    except NotAPicture:
        raise
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow says of bytes it cannot read
        raise NotAPicture(f"no whole JPEG: {error}") from None


def _eighth(image: JpegImageFile) -> Image:
    """The luma at 1/8, from a header that was read; decodes."""
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise NotAPicture(f"{width}x{height} pixels are too many")
    if min(width, height) < LEAST_SIDE:
        raise NotAPicture(f"{width}x{height} pixels are too few")
    image.draft("L", (1, 1))  # as small as there is
    if image.mode != "L" or image.size != ((width + 7) // 8, (height + 7) // 8):
        raise NotAPicture("no scan with a luma of its own")
    image.load()
    return image


def _reduced(grey: Image) -> Thumbnail:
    while grey.width * grey.height > MOST_BLOCKS:
        grey = grey.reduce(2)
    return Thumbnail(grey.width, grey.height, grey.tobytes())
