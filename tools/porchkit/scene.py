"""A street seen from a porch, as moving pictures: the footage of a virtual board when nobody gives
any. Drawn by our own code, so that the demo shows no real person; it loops without a seam.

People pass on both pavements and a car on the road, each once a loop, with quiet in between; the
light changes slowly and the sensor is noisy, as an OV2640's is.
"""

import random
from collections.abc import Iterator
from io import BytesIO
from math import pi, sin
from typing import NamedTuple

from PIL import Image, ImageChops

from porchkit import passers, street
from porchkit.pen import grain

FPS = 8.0
VERSION = 1  # of the drawing; streets are cached by it
FRAMES = 96
TARGET_BYTES = 22_000
_NOISE = 3.4  # grey levels a pixel before JPEG, which leaves 1..2 of them
_NOISE_SHEETS = 5
_MARGIN = 64


class Passer(NamedTuple):
    """Somebody or something that crosses the picture once a loop, from `starts` for `lasts`
    (both as a share of the loop)."""

    seed: int
    kind: str  # "walker" or "car"
    ground: int  # y of the feet
    size: int
    left: bool
    starts: float
    lasts: float

    def place(self, phase: float) -> tuple[int, float] | None:
        """(x, share of the way) at `phase` of the loop; None while out of the picture."""
        share = (phase - self.starts) % 1.0 / self.lasts
        if share >= 1:
            return None
        span = street.WIDTH + 2 * self.size
        x = share * span - self.size
        return round(street.WIDTH - x if self.left else x), share


def frames(seed: int) -> Iterator[bytes]:
    """FRAMES JPEGs of 640x480, 4:2:2, about TARGET_BYTES each. The same seed, the same film."""
    dice = random.Random(seed)  # noqa: S311 - how a drawing looks is no secret
    place = street.build(dice)
    crowd = sorted(_crowd(dice), key=lambda passer: passer.ground)
    noise = [_noise_sheet(dice) for _ in range(_NOISE_SHEETS)]
    quality = None
    for number in range(FRAMES):
        phase = number / FRAMES
        picture = _picture(place, crowd, phase, dice)
        picture = _film(picture, dice, noise[number % _NOISE_SHEETS])
        if quality is None:
            quality = _quality_for(picture)
        yield _jpeg(picture, quality)


def _crowd(dice: random.Random) -> list[Passer]:
    near, far, car = (dice.randrange(1 << 30) for _ in range(3))
    begin = dice.random()
    return [
        Passer(near, "walker", 408, dice.randrange(118, 136), dice.random() < 0.5, begin, 0.46),
        Passer(far, "walker", 274, dice.randrange(54, 62), dice.random() < 0.5, begin + 0.22, 0.5),
        Passer(car, "car", 360, dice.randrange(190, 220), dice.random() < 0.5, begin + 0.55, 0.2),
    ]


def _picture(
    place: street.Street, crowd: list[Passer], phase: float, dice: random.Random
) -> Image.Image:
    picture = place.back.copy()
    for passer in crowd:
        now = passer.place(phase)
        if now is not None:
            _paste(picture, passer, *now)
    picture.paste(place.front, mask=place.front_mask)
    # Three waves of light a loop, so that it changes but not like a switch.
    light = 1 + 0.025 * sin(2 * pi * phase) + 0.012 * sin(6 * pi * phase) + dice.gauss(0, 0.002)
    return picture.point([min(255, round(v * light)) for v in range(256)] * 3)


def _paste(picture: Image.Image, passer: Passer, x: int, share: float) -> None:
    if passer.kind == "car":
        sprite = passers.car(passer.seed, passer.size, passer.left)
    else:
        steps = 8.0  # across the picture
        phase = int(share * steps * passers.PHASES) % passers.PHASES
        sprite = passers.walker(passer.seed, phase, passer.size, passer.left)
    shadow = passers.shadow(round(sprite.image.width * 0.9), max(5, passer.size // 12))
    corner = (x - shadow.width // 2, passer.ground - shadow.height // 2)
    picture.paste((20, 22, 26), corner, shadow)
    picture.paste(
        sprite.image, (x - sprite.foot[0], passer.ground - sprite.foot[1]), mask=sprite.mask
    )


def _noise_sheet(dice: random.Random) -> Image.Image:
    size = (street.WIDTH + _MARGIN, street.HEIGHT + _MARGIN)
    return Image.merge("RGB", [grain(dice, size, _NOISE) for _ in range(3)])


def _film(picture: Image.Image, dice: random.Random, noise: Image.Image) -> Image.Image:
    x, y = dice.randrange(_MARGIN), dice.randrange(_MARGIN)
    grain = noise.crop((x, y, x + street.WIDTH, y + street.HEIGHT))
    return ImageChops.add(picture, grain, 1, -128)


def _quality_for(picture: Image.Image) -> int:
    """The highest JPEG quality that stays below TARGET_BYTES for this picture."""
    for quality in range(90, 30, -3):
        if len(_jpeg(picture, quality)) <= TARGET_BYTES:
            return quality
    return 30


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, subsampling="4:2:2")
    return out.getvalue()
