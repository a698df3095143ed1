"""A picture and the permit it may leave under -> the frame that tells it, if anything moves."""

from accord.wire import Frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from accord.permit import Permit
    from agent.clock import Clock
    from agent.gate import Gate
    from agent.motion import SizeMotion

ALWAYS = 0  # in accord.wire.MODES and in FRAME_REASONS


class Composer:
    """`boot`: this start's number. Frames are numbered from 0 at every boot, and a frame that
    gets a number is sent or counted as dropped."""

    def __init__(self, gate: "Gate", clock: "Clock", motion: "SizeMotion", boot: int) -> None:
        self._gate = gate
        self._clock = clock
        self._motion = motion
        self._boot = boot
        self._sequence = 0

    def reset(self) -> None:
        """The gate opened: nothing is known about what moves."""
        self._motion.reset()

    def frame(self, jpeg: bytearray, permit: "Permit") -> Frame | None:
        """None where nothing moves, or where the trusted time was lost meanwhile."""
        now_ms = self._clock.now_ms()
        if now_ms is None:
            return None
        reason: int | None
        reason, score = self._motion.judge(len(jpeg), now_ms)
        if self._gate.terms.mode == ALWAYS:
            reason = ALWAYS
        if reason is None:
            return None
        number, self._sequence = self._sequence, self._sequence + 1
        clock, handle = self._clock.code, permit.handle
        return Frame(self._boot, number, now_ms, clock, reason, score, handle, jpeg)
