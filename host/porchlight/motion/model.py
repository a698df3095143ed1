"""What moves before a camera that has no gate of its own: firmware/agent/motion.py, on the host.

In integers, so that the same pictures get the same scores, marks and background as on a board, bit
for bit; tests/host/test_motion_model.py holds the two together. One model per camera and thread.
"""

from typing import Final

import numpy as np

from porchlight.motion.history import THRESHOLD
from porchlight.motion.light import ROUNDING, Light
from porchlight.motion.regions import Differences, Regions, around, weigh
from porchlight.motion.tables import SUMMIT, Bools, Ints, tables
from porchlight.motion.thumbnail import Thumbnail

LEARNING_FRAMES: Final = 20  # with fewer of the past no judgement can be trusted
_LOGS, _GREYS = tables()
_MOST = 65535
_LEAST_CLUTTER, _MOST_CLUTTER = 4 << 8, 192 << 8  # weight, times 256
_NOISE = 512  # 256ths of a grey, until it has been seen
_EXPLAINED = 40  # 256ths of noise, in 16ths of a grey: two and a half times what it is
_FLOOR = 144  # 16ths of a grey: less is never motion in a bright block
_DIM, _BRIGHT = 58, 128  # greys: between them the floor grows with the brightness
_DOUBLING = 68438  # 2 ** (1/16), in 65536ths: 16 steps of sensitivity halve what is asked for
_WEIGHT = 32  # of a region at the threshold, in 16ths
_BIG = 480  # one that counts at once
_SWIFT, _SLOW = 16, 6  # frames that are learnt fast; every how many a marked block is learnt
_SHIFT, _ANEW_SHIFT = 4, 3
_ANEW_FRAMES = 3  # in a row, mostly marked: another scene


