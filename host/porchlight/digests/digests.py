"""Telling residents once a week. The host's pulse asks whether it is time, which is one look at
the clock; what a stop left out is told at the next start."""

import asyncio
import logging
from typing import Final

from sqlalchemy.orm import Session

from accord import tz
from porchlight.audit.entries import Entries
from porchlight.client import weekly
from porchlight.clock import Clock
from porchlight.digests import rows
from porchlight.digests.rows import Counted
from porchlight.errors import StoreError
from porchlight.events import Events
from porchlight.store import Store

TOGETHER: Final = 32  # residents in one transaction: others wait for it
PAUSE_S: Final = 0.05  # between two of them, for the others
AGAIN_MS: Final = 60_000  # after the database could not be used
_log = logging.getLogger(__name__)


class Digests:
    """One object per host; it belongs to the event loop's thread. `zone`: a POSIX time zone, whose
    Monday 08:00 it is."""

    def __init__(self, store: Store, entries: Entries, events: Events, zone: str) -> None:
        self._store = store
        self._entries = entries
        self._events = events
        self._zone = tz.parse(zone)
        self._due_ms = 0  # the first beat finds what was missed
        self._telling: asyncio.Task[None] | None = None

    def beat(self, clock: Clock) -> None:
        """Begin if it is time; to be called again and again."""
        if self._telling is None and clock.unix_ms() >= self._due_ms:
            self._telling = asyncio.get_running_loop().create_task(self.tell(clock))

    async def stop(self) -> None:
        """Leave what is not told yet to the next start."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)

    async def tell(self, clock: Clock) -> None:
        """Tell everybody who was not told of the weeks before this one."""
        now_ms = clock.unix_ms()
        self._due_ms = now_ms + AGAIN_MS
        at = weekly.begun(now_ms // 1000, self._zone)
        try:
            told = await self._some(at * 1000, "", now_ms)
            while told:
                await asyncio.sleep(PAUSE_S)
                told = await self._some(at * 1000, told, now_ms)
            self._due_ms = weekly.after(at, self._zone) * 1000
        except StoreError as error:
            _log.error("digests wait, for the database cannot be used: %s", error)
        finally:
            self._telling = None

    async def _some(self, at_ms: int, beyond: str, now_ms: int) -> str:
        """Tell the next ones; beyond whom to go on, "" at the end."""
        # Counting may take a while: not in the thread that views wait for.
        found = await asyncio.to_thread(self._count, at_ms, beyond)
        if not found:
            return ""
        for row in await self._store.run(lambda session: rows.tell(session, now_ms, found)):
            self._entries.announce(row)
            self._events.publish(rows.TYPE, str(row.resident), {"n": row.n, **(row.detail or {})})
        return found[-1].due.resident

    def _count(self, at_ms: int, beyond: str) -> list[Counted]:
        def read(session: Session) -> list[Counted]:
            whom = rows.due(session, at_ms, beyond, TOGETHER)
            return [rows.counted(session, one, at_ms) for one in whom]

        return self._store.read_now(read)
