"""Putting requests before the residents they concern, and telling them when one is over.

None of it is done while a hub waits: a request is answered as soon as it is stored, whomever it
concerns. Residents are asked in the slot that follows, each at a random moment of it and in a
transaction of their own; so are they told of the end, those who refused like those who kept silent.
What is left of it after a stop is found again in the database.
"""

import asyncio
import functools
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from porchlight.audit.entries import Entries
from porchlight.clock import Clock
from porchlight.errors import StoreError
from porchlight.requests import addressing
from porchlight.requests.addressing import Addressee
from porchlight.requests.rows import Kept
from porchlight.requests.spread import Draw, Slots, Spread
from porchlight.store import Store
from porchlight.store.models import Entry

SWEEP_S: Final = 1.0
# Rounds begin with a slot. For so long into it the database is read again: what came in the slot
# before may have been written a moment later.
EAGER_S: Final = 5
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Log:
    """Where what happens is written, and when that is."""

    entries: Entries
    clock: Clock


@dataclass(frozen=True)
class _Round:
    """One of the two things that are done about a request, for each resident it concerns."""

    find: Callable[[Session, int, int], list[Kept]]
    whom: Callable[[Kept, Session], list[Addressee]]
    tell: Callable[[Session, Addressee, int], Entry | None]
    finish: Callable[[Session, str, int], None]


_ROUNDS: Final = (
    _Round(addressing.waiting, addressing.addressees, addressing.ask, addressing.all_asked),
    _Round(addressing.over, addressing.unanswered, addressing.end, addressing.closed),
)
# Which round, which request, and whom; nobody: a moment that every request has, asked or not.
_Job = tuple[_Round, Kept, Addressee | None]


class Rounds:
    """One object per host; its coroutines belong to the event loop's thread."""

    def __init__(self, store: Store, log: Log, slots: Slots, draw: Draw | None = None) -> None:
        self.slots = slots
        self._store = store
        self.log = log
        self._entries = log.entries
        self._clock = log.clock
        self._spread: Spread[_Job] = Spread(slots) if draw is None else Spread(slots, draw)
        self._left: Counter[tuple[_Round, str]] = Counter()
        self._turn = asyncio.Lock()
        self._read: dict[_Round, int] = {}  # the slot in which the database was read last

    async def keep_sweeping(self) -> None:
        """Run for the life of the host."""
        while True:
            await asyncio.sleep(SWEEP_S)
            await self.sweep()

    async def sweep(self) -> None:
        """Begin what is due to begin, and do what has its moment now."""
        async with self._turn:
            try:
                for round in _ROUNDS:
                    await self._begin(round)
            except StoreError as error:
                _log.error("requests wait, for the database cannot be read: %s", error)
            for job in self._spread.due(self._clock.unix_ms()):
                await self._do(job)

    async def _begin(self, round: _Round) -> None:
        """Draw a moment for everybody a new round concerns."""
        now_ms = self._clock.unix_ms()
        now, begun = now_ms // 1000, self.slots.begun(now_ms // 1000)
        if self._read.get(round) == begun and now - begun >= EAGER_S:
            return
        for request in await self._store.read(lambda s: round.find(s, now, begun)):
            if (round, request.id) in self._left:
                continue
            whom = await self._store.read(functools.partial(round.whom, request))
            self._left[round, request.id] = len(whom) + 1
            for one in (None, *whom):
                self._spread.put((round, request, one), now_ms)
        self._read[round] = begun

    async def _do(self, job: _Job) -> None:
        round, request, whom = job
        now_ms = self._clock.unix_ms()
        try:
            if whom is not None:
                entry = await self._store.run(lambda s: round.tell(s, whom, now_ms))
                if entry is not None:
                    self._entries.announce(entry)
            if self._left[round, request.id] == 1:
                await self._store.run(lambda s: round.finish(s, request.id, now_ms // 1000))
        except StoreError as error:
            _log.error("a request waits, for the database cannot be written: %s", error)
            self._spread.put(job, now_ms)
            return
        self._left[round, request.id] -= 1
        if not self._left[round, request.id]:
            del self._left[round, request.id]
