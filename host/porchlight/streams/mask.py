"""Mask: what a resident keeps out of every picture, painted over before anything else is done.

A decoder spreads a pixel: over its block, and with thinned-out colours over two pixels beyond. So
a rectangle grows to whole blocks of the source, and by those two; outside is nothing of it then.
"""

import math
from typing import Final

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

Mask = tuple[tuple[int, ...], ...]  # rectangles (x, y, width, height), per mille of the picture

# Neither black nor white, so that a viewer sees that it is a mask.
_PAINT: Final[dict[str, int | tuple[int, int, int]]] = {"L": 20, "RGB": (20, 20, 20)}
_BLOCK: Final = 8
_BEYOND: Final = 2  # pixels that interpolated colours reach beyond their block
_SMOOTHED: Final = 2  # blocks, of a progressive picture that is not whole
_WHOLE: Final = 1_000


def paint(image: Image.Image, mask: Mask, blocks: tuple[int, int], beyond: int = _BEYOND) -> None:
    """Cover the mask in a picture (L or RGB) of which a decoder's blocks are so large (pixels)."""
    for x, y, width, height in mask:
        left, right = _span(x, width, image.width, blocks[0], beyond)
        top, bottom = _span(y, height, image.height, blocks[1], beyond)
        image.paste(_PAINT[image.mode], (left, top, right, bottom))


def paint_source(image: Image.Image, source: JpegImageFile, mask: Mask) -> None:
    """Cover the mask in what was decoded, at full size, from this source."""
    across, down = (_BLOCK * max(layer[at] for layer in source.layer) for at in (1, 2))
    smoothed = _SMOOTHED * max(across, down) if "progressive" in source.info else 0
    paint(image, mask, (across, down), _BEYOND + smoothed)


def _span(begin: int, length: int, whole: int, block: int, beyond: int) -> tuple[int, int]:
    """From which pixel to which, of so many, a stretch (per mille) is covered."""
    first = begin * whole // _WHOLE // block * block - beyond
    last = math.ceil(math.ceil((begin + length) * whole / _WHOLE) / block) * block + beyond
    return max(0, first), min(whole, last)
