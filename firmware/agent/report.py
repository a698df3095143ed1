"""What the board says about itself: counters since boot, and when a Status is due."""

from accord.wire import STATES, Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.clock import Clock
    from agent.frames import FrameQueue
    from agent.gate import Gate
    from agent.light import Light
    from agent.sensor import Sensor

EVERY_MS = 10_000
SENDING_MS = 3_000  # "sending" outlasts the pause between two frames
DARK, READY, SENDING = range(len(STATES))


class Report:
    def __init__(
        self,
        *,
        gate: "Gate",
        sensor: "Sensor",
        clock: "Clock",
        light: "Light",
        queue: "FrameQueue",
        elapsed_ms: "Callable[[], int]",
    ) -> None:
        self._gate = gate
        self._sensor = sensor
        self._clock = clock
        self._light = light
        self._queue = queue
        self._elapsed_ms = elapsed_ms
        self.fault = ""  # what keeps pictures back although the gate is open
        self._quiet = self._score = 0
        self.lost = 0  # frames that left the queue but not the board
        self._sent = self._sent_bytes = 0
        self._late_ms = 0
        self._sent_at: int | None = None
        self._told: tuple[int, int, int, str] | None = None
        self._told_at = 0

    def sent(self, jpeg_bytes: int, due_ms: int) -> None:
        """A picture was handed to the socket whole, this long after it was due."""
        now = self._elapsed_ms()
        self._sent += 1
        self._sent_bytes += jpeg_bytes
        self._sent_at = now
        self._late_ms = max(self._late_ms, min(now - due_ms, 65535))

    def saw(self, score: int) -> None:
        """A picture was judged, whether it leaves or not."""
        self._score = max(self._score, score)

    def keep_back(self, pictures: int) -> None:
        """So many leave nowhere."""
        self._quiet += pictures

    def due(self) -> bool:
        """Is it time for a Status: something changed, or ten seconds went by?"""
        return self._told != self._look() or self._elapsed_ms() - self._told_at >= EVERY_MS

    def status(self) -> Status:
        """The Status to be sent now."""
        self._told = look = self._look()
        self._told_at = self._elapsed_ms()
        state, sensor, clock, reason = look
        late, self._late_ms = self._late_ms, 0
        score, self._score = self._score, 0
        permits = self._gate.permits
        return Status(
            state,
            sensor,
            clock,
            int(self._light.was_lit()),
            self._sent,
            self._sent_bytes,
            self._queue.dropped + self.lost,
            self._quiet,
            late,
            score,
            permits[0].handle if permits else bytes(16),
            reason.encode(),
        )

    def forget(self) -> None:
        """A new connection: the host knows nothing yet."""
        self._told = None

    def _look(self) -> tuple[int, int, int, str]:
        powered = self._sensor.powered
        reason = self._gate.reason if self._gate.reason != "ok" else self.fault or "ok"
        sent_at = self._sent_at
        fresh = sent_at is not None and self._elapsed_ms() - sent_at < SENDING_MS
        state = (SENDING if fresh else READY) if powered else DARK
        return state, int(powered), self._clock.code, reason
