"""Who passes in the generated street: pictures of people in step, and of cars."""

import random
from collections.abc import Sequence
from functools import lru_cache
from math import cos, pi, sin
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFilter

from porchkit.pen import CLOTHES, ROOFS, SCALE, Colour, Pen, Point, shade

PHASES = 12  # pictures of one step
SKINS: Sequence[Colour] = ((226, 184, 154), (186, 134, 100), (120, 82, 58))
PAINTS: Sequence[Colour] = ((168, 40, 40), (52, 78, 122), (196, 198, 200), (62, 66, 70))


class Sprite(NamedTuple):
    """A picture, where it is opaque, and the point in it that stands on the ground."""

    image: Image.Image
    mask: Image.Image
    foot: tuple[int, int]


@lru_cache(maxsize=512)
def walker(seed: int, phase: int, height: int, left: bool) -> Sprite:
    """One of PHASES pictures of a person's step, `height` pixels tall."""
    dice = random.Random(seed)  # noqa: S311 - how a drawing looks is no secret
    coat, legs = dice.choice(CLOTHES), shade(dice.choice(CLOTHES), 0.6)
    skin, hair = dice.choice(SKINS), shade(dice.choice(ROOFS), 0.7)
    unit = height / 100
    image, pen = _canvas(70 * unit, 106 * unit)
    mid, swing = 35 * unit, sin(phase / PHASES * 2 * pi)

    def at(x: float, y: float) -> Point:
        return mid + x * unit, y * unit

    for side, tone in ((-1, 0.75), (1, 1.0)):
        knee, foot = 9 * swing * side, 19 * swing * side
        lift = max(0.0, -cos(phase / PHASES * 2 * pi) * side) * 6
        steps = [at(0, 56), at(knee + 3, 76), at(foot, 97 - lift), at(foot + 5, 98 - lift)]
        pen.limb(steps, 8 * unit, shade(legs, tone))
        hand = -16 * swing * side
        pen.limb([at(0, 28), at(hand / 2, 42), at(hand, 54)], 6 * unit, shade(coat, tone * 0.9))
        if side < 0:
            pen.limb([at(0, 28), at(0, 54)], 19 * unit, coat)
    pen.oval(mid - 7 * unit, 2 * unit, 15 * unit, 17 * unit, skin)
    pen.oval(mid - 8 * unit, 0, 14 * unit, 11 * unit, hair)
    return _sprite(image, (round(mid), round(98 * unit)), left)


@lru_cache(maxsize=16)
def car(seed: int, length: int, left: bool) -> Sprite:
    """A car seen from the side, `length` pixels long."""
    dice = random.Random(seed)  # noqa: S311 - how a drawing looks is no secret
    paint, u = dice.choice(PAINTS), length / 100
    image, pen = _canvas(104 * u, 40 * u)
    body = [(1, 30), (1, 20), (8, 16), (24, 14), (36, 3), (66, 3), (80, 14), (98, 18), (100, 30)]
    pen.shape([(x * u, y * u) for x, y in body], paint)
    glass = [(28, 14), (38, 5.5), (49, 5.5), (49, 14)], [(52, 14), (52, 5.5), (64, 5.5), (75, 14)]
    for pane in glass:
        pen.shape([(x * u, y * u) for x, y in pane], (58, 68, 78))
    pen.box(1 * u, 24 * u, 98 * u, 2 * u, shade(paint, 0.7))
    pen.oval(95 * u, 18 * u, 5 * u, 4 * u, (240, 232, 190))
    pen.oval(0, 18 * u, 4 * u, 4 * u, (190, 40, 36))
    for x in (20, 78):
        pen.oval((x - 9) * u, 21 * u, 18 * u, 18 * u, (30, 30, 32))
        pen.oval((x - 4) * u, 26 * u, 8 * u, 8 * u, (150, 152, 156))
    return _sprite(image, (round(50 * u), round(39 * u)), left)


@lru_cache(maxsize=64)
def shadow(width: int, height: int) -> Image.Image:
    """How dark the ground gets under somebody."""
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).ellipse((0, 0, width - 1, height - 1), fill=84)
    return mask.filter(ImageFilter.GaussianBlur(1))


def _canvas(width: float, height: float) -> tuple[Image.Image, Pen]:
    image = Image.new("RGBA", (round(width) * SCALE, round(height) * SCALE), (90, 90, 90, 0))
    return image, Pen(image)


def _sprite(large: Image.Image, foot: tuple[int, int], left: bool) -> Sprite:
    small = large.resize((large.width // SCALE, large.height // SCALE), Image.Resampling.BOX)
    small = small.filter(ImageFilter.GaussianBlur(0.5))
    if left:
        small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        foot = (small.width - foot[0], foot[1])
    return Sprite(small.convert("RGB"), small.getchannel("A"), foot)
