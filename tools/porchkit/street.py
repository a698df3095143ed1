"""What stands still in the generated street: sky, houses, trees, the porch we look from."""

import random
from collections.abc import Sequence
from math import cos, pi, sin
from typing import NamedTuple

from PIL import Image, ImageChops, ImageFilter

from porchkit.pen import CLOTHES, ROOFS, SCALE, Colour, Pen, Point, grain, shade

WIDTH, HEIGHT = 640, 480
HORIZON, FAR_WALK, ROAD, NEAR_WALK, LAWN = 150, 258, 280, 372, 420

SKIES: Sequence[tuple[Colour, Colour, float]] = (  # top, at the roofs, how bright the street is
    ((118, 158, 205), (205, 218, 226), 1.0),
    ((150, 160, 172), (196, 200, 203), 0.86),
    ((96, 110, 156), (232, 186, 150), 0.74),
)
WALLS: Sequence[Colour] = (
    (196, 176, 150), (172, 104, 84), (214, 208, 196), (148, 160, 146), (184, 150, 110),
    (128, 140, 156), (206, 186, 122),
)  # fmt: skip


class Street(NamedTuple):
    """What stands still: behind the passers, and (with its mask) in front of them."""

    back: Image.Image
    front: Image.Image
    front_mask: Image.Image


def build(dice: random.Random) -> Street:
    """A street of its own for every `dice`."""
    top, low, light = dice.choice(SKIES)
    back = _backdrop(dice, (top, low), light)
    front = Image.new("RGBA", (WIDTH * SCALE, HEIGHT * SCALE))
    _porch(Pen(front), light)
    front = front.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    porch = ImageChops.multiply(front.convert("RGB"), _vignette())
    return Street(back, porch, front.getchannel("A"))


def _backdrop(dice: random.Random, sky: tuple[Colour, Colour], light: float) -> Image.Image:
    large = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE))
    pen = Pen(large)
    _sky(pen, dice, sky)
    large = large.filter(ImageFilter.GaussianBlur(9))  # clouds have no edges; nothing else is there
    pen = Pen(large)
    _ground(pen, dice, light)
    x = -dice.randrange(30, 90)
    while x < WIDTH:
        width = dice.randrange(120, 175)
        _house(pen, dice, (x, width), light)
        x += width + dice.randrange(14, 46)
    for _ in range(dice.randrange(2, 4)):
        _tree(pen, dice, dice.randrange(20, WIDTH - 20), light)
    small = large.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    return ImageChops.multiply(_textured(small, dice), _vignette())


def _sky(pen: Pen, dice: random.Random, sky: tuple[Colour, Colour]) -> None:
    for y in range(HORIZON):
        mix = y / HORIZON
        r, g, b = (round(a + (c - a) * mix) for a, c in zip(*sky, strict=True))
        pen.box(0, y, WIDTH, 1, (r, g, b))
    for _ in range(dice.randrange(3, 7)):
        x, y = dice.randrange(-40, WIDTH), dice.randrange(-10, HORIZON - 50)
        for _ in range(7):
            wide = dice.randrange(40, 110)
            dx, dy = dice.randrange(-60, 60), dice.randrange(-7, 7)
            pen.oval(x + dx, y + dy, wide, wide / 5, shade(sky[1], 1.04))


def _ground(pen: Pen, dice: random.Random, light: float) -> None:
    pen.box(0, HORIZON - 8, WIDTH, 80, shade((84, 98, 80), light))  # gardens behind the houses
    pen.box(0, FAR_WALK - 34, WIDTH, 34, shade((104, 126, 78), light))
    pen.box(0, FAR_WALK, WIDTH, ROAD - FAR_WALK, shade((166, 162, 154), light))
    pen.box(0, ROAD - 4, WIDTH, 4, shade((132, 130, 126), light))
    pen.box(0, ROAD, WIDTH, NEAR_WALK - ROAD, shade((92, 93, 97), light))
    for x in range(-dice.randrange(60), WIDTH, 84):
        pen.shape(
            [(x, 326), (x + 44, 326), (x + 41, 331), (x - 3, 331)], shade((196, 194, 186), light)
        )
    pen.box(0, NEAR_WALK, WIDTH, LAWN - NEAR_WALK, shade((178, 173, 164), light))
    for x in range(-dice.randrange(80), WIDTH + 80, 78):
        pen.limb([(x, NEAR_WALK), (x - 16, LAWN)], 1, shade((146, 142, 135), light))
    pen.box(0, NEAR_WALK - 5, WIDTH, 6, shade((140, 137, 131), light))
    pen.box(0, LAWN, WIDTH, HEIGHT - LAWN, shade((92, 118, 66), light))


