"""The pictures that a bench of the gate decodes: VGA JPEGs of about 25 KB, or one's own."""

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from itertools import islice
from pathlib import Path

from PIL import Image

from porchkit import jpegs, scene
from porchkit.errors import CommandError
from porchkit.replay import source

BYTES = 25_000  # what an OV2640 gives at 640x480 and usual settings
MOST = 16  # pictures: enough that none stays in a cache, few enough for many rounds
LEAST = 2
_SEED = 1
_QUALITIES = range(30, 91)


def street() -> list[bytes]:
    """MOST pictures in a row of the built-in street, of BYTES on average, nearly."""
    return list(_street())


@cache  # a bench of everything asks for them again and again
def _street() -> tuple[bytes, ...]:
    drawn = list(islice(scene.frames(_SEED), MOST))
    low, high = _QUALITIES[0], _QUALITIES[-1]
    while low < high:  # the lowest quality that is large enough
        middle = (low + high) // 2
        low, high = (low, middle) if len(_at(drawn[0], middle)) >= BYTES else (middle + 1, high)
    quality = min((low - 1, low), key=lambda value: abs(len(_at(drawn[0], value)) - BYTES))
    return tuple(_at(jpeg, quality) for jpeg in drawn)


def of(path: Path) -> list[bytes]:
    """The first pictures of the first reel at `path`, up to MOST. CommandError for fewer than
    LEAST, or for several sizes."""
    with source.opened(path) as reels:
        reel = reels[0].pictures
        shown = [reel[number] for number in range(min(len(reel), MOST))]
    if len(shown) < LEAST:
        raise CommandError(f"{path}: a bench needs at least {LEAST} pictures in a row")
    if len(_sizes(shown)) != 1:
        raise CommandError(f"{path}: the pictures differ in size; give some of one camera")
    return shown


def _sizes(shown: Sequence[bytes]) -> set[tuple[int, int] | None]:
    shapes = [jpegs.shape(jpeg) for jpeg in shown]
    return {(shape.width, shape.height) if shape else None for shape in shapes}


def _at(jpeg: bytes, quality: int) -> bytes:
    out = BytesIO()
    with Image.open(BytesIO(jpeg)) as picture:
        picture.save(out, "JPEG", quality=quality, subsampling="4:2:2")
    return out.getvalue()
