"""The frame schedule: a fixed grid in time, so that lateness never becomes drift."""


class Pace:
    """Frame k is due at start + k seconds / fps, all in elapsed ms."""

    def __init__(self) -> None:
        self._start_ms = 0
        self._fps = 1
        self._k = 0

    def start(self, now_ms: int, fps: int) -> None:
        """Lay a new grid; its first frame is due now."""
        self._start_ms = now_ms
        self._fps = fps
        self._k = 0

    @property
    def fps(self) -> int:
        return self._fps

    @property
    def due_ms(self) -> int:
        return self._start_ms + self._k * 1000 // self._fps

    def step(self, now_ms: int) -> int:
        """Go to the next point of the grid still ahead; how many were missed on the way."""
        self._k += 1
        missed = 0
        while self.due_ms + 1000 // self._fps <= now_ms:
            self._k += 1
            missed += 1
        return missed
