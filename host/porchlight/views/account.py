"""The account of the looks that are open, so that a crash loses at most its last minute.

Every minute the running totals of all of them go into one table, in one transaction. They are no
entries: those are kept for good, and a view of an hour would be sixty lines of a resident's log
instead of two. What a look had come to is written when it is closed; the host that starts after a
crash closes what was left open with the totals of the last minute (audit/entries.py), marked `cut`.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from porchlight.clock import Clock
from porchlight.errors import StoreError
from porchlight.store import LookAccount, Store
from porchlight.views.look import Look
from porchlight.views.view import View

EVERY_S: Final = 60.0
_TABLE: Final = cast(Table, LookAccount.__table__)
_log = logging.getLogger(__name__)


class Account:
    """`running`: the looks that are open now, each with its view."""

    def __init__(
        self, store: Store, clock: Clock, running: Callable[[], Iterable[tuple[View, Look]]]
    ) -> None:
        self._store = store
        self._clock = clock
        self._running = running
        self._due = clock.monotonic() + EVERY_S
        self._kept = False  # whether there may be rows in the table
        self._writing: asyncio.Task[None] | None = None

    def beat(self) -> None:
        """Write the totals if it is time; to be called again and again, in the loop's thread."""
        now = self._clock.monotonic()
        if now < self._due or self._writing is not None:
            return
        self._due = now + EVERY_S
        rows = [self._row(view, look) for view, look in self._running()]
        if rows or self._kept:
            self._writing = asyncio.get_running_loop().create_task(self._write(rows))

    def _row(self, view: View, look: Look) -> dict[str, Any]:
        seconds = max(0, self._clock.unix() - look.opened)
        counts = {"seconds": seconds, "frames": look.frames, "bytes": look.bytes}
        return {"view": view.id, "camera": look.camera.id, **counts}

    async def _write(self, rows: list[dict[str, Any]]) -> None:
        def work(session: Session) -> None:
            session.execute(_TABLE.delete())
            if rows:
                session.execute(_TABLE.insert(), rows)

        try:
            await self._store.run(work)
            self._kept = bool(rows)
        except StoreError as error:
            _log.error("the account of open views could not be kept: %s", error)
        finally:
            self._writing = None
