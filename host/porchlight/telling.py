"""Telling hubs of grants: given, taken back, run out. Beside the log, which is the resident's.

A hub hears of what it may read (api/grants.py) and of nothing else: not of a grant that only
registers a camera, and of the answer to a request not before its time, so never of its giving.
"""

import logging
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from porchlight.consent import ledger
from porchlight.errors import StoreError
from porchlight.events import Events
from porchlight.store import Entry, Store
from porchlight.store.requests_model import RequestApproval

STATES: Final = {"grant.seen": "given", "grant.revoked": "revoked", "grant.expired": "expired"}
_REGISTER: Final = "register"
_log = logging.getLogger(__name__)


def hubs_told(session: Session, jti: str, at: int) -> list[str]:
    """Whom something about a grant concerns that happened at `at` (unix s), its resident aside."""
    kept = ledger.find(session, jti)
    if kept is None:
        return []
    actions = kept.claims["authorization_details"][0]["actions"]
    if all(action == _REGISTER for action in actions):
        return []
    if "req" in kept.claims:
        asked = select(RequestApproval.release_at).where(RequestApproval.jti == jti)
        release_at = session.scalar(asked)
        if release_at is None or release_at > at:
            return []
    return [thumb for thumb in kept.claims["aud"] if thumb != kept.resident]


class Telling:
    """Hands grant events to hubs as their entries are written. The event loop's thread only."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def heard(self, row: Entry) -> None:
        """An entry is on disk."""
        jti, state = row.jti, STATES.get(row.type)
        if state is None or jti is None:
            return
        at = row.ts_ms // 1000
        body = {"jti": jti, "camera": row.camera, "state": state}
        try:
            hubs = self._store.read_now(lambda session: hubs_told(session, jti, at))
        except StoreError as error:  # it is entered; they find it when they ask for their grants
            _log.error("hubs were not told of a grant: %s", error)
            return
        for hub in hubs:
            self._events.publish("grant", hub, body)
