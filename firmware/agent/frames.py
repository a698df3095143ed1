"""Frames on their way out: a bounded queue, the oldest dropped and counted.

Pre-roll comes in a burst, so it has room of its own and pushes out nothing else. Where the line is
too slow for what follows, pre-roll gives way to it, the oldest first; and the picture that it was
released for is not lost because it had to wait for it.
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
        self.follows = False  # next after pre-roll: what that was released for

    @property
    def rolled(self) -> bool:
        return self.frame.reason == PRE_ROLL


class FrameQueue:
    """`roll_room` bounds the pre-roll kept, `room` all else. While pre-roll waits, the rest may
    have its room. One of each is kept even if it is larger."""

    def __init__(self, room: "Room", roll_room: "Room") -> None:
        self._rooms = (room, roll_room)
        self._whole = room.with_(roll_room)
        self._frames: list[Outgoing] = []
        self.dropped = 0

    def put(self, outgoing: Outgoing) -> None:
        frames, rolled = self._frames, outgoing.rolled
        outgoing.follows = bool(frames) and frames[-1].rolled and not rolled
        frames.append(outgoing)
        alike = [one for one in frames if one.rolled == rolled]
        giving = [] if rolled else [one for one in frames if one.rolled]
        while len(alike) > 1 and _passes(alike, self._rooms[rolled]):
            if giving:
                self._drop(giving.pop(0))
                if not _passes(frames, self._whole):
                    return
            else:
                self._drop(_least_missed(alike))

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

    def _drop(self, outgoing: Outgoing) -> None:
        self._frames.remove(outgoing)
        self.dropped += 1


def _passes(frames: "list[Outgoing]", room: "Room") -> bool:
    return room.passed(len(frames), sum([len(one.frame.jpeg) for one in frames]))


def _least_missed(frames: "list[Outgoing]") -> Outgoing:
    """Taken out: the oldest that follows no pre-roll; but not the newest."""
    for at in range(len(frames) - 1):
        if not frames[at].follows:
            return frames.pop(at)
    return frames.pop(0)
