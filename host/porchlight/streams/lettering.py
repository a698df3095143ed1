"""Lettering: words on tiles. What is drawn once is kept, for labels come back with every frame."""

import functools
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

DARK: Final = (18, 20, 24)
_BRIGHT: Final = (226, 230, 236)
_DIM: Final = (150, 156, 166)
_PLATE: Final = 158  # of 255: how much of the picture behind words is covered
_LOWEST: Final = 56  # pixels of a tile that has room for words
_MARGIN: Final = 4
_LONGEST: Final = 64  # letters of a line that are looked at

Lines = tuple[str, ...]  # the label, and what there is to say of the camera


def caption(image: Image.Image, lines: Lines) -> None:
    """Write along the lower edge of a picture, upon a darkened plate."""
    if image.height < _LOWEST or not any(lines):
        return
    plate, mask = _plate(lines, image.width, _letter(image.height))
    image.paste(plate, (0, image.height - plate.height), mask)


def notice(image: Image.Image, lines: Lines) -> None:
    """Write into the middle of a tile that shows no picture."""
    if image.height < _LOWEST or not any(lines):
        return
    text = _written(lines, image.width, _letter(image.height), centred=True)
    image.paste(_DIM, (0, (image.height - text.height) // 2), text)


def _letter(height: int) -> int:
    """The size of letters on a tile so high, in pixels."""
    return max(10, min(20, height // 14))


@functools.lru_cache(maxsize=512)  # some 20 KB each
def _plate(lines: Lines, width: int, letter: int) -> tuple[Image.Image, Image.Image]:
    """Words on a dark plate, and how much of it covers what is behind."""
    text = _written(lines, width, letter, centred=False)
    plate = Image.new("RGB", text.size, DARK)
    plate.paste(_BRIGHT, (0, 0), text)
    return plate, ImageChops.lighter(Image.new("L", text.size, _PLATE), text)


def _written(lines: Lines, width: int, letter: int, *, centred: bool) -> Image.Image:
    """The words as a mask, as wide as the tile."""
    font = _font(letter)
    shown = [_cut(line, font, width - 2 * _MARGIN) for line in lines if line]
    step = letter + 3
    mask = Image.new("L", (width, step * len(shown) + _MARGIN))
    draw = ImageDraw.Draw(mask)
    for index, line in enumerate(shown):
        left = (width - font.getlength(line)) / 2 if centred else _MARGIN
        draw.text((left, index * step + step // 2 + 1), line, fill=255, font=font, anchor="lm")
    return mask


def _cut(line: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """What fits, in the letters that the built-in font has."""
    clean = "".join(letter if letter.isprintable() else " " for letter in line[:_LONGEST])
    clean = clean.encode("latin-1", "replace").decode("latin-1")
    if len(line) <= _LONGEST and font.getlength(clean) <= width:
        return clean
    while clean and font.getlength(clean + "...") > width:
        clean = clean[:-1]
    return clean.rstrip() + "..."


@functools.lru_cache(maxsize=16)
def _font(letter: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(letter)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("this Pillow was built without FreeType")
    return font
