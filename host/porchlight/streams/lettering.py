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
_FOOT: Final = 10
_BETWEEN: Final = "  \xb7  "
_WIDE: Final = 960  # pixels
_PANEL_LETTER, _PANEL_STEP = 11, 16
_PANEL_WIDE: Final = (20, 32)  # letter and step, so that it is read on a large picture too
_PANEL_DARK, _PANEL_BRIGHT = 20, 230

Lines = tuple[str, ...]  # the label, and what there is to say of the camera


def caption(image: Image.Image, lines: Lines, foot: Lines = ()) -> None:
    """Write along the lower edge of a picture, upon a darkened plate; the foot smaller."""
    if image.height < _LOWEST or not any((*lines, *foot)):
        return
    plate, mask = _plate(lines, foot, image.width, _letter(image.height))
    image.paste(plate, (0, image.height - plate.height), mask)


def notice(image: Image.Image, lines: Lines) -> None:
    """Write into the middle of a tile that shows no picture."""
    if image.height < _LOWEST or not any(lines):
        return
    text = _written(_cuts(lines, image.width, _letter(image.height)), image.width, centred=True)
    image.paste(_DIM, (0, (image.height - text.height) // 2), text)


@functools.lru_cache(maxsize=256)  # some 20 KB each; to be copied, not changed
def panel(lines: Lines, width: int) -> Image.Image:
    """Words on a dark ground so wide (L), each part on the same line as the one before it if it
    fits there. As high as it must be, in whole blocks of a JPEG."""
    letter, step = (_PANEL_LETTER, _PANEL_STEP) if width < _WIDE else _PANEL_WIDE
    font = _font(letter)
    rows = packed(lines, font, width - 2 * _MARGIN)
    image = Image.new("L", (width, step * len(rows)), _PANEL_DARK)
    draw = ImageDraw.Draw(image)
    for index, row in enumerate(rows):
        middle = index * step + step // 2
        draw.text((_MARGIN, middle), row, fill=_PANEL_BRIGHT, font=font, anchor="lm")
    return image


def packed(lines: Lines, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The parts, joined where two or more fit into one line so wide (pixels)."""
    rows: list[str] = []
    for part in (_cut(line, font, width) for line in lines if line):
        longer = f"{rows[-1]}{_BETWEEN}{part}" if rows else ""
        if longer and font.getlength(longer) <= width:
            rows[-1] = longer
        else:
            rows.append(part)
    return rows


def _letter(height: int) -> int:
    """The size of letters on a tile so high, in pixels."""
    return max(10, min(20, height // 14))


@functools.lru_cache(maxsize=512)  # some 20 KB each
def _plate(lines: Lines, foot: Lines, width: int, letter: int) -> tuple[Image.Image, Image.Image]:
    """Words on a dark plate, and how much of it covers what is behind."""
    rows = packed(foot, _font(_FOOT), width - 2 * _MARGIN)
    small = [(row, _FOOT) for row in rows]
    text = _written([*_cuts(lines, width, letter), *small], width, centred=False)
    plate = Image.new("RGB", text.size, DARK)
    plate.paste(_BRIGHT, (0, 0), text)
    return plate, ImageChops.lighter(Image.new("L", text.size, _PLATE), text)


def _cuts(lines: Lines, width: int, letter: int) -> list[tuple[str, int]]:
    """What fits of each line, and how large its letters are."""
    font = _font(letter)
    return [(_cut(line, font, width - 2 * _MARGIN), letter) for line in lines if line]


def _written(rows: list[tuple[str, int]], width: int, *, centred: bool) -> Image.Image:
    """The words as a mask, as wide as the tile."""
    mask = Image.new("L", (width, sum(letter + 3 for _, letter in rows) + _MARGIN))
    draw, top = ImageDraw.Draw(mask), 0
    for row, letter in rows:
        font, step = _font(letter), letter + 3
        left = (width - font.getlength(row)) / 2 if centred else _MARGIN
        draw.text((left, top + step // 2 + 1), row, fill=255, font=font, anchor="lm")
        top += step
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
