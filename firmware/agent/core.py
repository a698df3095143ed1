"""What decides on a board, put together: grants, clock, gate. No hardware but the flash."""

import os

from accord import b64, names
from accord.book import Book
from agent import version
from agent.clock import Clock
from agent.consent import Consent
from agent.days import Days
from agent.errors import ConfigError, StoreError
from agent.gate import Gate
from agent.lease import Leases
from agent.uplink import Identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.config import Config
    from agent.elapsed import Elapsed
    from agent.log import Log
    from agent.p256 import Verifier
    from agent.slots import Slots
    from agent.store import Store
    from agent.trust import Trust


class Core:
    """Raises its boot number, durably, as it is made."""

    def __init__(
        self, store: "Store", config: "Config", slots: "Slots", elapsed: "Elapsed", log: "Log"
    ) -> None:
        state = store.load()
        if store.damaged:
            log("store", "state.json is damaged: no grant is taken; provision the board again")
        if store.rolled_back:
            log("store", "state.json is damaged: its grants are dropped; sign new ones")
        key = store.board_key()
        thumb, verifier = store.resident()
        revoked = tuple([b64.decode(handle) for handle in state.revoked])
        self.book = Book(names.camera_thumb(key), elapsed.ms, state.floor, revoked)
        self.clock = Clock(elapsed.ms, state.iat_floor)
        self.days = _days(store, log)
        self.gate = Gate(
            book=self.book,
            clock=self.clock,
            days=self.days,
            picture=config.picture,
            elapsed_ms=elapsed.ms,
        )
        self.consent = Consent(
            book=self.book,
            keys={thumb: verifier},
            store=store,
            clock=self.clock,
            gate=self.gate,
            log=log,
        )
        self.consent.restore()
        self.leases = Leases(
            self.book,
            {thumb: verifier},
            clock=self.clock,
            consent=self.consent,
            random=os.urandom,
            log=log,
        )
        self.trust = _trust(store, (thumb, verifier), self.book.camera, log)
        self.motion = config.motion
        state.boot += 1
        self.consent.keep()  # before the first frame: a boot number is never used twice
        self.identity = Identity(key, state.boot, version.told(slots.slot))


def _trust(
    store: "Store", resident: "tuple[str, Verifier]", camera: str, log: "Log"
) -> "Trust | None":
    try:
        return store.trust(resident, camera)
    except (ConfigError, OSError) as error:  # no reason to film nothing
        log("update", "%s; no update is taken" % error)
        return None


def _days(store: "Store", log: "Log") -> Days:
    try:
        return Days(store.load_days())
    except StoreError as error:
        log("store", "%s; daily limits count as used up today" % error)
        return Days(None, lost=True)
