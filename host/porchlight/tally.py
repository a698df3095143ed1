"""Tally: how often something happened, reported once in a while. Bounds what a flood can write."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

PERIOD_S: Final = 60.0
MAX_KEYS: Final = 1_024


@dataclass
class _Count:
    since: float
    reported: int = 0
    held_back: int = 0


class Tally:
    """Counts per key; the first `burst` of a period are due at once, the rest wait for the next."""

    def __init__(
        self, period_s: float = PERIOD_S, *, burst: int = 1, max_keys: int = MAX_KEYS
    ) -> None:
        self._period_s = period_s
        self._burst = burst
        self._max_keys = max_keys
        self._seen: OrderedDict[Hashable, _Count] = OrderedDict()

    def due(self, key: Hashable, now: float) -> int:
        """Count one at `now` (monotonic s): how many to report, or 0 for "not yet".

        The oldest key is forgotten when there are too many; its unreported count with it.
        """
        count = self._seen.get(key)
        if count is None or now - count.since >= self._period_s:
            held_back = 0 if count is None else count.held_back
            self._seen[key] = _Count(now, 1)
            self._seen.move_to_end(key)
            if len(self._seen) > self._max_keys:
                self._seen.popitem(last=False)
            return held_back + 1
        if count.reported < self._burst:
            count.reported += 1
            return 1
        count.held_back += 1
        return 0
