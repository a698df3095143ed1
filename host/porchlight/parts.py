"""The host's parts, put together by making.py and met by the API."""

from dataclasses import dataclass

from porchlight.audit.asking import Asking
from porchlight.audit.entries import Entries
from porchlight.audit.logs import Logs
from porchlight.audit.witness import Witness
from porchlight.cameras import Cameras
from porchlight.clips.handout import Handouts
from porchlight.clips.plays import Plays
from porchlight.clips.recorders import Recorders
from porchlight.clips.store import Clips
from porchlight.clock import Clock
from porchlight.config import Config
from porchlight.consent.agents import Agents
from porchlight.consent.grants import Grants
from porchlight.consent.leases import Leases
from porchlight.digests.digests import Digests
from porchlight.dpop import Seen
from porchlight.events import Events
from porchlight.exports.exports import Exports
from porchlight.metrics import Metrics
from porchlight.quotas import Quotas
from porchlight.registry import Registry
from porchlight.requests.requests import Requests
from porchlight.reuse import Reuse
from porchlight.search.searches import Searches
from porchlight.store import Store
from porchlight.streams.seats import Seats
from porchlight.streams.tilecache import TileCache
from porchlight.transparency.reports import Reports
from porchlight.updates.updates import Updates
from porchlight.views import Views
from porchlight.views.approvals import Approvals
from porchlight.views.signed import SignedLooks
from porchlight.webhooks.webhooks import Webhooks
from porchlight.who.operators import Operators


@dataclass(frozen=True)
class Parts:
    """One running host. The database is open, the rest is plain objects."""

    config: Config
    clock: Clock
    store: Store
    events: Events
    entries: Entries
    logs: Logs
    witness: Witness
    asking: Asking
    metrics: Metrics
    registry: Registry
    cameras: Cameras
    grants: Grants
    agents: Agents
    leases: Leases
    updates: Updates
    operators: Operators
    approvals: Approvals
    quotas: Quotas
    reuse: Reuse
    views: Views
    searches: Searches
    requests: Requests
    reports: Reports
    webhooks: Webhooks
    digests: Digests
    clips: Clips
    plays: Plays
    handouts: Handouts
    exports: Exports
    recorders: Recorders
    seats: Seats
    tiles: TileCache
    seen: Seen
    signed: SignedLooks
