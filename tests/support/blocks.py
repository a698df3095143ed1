"""Small scenes as a camera's thumbnails, in integers: what stands there, the light on it, noise.

A grey is what a block would have in light of 256. The same seed makes the same pictures.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import add
from pathlib import Path
from typing import NamedTuple

COLS, ROWS = 80, 60
_BELOW = 64  # a grey and its noise may be so far below black, and four times as bright as white
_CLAMPED = bytes(_BELOW) + bytes(range(256)) + b"\xff" * 768

Light = Callable[[int, int], int]  # of a column and a row, in 256ths


class Thing(NamedTuple):
    left: int
    top: int
    width: int
    height: int
    grey: int


def even(light: int) -> Light:
    return lambda col, row: light


@cache
def _noise(seed: int, most: int) -> Sequence[int]:
    """More than a picture full, of which every picture takes a piece."""
    chance = random.Random(seed)
    return [_BELOW + sum(chance.choices((-1, 0, 1), k=most)) for _ in range(1 << 16)]


class Scene:
    """A wall of soft shades, hard edges and rough texture. `noise`: at most so many greys; half of
    that on the whole."""

    def __init__(self, seed: int = 1, cols: int = COLS, rows: int = ROWS, noise: int = 2) -> None:
        self.cols, self.rows = cols, rows
        chance = random.Random(seed)
        self._chance = chance
        slope, tilt = chance.randrange(30, 90), chance.randrange(20, 60)
        self._greys = [
            50 + slope * col // cols + tilt * row // rows + chance.randrange(-8, 9)
            for row in range(rows)
            for col in range(cols)
        ]
        for _ in range(12):
            width, height = 1 + chance.randrange(cols) // 4, 1 + chance.randrange(rows) // 4
            left, top = chance.randrange(cols), chance.randrange(rows)
            self._put(self._greys, Thing(left, top, width, height, chance.randrange(20, 180)))
        self._noise = _noise(seed, noise)

    def shot(self, *things: Thing, light: int | Light = 256, drops: int = 0) -> bytes:
        """One thumbnail. `drops`: so many single blocks 45 greys brighter, anywhere."""
        greys = list(self._greys)
        for thing in things:
            self._put(greys, thing)
        if isinstance(light, int):
            greys = [grey * light >> 8 for grey in greys]
        else:
            at = ((col, row) for row in range(self.rows) for col in range(self.cols))
            greys = [grey * light(*place) >> 8 for grey, place in zip(greys, at, strict=True)]
        for _ in range(drops):
            greys[self._chance.randrange(len(greys))] += 45
        first = self._chance.randrange(len(self._noise) - len(greys))
        noise = self._noise[first : first + len(greys)]
        return bytes(map(_CLAMPED.__getitem__, map(add, greys, noise)))

    def quiet(self, count: int, light: int | Light = 256, drops: int = 0) -> list[bytes]:
        return [self.shot(light=light, drops=drops) for _ in range(count)]

    def _put(self, greys: list[int], thing: Thing) -> None:
        across = range(max(0, thing.left), min(self.cols, thing.left + thing.width))
        for row in range(max(0, thing.top), min(self.rows, thing.top + thing.height)):
            for col in across:
                greys[row * self.cols + col] = thing.grey


def walker(step: int, grey: int = 200) -> Thing:
    """6x10 blocks, two more to the right with each step, in the picture from 0 to 36."""
    return Thing(2 * step, 25, 6, 10, grey)


def noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


Step = tuple[int, int, bytes]  # columns, rows, greys; (0, 0, b"") resets the model
RESET: Step = (0, 0, b"")


def pack(path: Path, steps: Iterable[Step]) -> Path:
    """A file for tests/firmware/motion/answers.py."""
    with path.open("wb") as file:
        for cols, rows, pixels in steps:
            assert len(pixels) == cols * rows
            file.write(cols.to_bytes(2, "big") + rows.to_bytes(2, "big") + pixels)
    return path
