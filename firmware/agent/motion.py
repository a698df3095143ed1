"""What moves in a thumbnail: regions that neither the past, nor noise, nor the light explains.

All in integers, so that porchlight/motion/model.py finds the same on the host, bit for bit.
"""

from array import array

from agent.motion_light import BINS, STRIDE, TILE, compare, hide, local, overall, spread
from agent.motion_marks import expect, ignore, learn, mark, wipe
from agent.motion_regions import weigh
from agent.motion_tables import SUMMIT, tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.motion_tables import Words

LEARNING_FRAMES = 20  # with fewer of the past no judgement can be trusted
_RIM = 2  # blocks on every side
_MOST = 65535
_NEWEST, _DECIDING = 0, 1  # in `found`
_AS_PREDICTED = 4096  # in `seen`
_LEAST_CLUTTER, _MOST_CLUTTER = 4 << 8, 192 << 8  # weight, times 256
_NOISE = 512  # 256ths of a grey, until it has been seen
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
    stretched over the picture, "." watched and "#" ignored; None watches everything.

    Nothing is allocated per frame; 17 bytes a block when the shape changes, 18 with zones.
    """

    def __init__(self, sensitivity: int = 50, zones: "list[str] | None" = None) -> None:
        self._logs, self._greys = tables()
        self._floors = _floors(sensitivity)
        self._scale = _scale(sensitivity)
        self._zones = zones
        self._cols = self._rows = self._frames = 0
        self._counts = _words(BINS + 1)
        self._found = _words(2)
        self._clutter = 0  # weight, times 256
        self._upset = 0  # frames in a row that were mostly marked
        self.learning = True

    def reset(self) -> None:
        """Forget everything."""
        self._frames = 0

    def judge(self, pixels: bytearray, cols: int, rows: int) -> int:
        """The score of this thumbnail: what the heaviest moving region weighs, in thousandths of
        what is asked for before anything is said to move; at most 65535."""
        if cols != self._cols or rows != self._rows:
            self._make_room(cols, rows)
        self._frames += 1
        self.learning = self._frames <= LEARNING_FRAMES
        if self._frames == 1:
            self._begin(pixels)
            return 0
        self._find_light(pixels)
        marked = self._mark(pixels)
        weight = self._weigh()
        self._learn(pixels, marked)
        needed = max(_WEIGHT, self._clutter * 3 >> 8) * self._scale >> 16
        score: int = weight * 1000 // max(1, needed)
        return min(_MOST, score)

    def marks(self, into: bytearray) -> None:
        """A byte for each block: 0 still, 1 differs, 2 in the region that decided."""
        deciding = self._found[_DECIDING]
        for at in range(self._cols * self._rows):
            number = self._mask[self._inside(at)]
            into[at] = 0 if not number else 2 if number == deciding else 1

    def background(self, into: bytearray) -> None:
        """The greys that the next thumbnail is compared with, in the light of the last one."""
        for at in range(self._cols * self._rows):
            inside = self._inside(at)
            light = self._light[inside] + self._row_light[at // self._cols] - 32768
            step = (self._past[inside] + light) >> 4
            into[at] = self._greys[max(0, min(step, SUMMIT))] >> 4

    def _make_room(self, cols: int, rows: int) -> None:
        """For thumbnails of this shape; forgets everything. Where memory is short all stays."""
        stride = cols + 2 * _RIM + (cols & 1)
        size = stride * (rows + 2 * _RIM)
        across, down = max(1, (cols + TILE // 2) // TILE), max(1, (rows + TILE // 2) // TILE)
        tiles, levels = bytearray(across * down), _words(across)
        row_light, row_marks = _words(rows), _words(rows)
        past, noise, light, limits, seen, last_seen, stack = [_words(size) for _ in range(7)]
        mask, last_mask = [bytearray(size + 3 & ~3) for _ in range(2)]
        ignored = _ignored(self._zones, cols, rows, stride) if self._zones else b""
        watched = cols * rows - sum(ignored)
        shape = array("H", (cols, rows, stride, across, down))
        # From here on nothing is allocated.
        self._past, self._noise, self._light, self._limits = past, noise, light, limits
        self._seen, self._last_seen, self._stack = seen, last_seen, stack
        self._mask, self._last_mask = mask, last_mask
        self._tiles, self._levels, self._row_light = tiles, levels, row_light
        self._row_marks, self._ignored, self._shape = row_marks, ignored, shape
        self._watched = watched
        self._cols, self._rows = cols, rows
        self.reset()

    def _begin(self, pixels: bytearray) -> None:
        """The first frame is the past, and nothing differs from it."""
        self._clutter, self._upset = _LEAST_CLUTTER, 0
        wipe(0, self._mask, len(self._mask) >> 2)
        for at in range(len(self._seen)):
            self._seen[at] = _AS_PREDICTED
        for at in range(self._cols * self._rows):
            inside = self._inside(at)
            self._past[inside] = self._logs[pixels[at]]
            self._noise[inside] = _NOISE
        self._find_light(pixels)

    def _find_light(self, pixels: bytearray) -> None:
        light, counts, shape = self._light, self._counts, self._shape
        compare(0, 0, 0, pixels, self._logs, self._past, light, shape)
        if self._zones:
            hide(0, light, self._ignored, len(light))
        middle = overall(0, 0, 0, light, counts, shape)
        local(0, 0, 0, light, self._tiles, counts, shape, middle)
        levels, row_light = self._levels, self._row_light
        spread(0, 0, 0, light, self._tiles, levels, row_light, counts, shape, middle)

    def _mark(self, pixels: bytearray) -> int:
        """How many watched blocks differ."""
        self._mask, self._last_mask = self._last_mask, self._mask
        self._seen, self._last_seen = self._last_seen, self._seen
        wipe(0, self._mask, len(self._mask) >> 2)
        marked: int = mark(
            0, 0, 0, pixels, self._logs, self._greys, self._floors, self._past, self._light,
            self._row_light, self._noise, self._seen, self._limits, self._mask, self._row_marks,
            self._shape, self._shift(),
        )  # fmt: skip
        if self._zones:
            marked -= ignore(0, 0, self._mask, self._ignored, len(self._ignored))
        return marked

    def _shift(self) -> int:
        """Of the frames so far, a sixteenth of each is learnt; of the first ones, more."""
        shift = _SHIFT
        while shift and self._frames <= 1 << (shift - 1):
            shift -= 1
        return shift

    def _weigh(self) -> int:
        """What the heaviest region weighs. Where regions keep appearing out of nothing (rain,
        leaves), clutter grows, and more is asked of one."""
        weight: int = weigh(
            0, 0, 0, self._mask, self._row_marks, self._last_mask, self._seen, self._last_seen,
            self._limits, self._stack, self._found, self._shape, _BIG,
        )  # fmt: skip
        if self._found[_NEWEST] << 8 > self._clutter:
            self._clutter = min(_MOST_CLUTTER, self._clutter + self._clutter // 12 + 1)
        else:
            self._clutter = max(_LEAST_CLUTTER, self._clutter - self._clutter // 25)
        return weight

    def _learn(self, pixels: bytearray, marked: int) -> None:
        mostly = marked * 100 > self._watched * 60
        self._upset = min(_ANEW_FRAMES, self._upset + 1) if mostly else 0
        shift, marked_too = self._shift(), 0
        if self._upset == _ANEW_FRAMES:
            shift, marked_too = _ANEW_SHIFT, 2
        elif self._frames <= _SWIFT or self._frames % _SLOW == 0:
            marked_too = 1
        learn(
            0, 0, 0, pixels, self._logs, self._past, self._light, self._row_light, self._noise,
            self._seen, self._mask, self._shape, shift, marked_too,
        )  # fmt: skip
        if marked_too:
            expect(
                0, 0, 0, pixels, self._greys, self._past, self._light, self._row_light, self._seen,
                self._mask, self._row_marks, self._shape,
            )  # fmt: skip

    def _inside(self, at: int) -> int:
        """Where a block is in the arrays with a rim."""
        row = at // self._cols
        return (row + _RIM) * self._shape[STRIDE] + at - row * self._cols + _RIM


def _ignored(zones: "list[str]", cols: int, rows: int, stride: int) -> bytearray:
    """1 for each block that lies in a "#", in an array with a rim."""
    ignored = bytearray(stride * (rows + 2 * _RIM))
    for row in range(rows):
        zone = zones[row * len(zones) // rows]
        start = (row + _RIM) * stride + _RIM
        for col in range(cols):
            ignored[start + col] = zone[col * len(zone) // cols] == "#"
    return ignored


def _floors(sensitivity: int) -> bytearray:
    """By brightness: the least difference, in 16ths of a grey."""
    floor = _FLOOR * (125 - max(0, sensitivity - 50)) // 125
    return bytearray(floor * max(_DIM, min(grey, _BRIGHT)) // _BRIGHT for grey in range(256))


def _scale(sensitivity: int) -> int:
    """What a region must weigh, in 65536ths of what it must at 50."""
    scale = 1 << 16
    for _ in range(abs(sensitivity - 50)):
        scale = scale * _DOUBLING >> 16 if sensitivity < 50 else (scale << 16) // _DOUBLING
    return scale


def _words(count: int) -> "Words":
    return array("H", bytes(2 * count))