class MotionModel:
    """`sensitivity` 1..100: every 16 more halve what must move. `zones`: rows of equal length,
    stretched over the picture, "." watched and "#" ignored; None watches everything."""

    _past: Ints  # 16ths of a step of the logarithm
    _noise: Ints  # 256ths of a grey
    _light: Ints
    _seen: Ints  # how much brighter than predicted, in 16ths of a grey
    _watched: Bools

    def __init__(self, sensitivity: int = 50, zones: list[str] | None = None) -> None:
        self._floors = _floors(sensitivity)
        self._scale = _scale(sensitivity)
        self._zones = zones
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._begin(np.zeros((0, 0), np.int32))

    def judge(self, thumbnail: Thumbnail) -> int:
        """The score of this thumbnail, 0..65535; THRESHOLD and more: something moves. Another
        shape than before begins anew."""
        read = np.frombuffer(thumbnail.pixels, np.uint8).astype(np.int32)
        pixels = read.reshape(thumbnail.rows, thumbnail.cols)
        if pixels.shape != self._past.shape:
            self._begin(pixels)
        self._frames += 1
        self.learning = self._frames <= LEARNING_FRAMES
        if self._frames == 1:
            return 0
        logs = _LOGS[pixels]
        self._light = self._lighting.find(logs - self._past)
        by = self._differences(pixels)
        differing = by.seen > by.limits
        marked = differing & self._watched
        self._find_regions(marked, by)
        if self._learn_past(logs, differing, marked):
            # What is learnt of a block must not look as if the block had changed.
            self._seen = np.where(marked, (pixels << 4) - self._predicted(), self._seen)
        self._learn_noise(by.seen, marked)
        return self._score()

    def marks(self) -> bytes:
        """A byte for each block: 0 still, 1 differs, 2 in the region that decided."""
        numbers, deciding = self._regions.numbers, self._regions.deciding
        marks = (numbers > 0).astype(np.uint8)
        if deciding:
            marks[numbers == deciding] = 2
        return bytes(marks)

    def background(self) -> bytes:
        """The greys that the next thumbnail is compared with, in the light of the last one."""
        return bytes((self._predicted() >> 4).astype(np.uint8))

    def _begin(self, pixels: Ints) -> None:
        """The first frame is the past, and nothing differs from it."""
        self._frames = 0
        self.learning = True
        self._past = _LOGS[pixels]
        self._noise = np.full_like(pixels, _NOISE)
        self._light = np.full_like(pixels, ROUNDING)
        self._seen = np.zeros_like(pixels)
        self._regions = Regions(np.zeros_like(pixels))
        self._watched = _watched(self._zones, pixels.shape)
        self._lighting = Light(self._watched)
        self._clutter = _LEAST_CLUTTER  # weight, times 256
        self._upset = 0  # frames in a row that were mostly marked

    def _predicted(self) -> Ints:
        """By the past and the light, in 16ths of a grey."""
        steps = (self._past + self._light) >> 4
        greys: Ints = _GREYS[steps.clip(0, SUMMIT)]
        return greys

    def _differences(self, pixels: Ints) -> Differences:
        last, self._seen = self._seen, (pixels << 4) - self._predicted()
        limits = np.maximum(around(self._noise) * _EXPLAINED >> 8, self._floors[pixels])
        # The more the light did, the less exactly that is known.
        limits += (np.abs(self._light - ROUNDING) >> 4) * pixels >> 7
        return Differences(np.abs(self._seen), np.abs(self._seen - last), limits)

    def _find_regions(self, marked: Bools, by: Differences) -> None:
        """Where regions keep appearing out of nothing (rain, leaves), clutter grows, and more is
        asked of one."""
        self._regions = weigh(marked, self._regions.numbers, by, _BIG)
        if self._regions.newest << 8 > self._clutter:
            self._clutter = min(_MOST_CLUTTER, self._clutter + self._clutter // 12 + 1)
        else:
            self._clutter = max(_LEAST_CLUTTER, self._clutter - self._clutter // 25)

    def _score(self) -> int:
        needed = max(_WEIGHT, self._clutter * 3 >> 8) * self._scale >> 16
        return min(_MOST, self._regions.weight * THRESHOLD // max(1, needed))

    def _learn_past(self, logs: Ints, differing: Bools, marked: Bools) -> bool:
        """What differs and is ignored stays as it is. True if the marked are learnt."""
        mostly = np.count_nonzero(marked) * 100 > np.count_nonzero(self._watched) * 60
        self._upset = min(_ANEW_FRAMES, self._upset + 1) if mostly else 0
        nearer, shift = logs - self._past, self._shift()
        past = self._past + np.where(differing, 0, _part(nearer, shift))
        if self._upset == _ANEW_FRAMES:
            shift = _ANEW_SHIFT
        elif self._frames > _SWIFT and self._frames % _SLOW:  # the past follows the light alone
            lit = self._past + (self._light - ROUNDING >> shift)
            self._past = np.where(marked, lit.clip(0, SUMMIT << 4), past)
            return False
        self._past = past + np.where(marked, _part(nearer, shift), 0)
        return True

    def _learn_noise(self, seen: Ints, marked: Bools) -> None:
        """It grows fast and fades slowly; where something moves, only in another scene."""
        more = (seen << 4) - self._noise
        more = np.where(more > 0, more >> 3, more >> 6)
        if self._upset < _ANEW_FRAMES:
            more[marked] = 0
        self._noise += more

    def _shift(self) -> int:
        """Of the frames so far, a sixteenth of each is learnt; of the first ones, more."""
        shift = _SHIFT
        while shift and self._frames <= 1 << (shift - 1):
            shift -= 1
        return shift


def _part(nearer: Ints, shift: int) -> Ints:
    """1/2**shift, to the nearest."""
    return (nearer + ((1 << shift) >> 1)) >> shift


def _watched(zones: list[str] | None, shape: tuple[int, int]) -> Bools:
    watched = np.ones(shape, np.bool_)
    if zones:
        for row, col in np.ndindex(shape):
            zone = zones[row * len(zones) // shape[0]]
            watched[row, col] = zone[col * len(zone) // shape[1]] != "#"
    return watched


def _floors(sensitivity: int) -> Ints:
    """By brightness: the least difference, in 16ths of a grey."""
    floor = _FLOOR * (125 - max(0, sensitivity - 50)) // 125
    return floor * np.arange(256, dtype=np.int32).clip(_DIM, _BRIGHT) // _BRIGHT


def _scale(sensitivity: int) -> int:
    """What a region must weigh, in 65536ths of what it must at 50."""
    scale = 1 << 16
    for _ in range(abs(sensitivity - 50)):
        scale = scale * _DOUBLING >> 16 if sensitivity < 50 else (scale << 16) // _DOUBLING
    return scale
