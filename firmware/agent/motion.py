"""Motion by the size of the JPEG alone: what moves changes what compresses.

Costs nothing, misses motion that keeps the complexity of the picture; a decoder of the pictures'
DC coefficients takes this place later, behind the same two methods. Integers, no I/O.
"""

MOTION, LEARNING, POST_ROLL = 1, 2, 4  # indexes into accord.wire.FRAME_REASONS
LEARNING_FRAMES = 8
THRESHOLD_PER_MILLE = 80  # a still scene breathes by 20 to 30
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
        if score >= THRESHOLD_PER_MILLE:
            self._moved_at = now_ms
            return MOTION, score
        if self._moved_at is not None and now_ms - self._moved_at < POST_ROLL_MS:
            return POST_ROLL, score
        return None, score
