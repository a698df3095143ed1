"""Running: from an opened database to a closed one, with what runs by itself in between."""

import asyncio
import contextlib
import functools
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Final

from fastapi import FastAPI

from porchlight import ahead
from porchlight.audit.entries import close_views
from porchlight.clips import startup
from porchlight.parts import Parts
from porchlight.pulse import Pulse
from porchlight.views.account import Account

RESTARTED: Final = "host-restarted"
_log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """What it yields, the server hands to connections: upgrades.py."""
    parts: Parts = app.state.parts
    parts.store.open()
    used = parts.store.read_now(ahead.load)
    parts.seen.recall(used)
    parts.signed.recall(used)
    held = parts.grants.load()
    parts.leases.load()
    parts.webhooks.load()
    now_ms = parts.clock.unix_ms()
    left_open = parts.store.run_now(lambda session: close_views(session, now_ms, RESTARTED))
    parts.handouts.start()
    found = startup.load(parts.clips, parts.store, parts.registry.owner)
    _log.info("started", extra={"grants": held, "views_closed": left_open, "clips": found})
    loop = asyncio.get_running_loop()
    parts.metrics.gauge("tasks", "Tasks running now.", lambda: len(asyncio.all_tasks(loop)))
    tasks = [
        _endless(parts.grants.keep_sweeping(), "grants"),
        _endless(parts.asking.run(), "asking"),
        _endless(parts.webhooks.run(), "webhooks"),
        _endless(parts.clips.keep_sweeping(), "clips"),
        _endless(parts.requests.rounds.keep_sweeping(), "requests"),
        _endless(Pulse(parts.metrics.was_late, *_beats(parts)).run(), "pulse"),
    ]
    try:
        yield {"uplink": app.state.uplink.serve}
    finally:
        await wind_down(app)
        await app.state.uplink.settle()
        await parts.digests.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        parts.tiles.close()
        parts.clips.close()
        parts.store.close()
        _log.info("stopped")


def _beats(parts: Parts) -> tuple[Callable[[], None], ...]:
    account = Account(parts.store, parts.clock, parts.views.running)
    digest = functools.partial(parts.digests.beat, parts.clock)
    return parts.views.sweep, parts.plays.sweep, parts.recorders.beat, account.beat, digest


def _endless(work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
    """A task the host cannot do without: if it fails, the host stops rather than limps on."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_stop_if_failed)
    return task


def _stop_if_failed(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.critical("%s failed; the host stops", task.get_name(), exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)


async def wind_down(app: FastAPI) -> None:
    """Say goodbye before the listeners close: event streams end, views end with their entries.

    Connections that never end by themselves would hold up a server that waits for them.
    """
    parts: Parts = app.state.parts
    parts.events.close()
    await parts.views.stop()
    parts.plays.stop()
    await parts.recorders.stop()
