"""Which pictures leave: what moves, and what was seen shortly before it and shortly after.

A picture in which nothing moves is held for a few seconds. If something moves meanwhile, it leaves
first, as pre-roll; if not, it is gone and counts as quiet. Post-roll is whatever follows for a
while. No I/O, no clock: every picture brings the time it was taken at.
"""

from accord.wire import FRAME_REASONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from accord.permit import Permit
    from agent.room import Room

ALWAYS, MOTION, LEARNING, PRE_ROLL, POST_ROLL = range(len(FRAME_REASONS))


class Shot:
    """One picture: `taken_ms` elapsed, when the sensor was asked for it; `captured_ms` unix, as
    the trusted time was by `clock`; `permit`, what it may leave under, once the gate said so."""

    permit: "Permit"

    def __init__(self, jpeg: bytearray, taken_ms: int, captured_ms: int, clock: int) -> None:
        self.jpeg = jpeg
        self.taken_ms = taken_ms
        self.captured_ms = captured_ms
        self.clock = clock
        self.score = 0


class Rolls:
    """`kept_back(n)` hears of pictures that leave nowhere; `cramped(n)`, which is for main to set,
    once, when there is room for no more than n and one has to go before its time."""

    def __init__(
        self, room: "Room", *, pre_ms: int, post_ms: int, kept_back: "Callable[[int], None]"
    ) -> None:
        self._room = room
        self._pre_ms = pre_ms
        self._post_ms = post_ms
        self.kept_back = kept_back
        self.cramped: Callable[[int], None] = _nobody_hears
        self._held: list[Shot] = []
        self._held_bytes = 0
        self._moved_ms: int | None = None

    def reset(self) -> None:
        """Hold nothing, and know of no motion."""
        self._moved_ms = None
        self.purge(_nothing)

    def purge(self, keep: "Callable[[Shot], bool]") -> None:
        """Of what is held, let go of what `keep` does not want."""
        kept = [shot for shot in self._held if keep(shot)]
        gone = len(self._held) - len(kept)
        self._held = kept
        self._held_bytes = sum([len(shot.jpeg) for shot in kept])
        if gone:
            self.kept_back(gone)

    def leaving(self, shot: Shot, verdict: int | None) -> "list[tuple[int, Shot]]":
        """What leaves now, oldest first, each with its reason. `verdict`: ALWAYS, MOTION or
        LEARNING; None where nothing moves."""
        if verdict == MOTION:
            self._moved_ms = shot.taken_ms
        elif verdict is None and self._rolls_on(shot.taken_ms):
            verdict = POST_ROLL
        if verdict is None:
            self._hold(shot)
            return []
        if verdict != MOTION and verdict != POST_ROLL:
            self.purge(_nothing)  # held while less was shown, or less was known
        # Whatever leaves, nothing older may leave later.
        return [(PRE_ROLL, held) for held in self._release(shot.taken_ms)] + [(verdict, shot)]

    def _rolls_on(self, now_ms: int) -> bool:
        return self._moved_ms is not None and now_ms - self._moved_ms <= self._post_ms

    def _hold(self, shot: Shot) -> None:
        self._held.append(shot)
        self._held_bytes += len(shot.jpeg)
        self._trim(shot.taken_ms)

    def _release(self, now_ms: int) -> "list[Shot]":
        self._trim(now_ms)
        released, self._held, self._held_bytes = self._held, [], 0
        return released

    def _trim(self, now_ms: int) -> None:
        """Let go of what is too old or too much, the oldest first."""
        held, gone = self._held, 0
        while held and self._lets_go(now_ms - held[0].taken_ms):
            self._held_bytes -= len(held.pop(0).jpeg)
            gone += 1
        if gone:
            self.kept_back(gone)

    def _lets_go(self, age_ms: int) -> bool:
        """Has the oldest, of this age, to go?"""
        if self._pre_ms == 0 or age_ms > self._pre_ms:
            return True
        if not self._room.passed(len(self._held), self._held_bytes):
            return False
        self.cramped(len(self._held) - 1)
        self.cramped = _nobody_hears
        return True


def _nobody_hears(pictures: int) -> None:
    pass


def _nothing(shot: Shot) -> bool:
    return False
