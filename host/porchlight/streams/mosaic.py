"""Mosaic: several cameras' pictures in one JPEG. Pillow only; slow enough to want a thread.

A tile is decoded at the nearest power-of-two size (draft), so that a wall of sixteen costs
milliseconds, and kept until its camera brings another picture.
"""

import io
import math
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from PIL.JpegImagePlugin import JpegImageFile

MAX_TILES: Final = 64
MAX_WIDTH: Final = 1_280
LARGEST_TILE: Final = 640
MAX_PIXELS: Final = 2_048 * 1_536  # a header that claims more is not decoded
QUALITY: Final = 80
_DARK: Final = (18, 20, 24)
_TEXT: Final = (150, 156, 166)
# What Pillow raises for broken files, those that ask for too much among them.
_BROKEN: Final = (OSError, SyntaxError, ValueError, ZeroDivisionError, MemoryError)
_FONT: Final = ImageFont.load_default()


@dataclass(frozen=True)
class Grid:
    """Where tiles go: `columns` by `rows`, each `width` by `height` pixels."""

    columns: int
    rows: int
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """Of the whole picture."""
        return self.columns * self.width, self.rows * self.height

    def place(self, index: int) -> tuple[int, int]:
        """The upper left corner of a tile."""
        row, column = divmod(index, self.columns)
        return column * self.width, row * self.height


def grid_for(count: int) -> Grid:
    """The squarest grid for 1..64 tiles; ValueError for other counts."""
    if not 1 <= count <= MAX_TILES:
        raise ValueError(f"a wall has 1 to {MAX_TILES} cameras")
    columns = math.isqrt(count - 1) + 1
    width = min(LARGEST_TILE, MAX_WIDTH // columns) // 16 * 16  # whole JPEG blocks
    return Grid(columns, -(-count // columns), width, width * 3 // 4)


class Mosaic:
    """A picture made of tiles. Not for two threads at once."""

    def __init__(self, count: int) -> None:
        self.grid = grid_for(count)
        self._canvas = Image.new("RGB", self.grid.size, _DARK)

    def show(self, index: int, jpeg: bytes) -> bool:
        """Put a picture on a tile, letterboxed; False, and a dark tile, if it cannot be decoded."""
        tile = _decode(jpeg, self.grid)
        if tile is None:
            self.darken(index, "unreadable picture")
            return False
        self._clear(index)
        left, top = self.grid.place(index)
        left += (self.grid.width - tile.width) // 2
        top += (self.grid.height - tile.height) // 2
        self._canvas.paste(tile, (left, top))
        return True

    def darken(self, index: int, text: str) -> None:
        """Take the picture off a tile and say why."""
        self._clear(index)
        left, top = self.grid.place(index)
        centre = (left + self.grid.width / 2, top + self.grid.height / 2)
        shown = text.encode("latin-1", "replace").decode("latin-1")  # all the built-in font has
        draw = ImageDraw.Draw(self._canvas)
        draw.text(centre, shown, fill=_TEXT, font=_FONT, anchor="mm", align="center")

    def encode(self) -> bytes:
        """The whole as a JPEG."""
        out = io.BytesIO()
        self._canvas.save(out, "JPEG", quality=QUALITY)
        return out.getvalue()

    def _clear(self, index: int) -> None:
        left, top = self.grid.place(index)
        self._canvas.paste(_DARK, (left, top, left + self.grid.width, top + self.grid.height))


def _decode(jpeg: bytes, grid: Grid) -> Image.Image | None:
    try:
        # Not Image.open: its own limit is far higher, and it warns about what it lets through.
        image = JpegImageFile(io.BytesIO(jpeg))
        width, height = image.size  # as the decoder will take it: a file may claim several
        if width * height > MAX_PIXELS:
            return None
        scale = min(grid.width / width, grid.height / height)
        wanted = (max(1, round(width * scale)), max(1, round(height * scale)))
        image.draft("RGB", wanted)
        return image.convert("RGB").resize(wanted, Image.Resampling.BILINEAR)
    except _BROKEN:
        return None
