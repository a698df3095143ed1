"""Frames on their way out: a bounded queue, the oldest dropped and counted."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from accord.permit import Permit
    from accord.wire import Frame

MAX_FRAMES = 8


class Outgoing:
    """One frame, the permit it may leave under, and when it should have left (elapsed ms)."""

    def __init__(self, permit: "Permit", frame: "Frame", due_ms: int) -> None:
        self.permit = permit
        self.frame = frame
        self.due_ms = due_ms


class FrameQueue:
    """`max_bytes` bounds the JPEG bytes kept; one frame is kept even if it is larger."""

    def __init__(self, max_bytes: int, max_frames: int = MAX_FRAMES) -> None:
        self._max_bytes = max_bytes
        self._max_frames = max_frames
        self._frames: list[Outgoing] = []
        self.dropped = 0

    def put(self, outgoing: Outgoing) -> None:
        self._frames.append(outgoing)
        while len(self._frames) > 1 and self._too_much():
            self._frames.pop(0)
            self.dropped += 1

    def take(self) -> Outgoing | None:
        """The oldest frame; it is the taker's now, and comes back never."""
        return self._frames.pop(0) if self._frames else None

    def purge(self, keep: "Callable[[Outgoing], bool]") -> None:
        """Drop, and count, what `keep` does not want."""
        kept = [outgoing for outgoing in self._frames if keep(outgoing)]
        self.dropped += len(self._frames) - len(kept)
        self._frames = kept

    def __len__(self) -> int:
        return len(self._frames)

    def _too_much(self) -> bool:
        total = sum([len(outgoing.frame.jpeg) for outgoing in self._frames])
        return len(self._frames) > self._max_frames or total > self._max_bytes
