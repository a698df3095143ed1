"""Drawing with soft edges: everything is drawn SCALE times as large and then made smaller. All
coordinates are those of the finished picture."""

import random
from collections.abc import Sequence
from statistics import NormalDist

from PIL import Image, ImageDraw

SCALE = 2

Colour = tuple[int, int, int]
Point = tuple[float, float]

# What both a wall and a coat may be painted with.
ROOFS: Sequence[Colour] = ((96, 66, 58), (72, 76, 84), (120, 78, 60), (88, 92, 80))
CLOTHES: Sequence[Colour] = (
    (164, 52, 48), (44, 74, 128), (58, 104, 74), (212, 172, 60), (84, 64, 100), (60, 62, 66),
)  # fmt: skip


class Pen:
    """ImageDraw in the finished picture's coordinates."""

    def __init__(self, image: Image.Image) -> None:
        self._draw = ImageDraw.Draw(image)

    def box(self, x: float, y: float, w: float, h: float, fill: Colour) -> None:
        self._draw.rectangle([x * SCALE, y * SCALE, (x + w) * SCALE, (y + h) * SCALE], fill=fill)

    def oval(self, x: float, y: float, w: float, h: float, fill: Colour) -> None:
        self._draw.ellipse([x * SCALE, y * SCALE, (x + w) * SCALE, (y + h) * SCALE], fill=fill)

    def shape(self, points: Sequence[Point], fill: Colour) -> None:
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    def limb(self, points: Sequence[Point], width: float, fill: Colour) -> None:
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(scaled, fill=fill, width=round(width * SCALE), joint="curve")
        for x, y in points:
            self.oval(x - width / 2, y - width / 2, width, width, fill)


def shade(colour: Colour, factor: float) -> Colour:
    """The same colour, lighter (> 1) or darker."""
    r, g, b = (max(0, min(255, round(part * factor))) for part in colour)
    return r, g, b


def grain(dice: random.Random, size: tuple[int, int], sigma: float) -> Image.Image:
    """Gaussian noise around 128, in grey; the same `dice`, the same noise."""
    flat = Image.frombytes("L", size, dice.randbytes(size[0] * size[1]))
    bell = NormalDist(128, sigma)
    return flat.point([round(bell.inv_cdf((level + 0.5) / 256)) for level in range(256)])