def _house(pen: Pen, dice: random.Random, where: tuple[int, int], light: float) -> None:
    x, width = where
    wall, roof = shade(dice.choice(WALLS), light), shade(dice.choice(ROOFS), light)
    eaves = dice.randrange(112, 138)
    ridge = eaves - dice.randrange(40, 62)
    base = FAR_WALK - 20
    pen.box(x, eaves, width, base - eaves, wall)
    pen.box(x, eaves, width * 0.12, base - eaves, shade(wall, 0.9))
    pen.box(x + width * 0.72, ridge - 8, 14, 34, shade(wall, 0.7))
    if dice.random() < 0.5:
        pen.shape([(x - 8, eaves), (x + width + 8, eaves), (x + width / 2, ridge)], roof)
    else:
        pen.shape(
            [(x - 8, eaves), (x + width + 8, eaves), (x + width - 16, ridge), (x + 16, ridge)], roof
        )
    pen.box(x - 8, eaves - 1, width + 16, 4, shade(roof, 0.7))
    door = x + width * dice.choice((0.18, 0.44, 0.7))
    for row in (eaves + 16, eaves + 66):
        for column in (0.1, 0.4, 0.7):
            left = x + width * column
            if row < eaves + 50 or abs(left - door) > 26:
                _window(pen, dice, (left, row), light)
    pen.box(door - 3, base - 47, 29, 47, shade(wall, 1.12))
    pen.box(door, base - 44, 23, 44, shade(dice.choice(CLOTHES), light * 0.9))
    pen.oval(door + 17, base - 22, 3, 3, (200, 180, 90))


def _window(pen: Pen, dice: random.Random, at: Point, light: float) -> None:
    x, y = at
    lit = dice.random() < 0.5 - light / 3
    glass = (238, 206, 132) if lit else shade((84, 98, 112), light)
    pen.box(x - 2, y - 2, 30, 34, shade((222, 220, 214), light))
    pen.box(x, y, 26, 30, glass)
    if not lit:
        pen.shape([(x, y), (x + 14, y), (x, y + 17)], shade(glass, 1.3))
    pen.box(x + 12, y, 2, 30, shade((222, 220, 214), light))
    pen.box(x, y + 14, 26, 2, shade((222, 220, 214), light))


def _tree(pen: Pen, dice: random.Random, x: int, light: float) -> None:
    foot = FAR_WALK - 4
    pen.limb([(x, foot), (x + 2, foot - 92)], 9, shade((92, 74, 58), light))
    green = dice.choice(((74, 104, 58), (92, 112, 56), (140, 108, 54)))
    for _ in range(90):
        angle, far = dice.random() * 2 * pi, dice.random() ** 0.6
        cx, cy = x + cos(angle) * 40 * far, foot - 122 + sin(angle) * 46 * far
        size = dice.randrange(9, 24)
        tone = shade(green, light * (0.75 + 0.5 * dice.random()) * (1.15 - (cy - foot + 170) / 400))
        pen.oval(cx - size / 2, cy - size / 2, size, size, tone)


def _porch(pen: Pen, light: float) -> None:
    wood = shade((120, 96, 74), light)
    pen.box(0, 452, WIDTH, 9, shade(wood, 1.2))
    pen.box(0, 461, WIDTH, 2, shade(wood, 0.6))
    for x in range(8, WIDTH, 46):
        pen.box(x, 461, 9, 19, wood)
    pen.box(604, 0, 22, HEIGHT, shade(wood, 0.85))
    pen.box(604, 0, 5, HEIGHT, shade(wood, 1.1))


def _textured(image: Image.Image, dice: random.Random) -> Image.Image:
    """Coarse and fine unevenness that stays: asphalt, plaster, grass are not flat."""
    fine = grain(dice, (WIDTH, HEIGHT), 9).convert("RGB")
    coarse = grain(dice, (WIDTH // 12, HEIGHT // 12), 5)
    blotches = coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).convert("RGB")
    image = ImageChops.add(image, fine.filter(ImageFilter.GaussianBlur(0.7)), 1, -128)
    return ImageChops.add(image, blotches, 1, -128).filter(ImageFilter.GaussianBlur(0.5))


def _vignette() -> Image.Image:
    """The corners of a small lens are darker."""
    ring = Image.radial_gradient("L").resize((WIDTH, HEIGHT))
    return ring.point([255 - round((v / 255) ** 3 * 78) for v in range(256)]).convert("RGB")
