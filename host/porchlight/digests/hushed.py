"""What a grant with `notify: digest` keeps quiet: single looks. They are entered and counted like
all others, and told by the digest; a refusal, an emergency or a request is always told at once."""

from typing import Final

from sqlalchemy.orm import Session

from porchlight.consent import ledger
from porchlight.errors import StoreError
from porchlight.events import Events
from porchlight.store import Entry, Store

QUIET: Final = "quiet"
SINGLY: Final = frozenset({"view.open", "view.close", "clip.played", "clip.released"})


def is_hushed(session: Session, row: Entry) -> bool:
    """Whether its resident is told of it by the digest alone."""
    if row.type not in SINGLY or row.jti is None:
        return False
    kept = ledger.find(session, row.jti)
    if kept is None or kept.resident != row.resident:
        return False
    return bool(kept.claims["authorization_details"][0].get("notify") == "digest")


class Hushed:
    """For the event stream: what somebody's automation hears of as `entry`, and what their screens
    do as `quiet`."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def named(self, row: Entry) -> str:
        """What an entry's event is called. The event loop's thread only."""
        if row.type not in SINGLY or not self._events.count_of(row.resident or ""):
            return "entry"
        try:
            hushed = self._store.read_now(lambda session: is_hushed(session, row))
        except StoreError:  # told once too often rather than not at all
            return "entry"
        return QUIET if hushed else "entry"
