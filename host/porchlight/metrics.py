"""What this host counts, for /metrics. One object, handed in; no module-level registry.

No label names a camera, a resident or a hub: a public counter must not tell who takes part.
What happens to one camera is told to its resident, by /api/v1/cameras and the log.
"""

import statistics
from collections import deque
from collections.abc import Callable
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from porchlight.counting import Count, Spread

LAG_SAMPLES: Final = 3
_LATE_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_LAG_BUCKETS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class Metrics:
    """Counters by the words of the glossary. `frames_in` counts accepted frames only."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.frames_in = self._count("frames_in", "Frames taken from sources.")
        self.bytes_in = self._count("frame_bytes_in", "JPEG bytes taken from sources.")
        self.frames_out = self._count("frames_out", "Frames handed to viewers.")
        self.bytes_out = self._count("frame_bytes_out", "JPEG bytes handed to viewers.")
        self.repeated = self._count("frames_repeated", "Frames viewers were handed once more.")
        self.skipped = self._counter("frames_skipped", "Frames a viewer was too slow for.")
        self.gaps = self._counter("sequence_gaps", "Sequence numbers that sources left out.")
        self.repeats = self._counter("sequence_repeats", "Frames refused as repeated or replayed.")
        self.sessions = self._counter("board_sessions", "Sessions that boards proved and opened.")
        self.garbage = self._counter("garbage", "Connections ended for what they sent.", "kind")
        self.refusals = self._counter(
            "refusals", "What was refused, by the word that also goes to the log.", "what", "reason"
        )
        self._late_s: deque[float] = deque([0.0] * LAG_SAMPLES, maxlen=LAG_SAMPLES)
        self.late = Histogram(
            "porchlight_board_late_seconds",
            "The latest that a frame left its board after it was due, once a board's report.",
            buckets=_LATE_BUCKETS,
            registry=self.registry,
        )
        self.lag = Spread(
            "porchlight_loop_lag_seconds",
            "How late the event loop comes back to a timer.",
            _LAG_BUCKETS,
            self.registry,
        )

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Register a figure that is read at scrape time."""
        Gauge(f"porchlight_{name}", text, registry=self.registry).set_function(read)

    def refused(self, what: str, reason: str) -> None:
        """Count a refusal; `what` is frame, board, view, grant or connection."""
        self.refusals.labels(what, reason).inc()

    def shown(self, frames: int, size_bytes: int) -> None:
        """Count what viewers were handed, all of them together."""
        self.frames_out.value += frames
        self.bytes_out.value += size_bytes

    def was_late(self, seconds: float) -> None:
        """Note how late the loop came back to a timer."""
        self._late_s.append(seconds)
        self.lag.observe(seconds)

    @property
    def late_s(self) -> float:
        """How late the loop is nowadays. The median: a hiccup of the machine is no overload."""
        return statistics.median(self._late_s)

    def render(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"porchlight_{name}", text, labels, registry=self.registry)

    def _count(self, name: str, text: str) -> Count:
        return Count(f"porchlight_{name}", text, self.registry)
