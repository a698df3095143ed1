"""How much of a board's memory pictures may take."""

MAX_FRAMES = 8  # that wait for the line; more would only be older
MAX_BYTES = 256_000
MAX_ROLL_FRAMES = 64
MAX_ROLL_BYTES = 512_000


class Room:
    """How many pictures may be kept, and how many bytes of them."""

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self._max_frames = max_frames
        self._max_bytes = max_bytes

    def passed(self, frames: int, size: int) -> bool:
        """Are so many pictures, of `size` bytes together, too much?"""
        return frames > self._max_frames or size > self._max_bytes

    def with_(self, other: "Room") -> "Room":
        """Both together."""
        return Room(self._max_frames + other._max_frames, self._max_bytes + other._max_bytes)


def rooms(free_bytes: int) -> tuple[Room, Room]:
    """For the queue, and for pre-roll, on a board with this much memory free. At worst the line
    is stuck with both full while as much pre-roll is held anew: half of the memory."""
    queue = Room(MAX_FRAMES, min(MAX_BYTES, free_bytes // 4))
    return queue, Room(MAX_ROLL_FRAMES, min(MAX_ROLL_BYTES, free_bytes // 8))
