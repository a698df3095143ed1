"""Making: every part of a host, put together here and only here."""

from porchlight.audit import asking, logkeys
from porchlight.audit.entries import Entries
from porchlight.audit.logs import Logs
from porchlight.audit.note import Verifier
from porchlight.audit.witness import Witness
from porchlight.cameras import Cameras, Desk
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
from porchlight.digests.digests import Digests
from porchlight.digests.hushed import Hushed
from porchlight.dpop import Seen
from porchlight.events import Events
from porchlight.exports import exports as releases
from porchlight.exports.exports import Exports
from porchlight.metrics import Metrics
from porchlight.parts import Parts
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
from porchlight.store import Store
from porchlight.streams.seats import Seats
from porchlight.streams.tilecache import TileCache
from porchlight.telling import Telling
from porchlight.transparency.reports import Publisher, Reports
from porchlight.updates.updates import Updates
from porchlight.views import Views
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


def parts_of(config: Config, clock: Clock) -> tuple[Parts, Desk]:
    """A host's parts, and what its cameras need of them. Nothing is opened or started yet."""
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
    entries_.named = Hushed(store, events_).named
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
        digests=Digests(store, entries_, events_, config.rules.tz),
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
