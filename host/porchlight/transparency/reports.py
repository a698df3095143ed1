"""Reports as they are published: made once a quarter is over, entered in the log of every resident
who was counted, and only then shown. A quarter that is not over has none: two readings of one
quarter would tell what happened in between, and so to whom.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from porchlight.audit import entries as log
from porchlight.audit.entries import Entries
from porchlight.clock import Clock
from porchlight.config import Config
from porchlight.errors import NotFound
from porchlight.store import Entry, Store
from porchlight.store.webhooks_model import ReportPublished
from porchlight.transparency import reading, report
from porchlight.transparency.quarter import Quarter
from porchlight.transparency.told import Told

TOGETHER: Final = 256  # residents' logs in one transaction: others wait for it
ENTERED_AS: Final = "report.published"


@dataclass(frozen=True)
class Publisher:
    """Who publishes. `k`: how many residents a number must concern. `told`: by quarter."""

    host: str
    k: int
    told: Mapping[str, Told] = field(default_factory=dict)

    @classmethod
    def of(cls, config: Config) -> "Publisher":
        """As the settings have it."""
        return cls(config.host.name, config.search.k, config.told)

    def make(self, session: Session, quarter: Quarter, now_ms: int) -> "Made":
        """The report of a quarter; NotFound if that is not over, or before the log begins."""
        begun = reading.first_ms(session)
        if quarter.ends_ms > now_ms or begun is None or quarter.ends_ms <= begun:
            raise NotFound(
                "no-report", "there are reports of whole quarters that this host has seen"
            )
        found = reading.read(session, quarter)
        frame = report.Frame(self.host, quarter, self.k)
        made = report.make(found, frame, self.told.get(str(quarter), Told()))
        return Made(made, tuple(reading.contributors(found)))


@dataclass(frozen=True)
class Made:
    """A report, and whose logs it was made from: those are for the host alone."""

    report: dict[str, Any]
    residents: tuple[str, ...]

    def entering(self, now_ms: int) -> list[Callable[[Session], list[Entry]]]:
        """The transactions that enter it: once in each log, however often they are carried out."""
        return [
            _entering(self.report, self.residents[at : at + TOGETHER], now_ms)
            for at in range(0, len(self.residents), TOGETHER)
        ]


class Reports:
    """The reports of a running host. Belongs to the event loop's thread."""

    def __init__(self, store: Store, entries: Entries, clock: Clock, publisher: Publisher) -> None:
        self._store = store
        self._entries = entries
        self._clock = clock
        self._publisher = publisher
        self._published: dict[Quarter, dict[str, Any]] = {}
        self._turn = asyncio.Lock()

    async def of(self, quarter: Quarter) -> dict[str, Any]:
        """The report of a quarter, published; NotFound if there is none, StoreError if it could
        not be entered: then nobody is shown it."""
        async with self._turn:
            if quarter not in self._published:
                self._published[quarter] = await self._publish(quarter)
        return self._published[quarter]

    async def quarters(self) -> list[str]:
        """Those that have a report, newest first."""
        now = Quarter.at(self._clock.unix_ms())
        begun = await self._store.read(reading.first_ms)
        found = []
        at = now if begun is None else Quarter.at(begun)
        while at < now:
            found.append(str(at))
            at = at.next
        return found[::-1]

    async def _publish(self, quarter: Quarter) -> dict[str, Any]:
        now_ms = self._clock.unix_ms()
        # A quarter may be a million entries: not in the thread that views wait for.
        made = await asyncio.to_thread(
            self._store.read_now, lambda session: self._publisher.make(session, quarter, now_ms)
        )
        for entering in made.entering(now_ms):
            for row in await self._store.run(entering):
                self._entries.announce(row)
        return made.report


def _entering(
    made: Mapping[str, Any], residents: Sequence[str], now_ms: int
) -> Callable[[Session], list[Entry]]:
    name, digest = made["quarter"], made["sha256"]
    detail = {"quarter": name, "sha256": digest}

    def enter(session: Session) -> list[Entry]:
        wanted = select(ReportPublished.resident).where(
            ReportPublished.quarter == name,
            ReportPublished.sha256 == digest,
            ReportPublished.resident.in_(residents),
        )
        known = set(session.scalars(wanted))
        new = [resident for resident in residents if resident not in known]
        session.add_all(
            ReportPublished(resident=resident, quarter=name, sha256=digest) for resident in new
        )
        drafts = [{"type": ENTERED_AS, "resident": each, "detail": detail} for each in new]
        return log.write_all(session, now_ms, drafts)

    return enter
