"""Frames on their way out: a bounded queue, the oldest dropped and counted.

Pre-roll comes in a burst, so it has room of its own: it neither pushes out what was waiting nor
is pushed out by what comes after it.
"""

from agent.rolls import PRE_ROLL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from accord.permit import Permit
    from accord.wire import Frame
    from agent.room import Room


class Outgoing:
    """One frame, the permit it may leave under, and when it should have left (elapsed ms)."""

    def __init__(self, permit: "Permit", frame: "Frame", due_ms: int) -> None:
        self.permit = permit
        self.frame = frame
        self.due_ms = due_ms

    @property
    def rolled(self) -> bool:
        return self.frame.reason == PRE_ROLL


class FrameQueue:
    """`room` bounds the frames kept, `roll_room` those of them that are pre-roll; one of each is
    kept even if it is larger."""

    def __init__(self, room: "Room", roll_room: "Room") -> None:
        self._rooms = (room, roll_room)
        self._frames: list[Outgoing] = []
        self.dropped = 0

    def put(self, outgoing: Outgoing) -> None:
        self._frames.append(outgoing)
        rolled = outgoing.rolled
        room = self._rooms[rolled]
        alike = [one for one in self._frames if one.rolled == rolled]
        held = sum([len(one.frame.jpeg) for one in alike])
        while len(alike) > 1 and room.passed(len(alike), held):
            oldest = alike.pop(0)
            held -= len(oldest.frame.jpeg)
            self._frames.remove(oldest)
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
