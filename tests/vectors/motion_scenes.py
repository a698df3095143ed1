"""Thumbnails for the motion model, the same for ever and everywhere: in integers, with SHAKE-256
for dice. motion.json has what a model must say of SCENES."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import shake_256

Pictures = list[tuple[int, int, bytes]]  # columns, rows, greys


@dataclass(frozen=True)
class Scene:
    """`light`: (from which frame on, 256ths). `flicker`: of the light from row to row, in 64ths
    either way. `noise`: greys between the least and the most. From frame `since` on, `bodies` move,
    by turns so much darker and brighter as `contrast` says, and `drops` single blocks are bright.
    `other`: the frame at which it is another place."""

    name: str
    cols: int
    rows: int
    frames: int = 40
    noise: int = 6
    light: tuple[tuple[int, int], ...] = ()
    flicker: int = 0
    bodies: int = 0
    contrast: int = 40
    drops: int = 0
    since: int = 22
    other: int = 1 << 30
    sensitivity: int = 50
    zones: tuple[str, ...] = ()

    def pictures(self) -> Pictures:
        return [(self.cols, self.rows, self._picture(at)) for at in range(self.frames)]

    def _picture(self, number: int) -> bytes:
        size = self.cols * self.rows
        place = _dice(f"{self.name} {number >= self.other}", size)
        greys = [40 + (byte * 150 >> 8) for byte in place]
        if number >= self.since:
            self._draw(greys, number)
        grain = _dice(f"{self.name} frame {number}", size)
        return bytes(self._lit(greys, grain, number))

    def _draw(self, greys: list[int], number: int) -> None:
        for body in range(self.bodies):
            left = (number - self.since) * (body + 1)
            top = self.rows * body // self.bodies
            change = self.contrast if body & 1 else -self.contrast
            for row in range(top, min(self.rows, top + 1 + self.rows // 5)):
                for col in range(left, left + 1 + self.cols // 7):
                    greys[row * self.cols + col % self.cols] += change
        where = _dice(f"{self.name} drops {number}", 2 * self.drops)
        for high, low in zip(where[::2], where[1::2], strict=True):
            greys[(high * 256 + low) % len(greys)] = 240

    def _lit(self, greys: list[int], grain: bytes, number: int) -> Iterator[int]:
        light = next((part for since, part in reversed(self.light) if number >= since), 256)
        for at, grey in enumerate(greys):
            wave = abs((at // self.cols * 3 + number * 5) % 16 - 8) - 4
            here = light * (256 + wave * self.flicker) >> 8
            value = (grey * here >> 8) + (grain[at] * self.noise >> 8) - self.noise // 2
            yield max(0, min(255, value))


def _dice(name: str, count: int) -> bytes:
    return shake_256(name.encode()).digest(count)


SCENES = (
    Scene("one block", 1, 1, noise=40, light=((25, 90),), bodies=1, contrast=70),
    Scene("column", 1, 40, bodies=1, sensitivity=1, contrast=60),
    Scene("row", 40, 1, bodies=1, sensitivity=100, contrast=25),
    Scene("odd", 7, 9, bodies=2, flicker=9),
    Scene("wide tile", 11, 12, bodies=1, light=((10, 200), (30, 330))),
    Scene("zones", 37, 21, bodies=3, contrast=30, zones=("#.#", "...", "..#", "#..")),
    Scene("quiet", 40, 30),
    Scene("people", 80, 60, frames=32, bodies=3, noise=10, contrast=24),
    Scene("exposure", 40, 30, light=((24, 225), (25, 190), (26, 170), (33, 400)), bodies=1),
    Scene("flicker", 33, 31, flicker=10, bodies=1, since=30),
    Scene("rain", 41, 29, drops=40, noise=16, sensitivity=30),
    Scene("downpour", 80, 60, frames=27, drops=700, since=21, sensitivity=5),
    Scene("another place", 24, 18, other=24, bodies=1, since=33),
    Scene("night", 40, 30, light=((0, 60),), noise=9, bodies=2, contrast=50),
    Scene("black, then white", 12, 13, noise=0, light=((0, 0), (22, 1 << 14), (30, 256))),
    Scene("nothing but noise", 25, 19, noise=510, sensitivity=77),
    Scene("storm", 24, 18, frames=100, drops=2, bodies=1, contrast=70, noise=3),
    Scene("dusk", 20, 15, 50, 0, ((0, 90),), bodies=2, contrast=60, since=34, sensitivity=60),
    Scene(
        "glare", 20, 15, 50, 20, ((0, 400), (24, 500), (28, 390), (33, 2)), bodies=3, contrast=90
    ),
    # Just at a limit each: a region that counts at once, one that is fresh, and twice a scene that
    # is mostly marked.
    Scene("leap 416", 7, 10, frames=34, noise=4, bodies=2, contrast=31, since=12, other=17),
    Scene("leap 6", 6, 9, frames=34, noise=20, bodies=3, contrast=52, drops=9, since=20, other=17),
    Scene("leap 50", 7, 8, frames=34, noise=20, bodies=4, contrast=61, since=12, other=17),
    Scene("leap 72", 5, 5, frames=34, noise=4, bodies=2, contrast=42, drops=9, since=11, other=25),
)
