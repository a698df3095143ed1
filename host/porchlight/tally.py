"""Tally: how often something happened, reported once in a while. Bounds what a flood can write."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

PERIOD_S: Final = 60.0
MAX_KEYS: Final = 1_024


class Tally:
    """Counts per key; the first of a period is due at once, the rest wait for the next one."""

    def __init__(self, period_s: float = PERIOD_S, max_keys: int = MAX_KEYS) -> None:
        self._period_s = period_s
        self._max_keys = max_keys
        self._seen: OrderedDict[Hashable, tuple[float, int]] = OrderedDict()

    def due(self, key: Hashable, now: float) -> int:
        """Count one at `now` (monotonic s): how many to report, or 0 for "not yet".

        The oldest key is forgotten when there are too many; its unreported count with it.
        """
        since, held_back = self._seen.get(key, (now - self._period_s, 0))
        if now - since < self._period_s:
            self._seen[key] = (since, held_back + 1)
            return 0
        self._seen[key] = (now, 0)
        self._seen.move_to_end(key)
        if len(self._seen) > self._max_keys:
            self._seen.popitem(last=False)
        return held_back + 1
