"""What moves in a thumbnail: a background per block, and what differs from it.

A first, plain version behind the final interface.
"""

THRESHOLD = 1000  # scores at and above it mean that something moves
LEARNING_FRAMES = 20  # with fewer of the past no judgement can be trusted
_GREYS = 12


class MotionModel:
    """`sensitivity` 1..100, higher sends more. `zones`: rows of equal length, stretched over the
    picture, "." watched and "#" ignored; None watches everything."""

    def __init__(self, sensitivity: int = 50, zones: "list[str] | None" = None) -> None:
        self._greys = _GREYS * 50 // sensitivity + 1
        self._zones = zones or ["."]
        self._shape = (0, 0)
        self._past = bytearray(0)
        self._seen = 0
        self.learning = True
        self.mask = bytearray(0)
        self.box = [0, 0, 0, 0]

    def reset(self) -> None:
        """Forget everything."""
        self._shape = (0, 0)

    def judge(self, pixels: bytearray, cols: int, rows: int) -> int:
        """The score of this thumbnail, 0..65535; THRESHOLD and more: something moves."""
        if (cols, rows) != self._shape:
            self._shape = (cols, rows)
            self._past = bytearray(pixels)
            self.mask = bytearray(cols * rows)
            self._seen = 0
        self._seen += 1
        self.learning = self._seen <= LEARNING_FRAMES
        moved = self._compare(pixels, cols, rows)
        return min(65535, moved * 250)

    def background(self, into: bytearray) -> None:
        """Write the greys that pictures are compared with."""
        into[:] = self._past

    def _compare(self, pixels: bytearray, cols: int, rows: int) -> int:
        moved = 0
        self.box[:] = [0, 0, 0, 0]
        left, top, right, bottom = cols, rows, 0, 0
        for at in range(cols * rows):
            row, col = at // cols, at % cols
            zone = self._zones[row * len(self._zones) // rows]
            differs = abs(pixels[at] - self._past[at]) > self._greys
            differs = differs and zone[col * len(zone) // cols] == "."
            self.mask[at] = 2 if differs else 0
            if differs:
                moved += 1
                left, top = min(left, col), min(top, row)
                right, bottom = max(right, col + 1), max(bottom, row + 1)
            elif pixels[at] != self._past[at]:
                self._past[at] += 1 if pixels[at] > self._past[at] else -1
        if moved:
            self.box[:] = [left, top, right, bottom]
        return moved


# The former judge, until nobody uses it.
MOTION, LEARNING, POST_ROLL = 1, 2, 4  # indexes into accord.wire.FRAME_REASONS
_PER_MILLE = 80  # a still scene breathes by 20 to 30
POST_ROLL_MS = 3_000
_MEAN_SHIFT = 4  # the mean follows a sixteenth of each step: slow against people, fast against dusk


class SizeMotion:
    def __init__(self) -> None:
        self._mean = 0  # bytes, times 16
        self._seen = 0
        self._moved_at: int | None = None

    def reset(self) -> None:
        """The gate opened, or the picture changed its shape: learn anew."""
        self._mean = self._seen = 0
        self._moved_at = None

    def judge(self, jpeg_bytes: int, now_ms: int) -> tuple[int | None, int]:
        """(reason the frame should be sent, None if nothing moves; deviation in per mille)."""
        self._seen += 1
        if self._seen <= LEARNING_FRAMES:
            self._mean += ((jpeg_bytes << _MEAN_SHIFT) - self._mean) // self._seen
            return LEARNING, 0
        mean = max(1, self._mean >> _MEAN_SHIFT)
        score = min(65535, abs(jpeg_bytes - mean) * 1000 // mean)
        self._mean += jpeg_bytes - mean
        if score >= _PER_MILLE:
            self._moved_at = now_ms
            return MOTION, score
        if self._moved_at is not None and now_ms - self._moved_at < POST_ROLL_MS:
            return POST_ROLL, score
        return None, score
