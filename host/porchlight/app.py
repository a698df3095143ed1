"""The composition root: every part of a host is made here, and only here."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Final

from fastapi import FastAPI

from porchlight import ahead
from porchlight.api import (
    approvals,
    asked,
    boardlog,
    cameras,
    cases,
    clips,
    entries,
    events,
    exports,
    grants,
    guards,
    host,
    leases,
    log,
    me,
    motion,
    ogc,
    openapi,
    operators,
    pages,
    pictures,
    plays,
    problems,
    recording,
    requests,
    search,
    streams,
    transparency,
    updates,
    views,
    webhooks,
    witness,
)
from porchlight.audit import asking, logkeys
from porchlight.audit.entries import Entries, close_views
from porchlight.audit.logs import Logs
from porchlight.audit.note import Verifier
from porchlight.audit.witness import Witness
from porchlight.cameras import Cameras, Desk
from porchlight.clips import startup
from porchlight.clips.access import Access
from porchlight.clips.handout import Handouts
from porchlight.clips.plays import Plays
from porchlight.clips.recorder import MIB, Measures
from porchlight.clips.recorders import Recorders
from porchlight.clips.store import Clips
from porchlight.clock import Clock
from porchlight.config import Config
from porchlight.consent.agents import Agents
from porchlight.consent.grants import Grants
from porchlight.consent.leases import Leases
from porchlight.dpop import Seen
from porchlight.events import Events
from porchlight.exports import exports as releases
from porchlight.exports.exports import Exports
from porchlight.metrics import Metrics
from porchlight.parts import Parts
from porchlight.pulse import Pulse
from porchlight.quotas import Quotas
from porchlight.registry import Registry
from porchlight.requests.requests import Requests
from porchlight.requests.rounds import Log, Rounds
from porchlight.requests.spread import Slots
from porchlight.reuse import Reuse
from porchlight.search import place, pseudonyms
from porchlight.search.finder import Finder
from porchlight.search.index import Index
from porchlight.search.searches import Searches
from porchlight.sections import ClipRules
from porchlight.sources.board import Uplink, UplinkLimits
from porchlight.sources.marks import Marks
from porchlight.store import Store
from porchlight.streams.seats import Seats
from porchlight.streams.tilecache import TileCache
from porchlight.telling import Telling
from porchlight.transparency.reports import Publisher, Reports
from porchlight.updates.updates import Updates
from porchlight.views import Views
from porchlight.views.account import Account
from porchlight.views.approvals import Approvals
from porchlight.views.marking import Marking
from porchlight.views.opening import Opening
from porchlight.views.rules import HouseRules
from porchlight.views.signed import SignedLooks
from porchlight.webhooks.sending import Sender
from porchlight.webhooks.webhooks import Desk as HookDesk
from porchlight.webhooks.webhooks import Webhooks
from porchlight.who.issuers import Issuers
from porchlight.who.operators import Operators

RESTARTED: Final = "host-restarted"
# A new noun: one file, one word here.
NOUNS: Final = (
    me,
    operators,
    approvals,
    cameras,
    motion,
    boardlog,
    updates,
    grants,
    leases,
    views,
    search,
    requests,
    asked,
    streams,
    pictures,
    clips,
    plays,
    exports,
    recording,
    entries,
    log,
    cases,
    events,
    transparency,
    webhooks,
)
_log = logging.getLogger(__name__)


def build(config: Config, clock: Clock | None = None) -> FastAPI:
    """A host, not started: its lifespan opens the database and starts what runs by itself."""
    parts, desk = _parts(config, clock or Clock())
    limits = UplinkLimits(boards=config.limits.boards)
    uplink = Uplink(parts.cameras, Marks(parts.store), desk, limits)
    app = FastAPI(
        title="Porchlight host",
        docs_url=None,  # its page would be loaded from somebody else's server
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=_lifespan,
    )
    app.state.parts = parts
    app.state.uplink = uplink
    for noun in NOUNS:
        app.include_router(noun.router, prefix=openapi.API)
    app.include_router(host.router)
    app.include_router(ogc.router)
    app.include_router(transparency.pages)
    app.include_router(witness.router)
    app.include_router(pages.router())
    problems.install(app)
    approvals.install(app)
    openapi.install(app)
    _guard(app, config)
    return app


async def wind_down(app: FastAPI) -> None:
    """Say goodbye before the listeners close: event streams end, views end with their entries.

    Connections that never end by themselves would hold up a server that waits for them.
    """
    parts: Parts = app.state.parts
    parts.events.close()
    await parts.views.stop()
    parts.plays.stop()
    await parts.recorders.stop()


def _parts(config: Config, clock: Clock) -> tuple[Parts, Desk]:
    store = Store(config.database_url)
    events_, metrics = Events(), Metrics()
    keys = logkeys.load(config.home)
    entries_, logs = Entries(store, clock, events_, keys), Logs(store, keys)
    watched = [Verifier.from_vkey(vkey) for vkey in config.witness.watch]
    asking_ = asking.Asking(
        logs, asking.others(config.home, config.witness.ask), config.witness.seconds
    )
    entries_.on_grown(asking_.grown)
    registry = Registry(store, clock)
    desk = Desk(clock, entries_, events_, metrics)
    cameras_ = Cameras(registry, desk)
    grants_ = Grants(store, registry, cameras_, entries_, clock)
    index = Index()
    cameras_.on_held(index.held)
    here = place.Place(config.rules, registry)
    names = pseudonyms.load(config.home)
    finder = Finder(index, config.search.k, names.of, place.forbidden(here))
    operators_ = Operators(store, Issuers(store, clock), clock, config.operators)
    approvals_ = Approvals(store, desk, operators_, registry.owner)
    quotas = Quotas(store, clock, config.quotas)
    reuse = Reuse(store, clock, registry, config.quotas, config.search.k)
    signed = SignedLooks(keys.host, registry.key, clock, store, required=config.views.signed)
    house = HouseRules(operators_, approvals_, quotas, here, signed, reuse)
    tiles = TileCache()
    opening = Opening(cameras_, grants_, desk, house, Marking(tiles, overlay=config.views.overlay))
    agents = Agents(store, registry, cameras_, entries_, clock)
    updates_ = Updates(cameras_, entries_, clock)
    cameras_.on_attached(updates_.attached)
    cameras_.on_updated(updates_.heard)
    clips_ = Clips(store, entries_, clock, config.home / "clips", quota=config.clips.quota_mb * MIB)
    rounds = Rounds(store, Log(entries_, clock), Slots(config.requests.slot_seconds))
    requests_ = Requests(store, registry, grants_, rounds, host=keys.host)
    access = Access()
    access.window = requests_.window
    plays_ = Plays(clips_, cameras_, access, house, desk)
    handouts = Handouts(clips_, config.home / "exports")
    export_desk = releases.Desk(store, plays_, clips_, handouts, keys, registry.key)
    entries_.on_written(Telling(store, events_).heard)
    source = f"urn:porchlight:host:{keys.host}"
    hook_desk = HookDesk(store, registry, entries_, events_, clock, source)
    parts = Parts(
        config=config,
        clock=clock,
        store=store,
        events=events_,
        entries=entries_,
        logs=logs,
        witness=Witness(store, clock, keys.witness, watched),
        asking=asking_,
        metrics=metrics,
        registry=registry,
        cameras=cameras_,
        grants=grants_,
        agents=agents,
        leases=Leases(store, cameras_, grants_, agents, desk),
        updates=updates_,
        clips=clips_,
        plays=plays_,
        handouts=handouts,
        exports=Exports(config.home, export_desk),
        recorders=Recorders(cameras_, clips_, desk, _measures(config.clips)),
        operators=operators_,
        approvals=approvals_,
        quotas=quotas,
        reuse=reuse,
        views=Views(cameras_, opening, desk, config.views),
        searches=Searches(finder, entries_, clock, config.search, quotas),
        requests=requests_,
        reports=Reports(store, entries_, clock, Publisher.of(config)),
        webhooks=Webhooks(hook_desk, config.webhooks, Sender(config.webhooks)),
        seats=Seats(config.limits.viewers, lambda: metrics.late_s),
        tiles=tiles,
        seen=Seen(since=clock.unix()),
        signed=signed,
    )
    return parts, desk


def _measures(rules: ClipRules) -> Measures:
    return Measures(
        pre_s=rules.pre_roll_seconds,
        quiet_s=rules.quiet_seconds,
        longest_s=rules.longest_seconds,
        longest_bytes=rules.longest_mb * MIB,
        retain_s=rules.retain_seconds,
        spare_bytes=rules.spare_mb * MIB,
    )


def _guard(app: FastAPI, config: Config) -> None:
    """The last one added stands outermost."""
    app.add_middleware(
        guards.BodyCap,
        most_bytes=config.limits.body_bytes,
        seconds=config.limits.body_seconds,
    )
    app.add_middleware(guards.LoopbackNames)
    app.add_middleware(guards.ClosedDoors)


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
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
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        parts.tiles.close()
        parts.clips.close()
        parts.store.close()
        _log.info("stopped")


def _beats(parts: Parts) -> tuple[Callable[[], None], ...]:
    account = Account(parts.store, parts.clock, parts.views.running)
    return parts.views.sweep, parts.plays.sweep, parts.recorders.beat, account.beat


def _endless(work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
    """A task the host cannot do without: if it fails, the host stops rather than limps on."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_stop_if_failed)
    return task


def _stop_if_failed(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.critical("%s failed; the host stops", task.get_name(), exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)
