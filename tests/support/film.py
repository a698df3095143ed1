"""Generated footage for tests of the motion gate: a street that is quiet first, then passed."""

from functools import cache
from io import BytesIO
from itertools import pairwise

from PIL import Image, ImageChops

from porchkit import scene

QUIET, MOVING = 60, 40  # frames of each
_STILL = 30  # frames of the street's loop in which nobody is in the picture


@cache
def porch() -> tuple[bytes, ...]:
    """QUIET frames in which nobody is in the picture, then MOVING ones with people and a car."""
    loop = list(scene.frames(0))
    first = _quietest(loop, _STILL)
    turned = loop[first:] + loop[:first]
    quiet, passed = turned[:_STILL], turned[_STILL : _STILL + MOVING]
    return (*reversed(quiet), *quiet, *passed)


def _quietest(loop: list[bytes], length: int) -> int:
    """Where the run of so many frames begins in which the least changes."""
    greys = [_grey(jpeg) for jpeg in loop]
    steps = [_change(a, b) for a, b in pairwise([*greys, *greys[:length]])]
    return min(range(len(loop)), key=lambda at: max(steps[at : at + length - 1]))


def _grey(jpeg: bytes) -> Image.Image:
    with Image.open(BytesIO(jpeg)) as picture:
        picture.draft("L", (80, 60))
        return picture.convert("L")


def _change(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of a block."""
    return int(ImageChops.difference(one, other).getextrema()[1])  # type: ignore[arg-type]
