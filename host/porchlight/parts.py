"""The host's parts, put together by app.py and met by the API."""

from dataclasses import dataclass

from porchlight.audit.asking import Asking
from porchlight.audit.entries import Entries
from porchlight.audit.logs import Logs
from porchlight.audit.witness import Witness
from porchlight.cameras import Cameras
from porchlight.clock import Clock
from porchlight.config import Config
from porchlight.consent.grants import Grants
from porchlight.dpop import Seen
from porchlight.events import Events
from porchlight.metrics import Metrics
from porchlight.registry import Registry
from porchlight.store import Store
from porchlight.streams.seats import Seats
from porchlight.streams.tilecache import TileCache
from porchlight.updates.updates import Updates
from porchlight.views import Views


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
    updates: Updates
    views: Views
    seats: Seats
    tiles: TileCache
    seen: Seen
