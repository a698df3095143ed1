"""How long each grant has been filmed under today: the daily limit `day_s`.

A day is the resident's local day (the grant's `tz`, UTC without one); a clock that goes back begins
none anew. Counted in elapsed time while a permit is open, stored about once a minute: a power cut
forgives at most that minute.
"""

from accord import tz

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from accord.grant import Grant

_DAY_S = 86400
_STORE_EVERY_MS = 60_000


class Days:
    """`stored`: what to_store() gave before, None for a fresh board. `lost`: it was damaged, so
    nobody knows what was used: today counts as used up."""

    def __init__(self, stored: "dict[str, Any] | None", lost: bool = False) -> None:
        used = {} if stored is None else stored["used"]
        self._used: dict[str, list[int]] = used  # jti -> [local day, ms]
        self._lost_on: int | None = None
        self._lost = lost
        self._unstored_ms = 0

    def spent(self, grant: "Grant", now: int) -> bool:
        """True if the grant's time for the local day of `now` is used up."""
        limit_s = grant.limits.get("day_s")
        if limit_s is None:
            return False
        day = _local(grant, now) // _DAY_S
        if self._lost and self._lost_on is None:
            self._lost_on = day
        if self._lost_on is not None and day <= self._lost_on:
            return True
        entry = self._used.get(grant.jti)
        return entry is not None and entry[0] >= day and entry[1] >= limit_s * 1000

    def count(self, grant: "Grant", now: int, ms: int) -> None:
        """`ms` more were filmed under `grant`, up to `now`; what of them was before midnight counts
        for a day that is over."""
        if "day_s" not in grant.limits:
            return
        local = _local(grant, now)
        entry = self._used.get(grant.jti)
        if entry is None or entry[0] < local // _DAY_S:
            entry = self._used[grant.jti] = [local // _DAY_S, 0]
            ms = min(ms, local % _DAY_S * 1000 + 999)  # `now` is the beginning of its second
        entry[1] += ms
        self._unstored_ms += ms

    def due(self) -> bool:
        """True about once a minute of filming: store now."""
        return self._unstored_ms >= _STORE_EVERY_MS

    def to_store(self, held: "list[Grant]") -> "dict[str, Any]":
        """What the store has to keep; grants no longer held are forgotten."""
        self._unstored_ms = 0
        kept = [grant.jti for grant in held]
        self._used = {jti: entry for jti, entry in self._used.items() if jti in kept}
        return {"used": self._used}


def _local(grant: "Grant", now: int) -> int:
    """Local seconds since 1970."""
    return now + tz.parse(grant.tz or "UTC0").offset_s(now)
