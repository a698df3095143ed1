"""A picture and the permit it may leave under -> the frames that leave now: none where nothing
moves, several where something begins to.
"""

from accord.wire import Frame
from agent.allowance import Allowance
from agent.frames import Outgoing
from agent.rolls import ALWAYS, LEARNING, MOTION, Shot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from accord.permit import Permit
    from agent.clock import Clock
    from agent.gate import Gate
    from agent.rolls import Rolls
    from agent.sight import Sight

UNREADABLE = "unreadable"


class Composer:
    """`boot`: this start's number. Frames are numbered from 0 at every boot, when it is decided
    that they leave; a frame that gets a number is sent or counted as dropped."""

    def __init__(
        self, gate: "Gate", clock: "Clock", *, sight: "Sight", rolls: "Rolls", boot: int
    ) -> None:
        self._gate = gate
        self._clock = clock
        self._sight = sight
        self._rolls = rolls
        self._allowance = Allowance()
        self._boot = boot
        self._sequence = 0

    @property
    def fault(self) -> str:
        """UNREADABLE while the board keeps everything back because it cannot tell what moves."""
        return UNREADABLE if self._sight.blind and not self._sends_all else ""

    @property
    def fault_detail(self) -> str:
        """Why the last picture could not be read, "" if it could."""
        return self._sight.fault

    def reset(self) -> None:
        """The gate opened or closed, or the picture changed: nothing is held or known."""
        self._sight.reset()
        self._rolls.reset()

    def forget(self) -> None:
        """Hold nothing of what was seen so far."""
        self._rolls.purge(lambda shot: False)

    def purge(self) -> None:
        """Let go of what may not leave any more."""
        self._rolls.purge(self._may_leave)

    def see(self, jpeg: bytearray, taken_ms: int) -> Shot | None:
        """Judge a picture, whether it may leave or not; None where there is no trusted time."""
        now_ms = self._clock.now_ms()
        if now_ms is None:
            return None
        shot = Shot(jpeg, taken_ms, now_ms, self._clock.code)
        self._sight.look(jpeg)
        shot.score = self._sight.score
        return shot

    def leaving(self, shot: Shot, permit: "Permit", due_ms: int) -> "list[Outgoing]":
        """The frames that leave now that `shot` was seen under `permit`, in order. None if it
        was unreadable: nobody knows whether something moves in it."""
        verdict = self._verdict(shot)
        if self._sight.fault and verdict != ALWAYS:
            self._rolls.kept_back(1)
            return []
        shot.permit = permit
        if verdict is not None:
            self.purge()
        leaving = self._rolls.leaving(shot, verdict)
        return [self._outgoing(reason, one, due_ms) for reason, one in leaving]

    def _verdict(self, shot: Shot) -> int | None:
        """Learning is a reason as long as there is an allowance; past it only what moves leaves."""
        if self._sends_all:
            return ALWAYS
        verdict = self._sight.verdict
        if verdict == LEARNING and not self._allowance.take(shot.taken_ms):
            return MOTION if self._sight.moves else None
        return verdict

    @property
    def _sends_all(self) -> bool:
        return self._gate.terms.mode == ALWAYS

    def _may_leave(self, shot: Shot) -> bool:
        return self._gate.wants(shot.permit) and self._gate.allows(shot.permit)

    def _outgoing(self, reason: int, shot: Shot, due_ms: int) -> Outgoing:
        number, self._sequence = self._sequence, self._sequence + 1
        frame = Frame(
            self._boot,
            number,
            shot.captured_ms,
            shot.clock,
            reason,
            shot.score,
            shot.permit.handle,
            shot.jpeg,
        )
        return Outgoing(shot.permit, frame, due_ms)
