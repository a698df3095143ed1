"""Work that is put off to a random moment of the next slot, so that no moment means anything.

How many residents a request concerns must not show in how busy this host is when. So nobody is
asked when a request comes, nor all at once: each resident at a moment of their own, drawn anew,
within the slot that follows.
"""

import heapq
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

SLOT_S: Final = 60
MIN_LEAD_S: Final = 5  # for signing a yes and handing it in
MAX_AHEAD_S: Final = 600  # how late a yes may begin, beside a few slots
Job = TypeVar("Job")
Draw = Callable[[int], int]


@dataclass(frozen=True)
class Slots:
    """Time in pieces of `seconds`, the same for all who ask and all who answer."""

    seconds: int = SLOT_S

    def begun(self, now: int) -> int:
        """When the slot of `now` began (unix s)."""
        return now // self.seconds * self.seconds

    def next(self, now: int) -> int:
        """When the next one begins: later than now."""
        return self.begun(now) + self.seconds

    def begins_at(self, moment: int) -> bool:
        """Whether a slot begins at this very second."""
        return self.begun(moment) == moment

    def suggested(self, now: int) -> int:
        """When a grant that is signed now should begin: not with the very next slot, which may have
        begun when the grant comes here."""
        return self.next(now + max(self.seconds, MIN_LEAD_S))

    def beginnings(self, now: int) -> tuple[int, int]:
        """Between which times a grant that answers at `now` has to begin."""
        return self.next(now), now + max(MAX_AHEAD_S, 3 * self.seconds)


class Spread(Generic[Job]):
    """`draw(n)`: a number from 0 up to n, n not included."""

    def __init__(self, slots: Slots, draw: Draw = secrets.randbelow) -> None:
        self._slot_ms = slots.seconds * 1000
        self._draw = draw
        self._heap: list[tuple[int, int, Job]] = []
        self._serial = 0

    def put(self, job: Job, now_ms: int) -> None:
        """Put a job off to some moment of a slot's length from `now_ms` (unix) on."""
        self._serial += 1  # jobs are not compared
        heapq.heappush(self._heap, (now_ms + self._draw(self._slot_ms), self._serial, job))

    def due(self, now_ms: int) -> list[Job]:
        """The jobs whose moment has come, which are taken out."""
        if self._heap and self._heap[0][0] > now_ms + self._slot_ms:
            self._draw_anew(now_ms)  # the clock went back; nobody waits until it has caught up
        found = []
        while self._heap and self._heap[0][0] <= now_ms:
            found.append(heapq.heappop(self._heap)[2])
        return found

    def _draw_anew(self, now_ms: int) -> None:
        put_off, self._heap = self._heap, []
        for _, _, job in put_off:
            self.put(job, now_ms)
