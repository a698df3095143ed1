"""Quotas: how much one hub, one operator and one case may have. Residents have none.

    opens      cameras and clips opened in the last hour, by the hub and by each operator
    searches   in the last hour, likewise
    cameras    different cameras opened for one case in the last thirty days

Counted from what was entered, so that a restart forgets nothing; then in memory, so that two who
ask at the same moment do not both get the last one. A search that showed no camera was entered
nowhere, and is counted until the next restart only.
"""

from collections import OrderedDict, deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from porchlight.cases import case_key
from porchlight.clock import Clock
from porchlight.errors import TooMany
from porchlight.sections import QuotaRules
from porchlight.store import Entry, Store, Words
from porchlight.who.operator import Operator

OPENS: Final = "opens"
SEARCHES: Final = "searches"
HOUR_MS: Final = 3_600_000
CASE_MS: Final = 30 * 24 * HOUR_MS
MAX_KEPT: Final = 8_192  # hubs, and cases; who comes back after that is counted from the log again
OPENED: Final = ("view.open", "clip.played", "clip.released")
_ENTERED: Final = {OPENS: OPENED, SEARCHES: ("search",)}

Value = TypeVar("Value")
Spent = tuple[int, str | None, int]  # unix ms, operator, count


class Who(Protocol):
    """A registered resident or hub (registry.Party)."""

    @property
    def thumb(self) -> str: ...
    @property
    def is_resident(self) -> bool: ...


class QuotaSpent(TooMany):
    """429, with when there will be some again: `retry_after`, seconds."""

    def __init__(self, reason: str, detail: str, retry_after: int) -> None:
        super().__init__(reason, detail, headers={"Retry-After": str(retry_after)})
        self.retry_after = retry_after


@dataclass
class _Hour:
    """What one hub spent of one kind in the last hour, oldest first."""

    spent: deque[Spent] = field(default_factory=deque)

    def forget(self, now_ms: int) -> None:
        while self.spent and self.spent[0][0] <= now_ms - HOUR_MS:
            self.spent.popleft()

    def wait_s(self, now_ms: int, count: int, most: int, operator: str | None = None) -> int:
        """Seconds until `count` more fit below `most`, all or one operator's; 0 if they do now."""
        mine = [(at, n) for at, by, n in self.spent if operator is None or by == operator]
        over = sum(n for _, n in mine) + count - most
        for at, n in mine:
            if over <= 0:
                break
            over -= n
            if over <= 0:
                return _seconds(at + HOUR_MS - now_ms)
        return 0 if over <= 0 else HOUR_MS // 1000


class Quotas:
    """One object per host; everything belongs to the event loop's thread."""

    def __init__(self, store: Store, clock: Clock, rules: QuotaRules | None = None) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules or QuotaRules()
        self._hours: OrderedDict[tuple[str, str], _Hour] = OrderedDict()
        self._cases: OrderedDict[tuple[str, str], dict[str, int]] = OrderedDict()

    async def spend(
        self,
        who: Who,
        operator: Operator | None,
        case: str,
        what: str,
        count: int = 1,
        cameras: Collection[str] = (),
    ) -> None:
        """Take `count` of `what` (OPENS, SEARCHES), and these cameras for the case. All or nothing.

        QuotaSpent (a TooMany) says which is spent and for how long. Spent once this returns,
        whatever comes of it.
        """
        if who.is_resident:
            return
        hour = await self._hour(who.thumb, what)
        seen = await self._case(who.thumb, case) if cameras else {}
        # From here on nothing waits: what is checked is taken before anybody else is asked.
        now_ms = self._clock.unix_ms()
        self._check(hour, operator, what, count, now_ms)
        self._check_case(seen, cameras, now_ms)
        hour.spent.append((now_ms, None if operator is None else operator.id, count))
        seen.update(dict.fromkeys(cameras, now_ms))

    def cameras(self, who: Who, case: str) -> frozenset[str]:
        """What this hub opened for the case, as far as spend() has just counted it."""
        return frozenset(self._cases.get((who.thumb, case_key(case)), ()))

    def _check(
        self, hour: _Hour, operator: Operator | None, what: str, count: int, now_ms: int
    ) -> None:
        hour.forget(now_ms)
        hub_most: int = getattr(self._rules, f"hub_{what}")
        wait = hour.wait_s(now_ms, count, hub_most)
        if not wait and operator is not None:
            own_most: int = getattr(self._rules, f"operator_{what}")
            wait = hour.wait_s(now_ms, count, own_most, operator.id)
        if wait:
            raise QuotaSpent(f"too-many-{what}", "the quota of this hour is spent", wait)

    def _check_case(self, seen: dict[str, int], cameras: Collection[str], now_ms: int) -> None:
        for camera in [camera for camera, at in seen.items() if at <= now_ms - CASE_MS]:
            del seen[camera]
        over = len(seen.keys() | set(cameras)) - self._rules.case_cameras
        if over <= 0:
            return
        oldest = sorted(seen[camera] for camera in seen.keys() - set(cameras))
        free = oldest[min(over, len(oldest)) - 1] if oldest else now_ms
        wait = _seconds(free + CASE_MS - now_ms)
        raise QuotaSpent("too-many-cameras", "this case has had as many cameras as it may", wait)

    async def _hour(self, hub: str, what: str) -> _Hour:
        key = hub, what
        if key not in self._hours:
            since = self._clock.unix_ms() - HOUR_MS
            spent = await self._store.read(lambda s: _entered(s, hub, what, since))
            self._hours.setdefault(key, _Hour(deque(spent)))
        return _used(self._hours, key)

    async def _case(self, hub: str, case: str) -> dict[str, int]:
        key = hub, case_key(case)
        if key not in self._cases:
            since = self._clock.unix_ms() - CASE_MS
            seen = await self._store.read(lambda s: _cameras_of(s, *key, since))
            self._cases.setdefault(key, seen)
        return _used(self._cases, key)


def _used(kept: OrderedDict[tuple[str, str], Value], key: tuple[str, str]) -> Value:
    kept.move_to_end(key)
    if len(kept) > MAX_KEPT:
        kept.popitem(last=False)
    return kept[key]


def _entered(session: Session, hub: str, what: str, since_ms: int) -> list[Spent]:
    """What a hub did: one for each camera of a view; a search has an entry for each resident, and
    all of one search have the same time."""
    wanted = (
        select(Entry.ts_ms, Entry.detail, Entry.view, Entry.camera)
        .where(Entry.hub == hub, Entry.type.in_(_ENTERED[what]), Entry.ts_ms > since_ms)
        .order_by(Entry.ts_ms)
    )
    found: dict[object, Spent] = {}
    for at, detail, view, camera in session.execute(wanted):
        key = at if view is None else (view, camera)
        found.setdefault(key, (at, (detail or {}).get("operator"), 1))
    return list(found.values())


def _cameras_of(session: Session, hub: str, key: str, since_ms: int) -> dict[str, int]:
    """The cameras a hub opened for a case, however it spelt that, and when last (unix ms)."""
    wanted = (
        select(Entry.camera, func.max(Entry.ts_ms))
        .join(Words, Words.n == Entry.n)
        .where(Words.case_key == key, Entry.hub == hub, Entry.type.in_(OPENED))
        .where(Entry.ts_ms > since_ms)
        .group_by(Entry.camera)
    )
    return {camera: at for camera, at in session.execute(wanted) if camera is not None}


def _seconds(ms: int) -> int:
    return max(1, -(-ms // 1000))
