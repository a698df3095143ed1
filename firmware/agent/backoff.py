"""How long to wait before the next attempt: doubling, with jitter, without end.

For the first minutes of an outage the wait stays short, so that a host that was restarted has its
boards back within seconds; after that it grows to a minute, so that a street of boards does not
hammer a host that is gone.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_MS = 250
SOON_MS = 4_000
SOON_FOR_MS = 300_000
LONG_MS = 60_000


class Backoff:
    """`random()` gives 0.0 up to 1.0."""

    def __init__(self, random: "Callable[[], float]") -> None:
        self._random = random
        self.reset()

    def reset(self) -> None:
        """It worked."""
        self._step_ms = FIRST_MS
        self._spent_ms = 0

    def next_ms(self) -> int:
        """The next wait: between half and all of the step."""
        most = SOON_MS if self._spent_ms < SOON_FOR_MS else LONG_MS
        step = min(self._step_ms, most)
        self._step_ms = min(self._step_ms * 2, LONG_MS)
        wait = step // 2 + int(self._random() * (step // 2))
        self._spent_ms += wait
        return wait
