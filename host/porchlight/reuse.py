"""Case reuse: one case number that serves for many cameras, or for places far apart, is flagged: in
the entries of openings from then on, for the hub's auditor, and in the transparency report.

    many-cameras    more than `flag_cameras` different ones in thirty days
    far-apart       two of them more than `flag_km` from each other
    many-and-far    both

Numbers are one however they are spelt (cases.py). Places are taken to a hundredth of a degree, and
a camera without one is far from nothing.
"""

import asyncio
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from porchlight.clock import Clock
from porchlight.errors import TooMany
from porchlight.quotas import CASE_MS, OPENED
from porchlight.registry import Registry
from porchlight.search import sphere
from porchlight.search.sphere import Point
from porchlight.sections import QuotaRules
from porchlight.store import Entry, Store, Words
from porchlight.tally import PERIOD_S, Tally

MANY: Final = "many-cameras"
FAR: Final = "far-apart"
BOTH: Final = "many-and-far"
LISTED: Final = 30  # lists a minute for one hub: each reads what it opened in thirty days
_UNIT: Final = 10_000_000  # of a place, in a degree


@dataclass
class Used:
    """A case of one hub. `case`: as it was spelt last; `first_ms` and `last_ms`: unix ms."""

    case: str = ""
    cameras: set[str] = field(default_factory=set)
    openings: int = 0
    first_ms: int = 0
    last_ms: int = 0
    flag: str | None = None


class Reuse:
    """`k`: how many other residents a resident's entry must have behind it to say anything."""

    def __init__(
        self, store: Store, clock: Clock, registry: Registry, rules: QuotaRules, k: int
    ) -> None:
        self._store = store
        self._clock = clock
        self._registry = registry
        self._rules = rules
        self._k = k
        self._listed = Tally(burst=LISTED)

    def flag(self, cameras: Collection[str]) -> str | None:
        """How these cameras of one case are flagged; None: not at all."""
        many = len(cameras) > self._rules.flag_cameras
        far = self._is_far(cameras)
        if many and far:
            return BOTH
        return MANY if many else FAR if far else None

    def notes(self, cameras: Collection[str]) -> dict[str, str]:
        """What the entry of an opening says of its case's cameras, itself among them: nothing where
        it would tell of fewer than k others."""
        residents = {self._registry.owner(camera) for camera in cameras}
        flag = self.flag(cameras) if len(residents) > self._k else None
        return {} if flag is None else {"case_use": flag}

    async def flagged(self, hub: str) -> list[Used]:
        """This hub's flagged cases of the last thirty days, most cameras first; TooMany."""
        if not self._listed.due(hub, self._clock.monotonic()):
            retry = {"Retry-After": str(round(PERIOD_S))}
            raise TooMany("too-many-requests", "cases are listed too often", headers=retry)
        since_ms = self._clock.unix_ms() - CASE_MS
        found = list(await self._store.read(lambda session: _used(session, hub, since_ms)))
        for one in found:
            one.flag = self.flag(one.cameras)
            await asyncio.sleep(0)  # there may be thousands, and pictures wait for nobody
        flagged = [one for one in found if one.flag is not None]
        return sorted(flagged, key=lambda one: (-len(one.cameras), one.case))

    def _is_far(self, cameras: Collection[str]) -> bool:
        """Distances are along chords: those are monotonous, and one reading of `flag_km` is one."""
        places = {place for place in map(self._place, cameras) if place is not None}
        turn = min(math.pi, self._rules.flag_km * 1000 / sphere.EARTH_M)
        chord = 2 * math.sin(turn / 2)
        vectors = [sphere.vector(place) for place in places]
        return any(math.dist(a, b) > chord for a, b in combinations(vectors, 2))

    def _place(self, camera: str) -> Point | None:
        record = self._registry.camera(camera)
        if record is None or record.place is None:
            return None
        lat, lon = record.place["lat"] / _UNIT, record.place["lon"] / _UNIT
        return Point(round(lat, 2), round(lon, 2))


def _used(session: Session, hub: str, since_ms: int) -> Iterator[Used]:
    which = (Words.case_key, Words.case, Entry.camera)
    columns: tuple[Any, ...] = (*which, func.count(), func.min(Entry.ts_ms), func.max(Entry.ts_ms))
    wanted = (
        select(*columns)
        .join(Words, Words.n == Entry.n)
        .where(Entry.hub == hub, Entry.type.in_(OPENED), Entry.ts_ms > since_ms)
        .where(Words.case_key.is_not(None), Entry.camera.is_not(None))
        .group_by(*which)
    )
    found: dict[str, Used] = {}
    for key, case, camera, openings, first_ms, last_ms in session.execute(wanted):
        used = found.setdefault(key, Used(first_ms=first_ms))
        used.cameras.add(camera)
        used.openings += openings
        used.first_ms = min(used.first_ms, first_ms)
        if last_ms >= used.last_ms:
            used.last_ms, used.case = last_ms, case
    yield from found.values()
