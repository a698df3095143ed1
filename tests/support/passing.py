"""Footage of a wall at which nothing moves, and of somebody who passes it: for boards that decide
by themselves what to send. A test picks the part with the board's knob `footage_part`."""

import random
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

from porchkit import footage
from porchkit.pen import grain

STILL, PASSING = (0, 24), (24, 24)  # first frame, how many
_STEP = 10  # pixels a frame
_FIGURE = (40, 100)
_NOISE = 3.0  # grey levels a pixel before JPEG


def film(folder: Path, size: tuple[int, int] = (320, 240)) -> Path:
    """Prepared footage in `folder`; the same pictures every time."""
    dice = random.Random(3)
    source = folder / "passing"
    source.mkdir()
    wall = _wall(dice, size)
    for number in range(sum(STILL[1:] + PASSING[1:])):
        picture = wall.copy()
        if number >= PASSING[0]:
            _draw_figure(picture, (number - PASSING[0]) * _STEP)
        noise = grain(dice, size, _NOISE).convert("RGB")
        picture = ImageChops.add(picture, noise, 1, -128)
        picture.save(source / f"{number:03}.jpg", quality=80, subsampling="4:2:2")
    return footage.prepare(source, folder)[0]


def _wall(dice: random.Random, size: tuple[int, int]) -> Image.Image:
    coarse = grain(dice, (size[0] // 20, size[1] // 20), 25)
    return coarse.resize(size, Image.Resampling.BICUBIC).convert("RGB")


def _draw_figure(picture: Image.Image, left: int) -> None:
    width, height = _FIGURE
    top = (picture.height - height) // 2
    ImageDraw.Draw(picture).rectangle((left, top, left + width, top + height), fill=(20, 20, 30))
