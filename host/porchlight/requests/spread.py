"""Work that is put off to a random moment of the next minute, so that no moment means anything.

How many residents a request concerns must not show in how busy this host is when. So nobody is
asked when a request comes, nor all at once: each resident at a moment of their own, drawn anew,
within the slot that follows.
"""

import heapq
import secrets
from collections.abc import Callable
from typing import Final, Generic, TypeVar

SLOT_S: Final = 60
SLOT_MS: Final = SLOT_S * 1000
Job = TypeVar("Job")
Draw = Callable[[int], int]


def next_slot(now_s: int) -> int:
    """When the next slot begins (unix s): later than now, and the same for all who ask in one."""
    return (now_s // SLOT_S + 1) * SLOT_S


class Spread(Generic[Job]):
    """`draw(n)`: a number from 0 up to n, n not included."""

    def __init__(self, draw: Draw = secrets.randbelow) -> None:
        self._draw = draw
        self._heap: list[tuple[int, int, Job]] = []
        self._serial = 0

    def put(self, job: Job, now_ms: int) -> None:
        """Put a job off to some moment of the minute from `now_ms` (unix) on."""
        self._serial += 1  # jobs are not compared
        heapq.heappush(self._heap, (now_ms + self._draw(SLOT_MS), self._serial, job))

    def due(self, now_ms: int) -> list[Job]:
        """The jobs whose moment has come, which are taken out."""
        found = []
        while self._heap and self._heap[0][0] <= now_ms:
            found.append(heapq.heappop(self._heap)[2])
        return found
