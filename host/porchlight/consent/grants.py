"""The grants this host holds: taken in by who signed them, taken back, and turned into permits.

Memory decides, the database remembers: a revocation ends permits before it is written, a grant
yields permits only while its camera's book holds it. Nothing here trusts a stored token: on a
restart each is verified again. Cameras get told; this module knows neither HTTP nor boards.
"""

import asyncio
import logging
from typing import Final

from accord import b64
from accord.book import MAX_REVOKED
from accord.errors import Refused
from accord.grant import Grant, verify
from accord.permit import Permit
from porchlight import keys
from porchlight.audit.entries import Entries
from porchlight.camera import Camera
from porchlight.cameras import Cameras
from porchlight.clock import Clock
from porchlight.consent import ledger, permits
from porchlight.consent.ledger import Kept
from porchlight.consent.permits import Ended
from porchlight.errors import NotFound, StoreError, Unavailable
from porchlight.registry import HUB, Party, Registry
from porchlight.store import Store

SWEEP_S: Final = 1.0
MAX_CLOCK_LEAD_S: Final = 120
BUTTON: Final = "button"  # why a grant was revoked: the resident pressed it at the board
REMEMBERED_S: Final = 86_400  # how long after a grant's end a restart still knows why it ended
_log = logging.getLogger(__name__)


class Grants:
    """One object per host. All methods belong to the event loop's thread."""

    def __init__(
        self, store: Store, registry: Registry, cameras: Cameras, entries: Entries, clock: Clock
    ) -> None:
        self._store = store
        self._registry = registry
        self._cameras = cameras
        self._entries = entries
        self._clock = clock
        self._ended = Ended()
        cameras.on_pressed(self._pressed)

    def load(self) -> int:
        """Open every camera's book from the database; how many grants hold or will."""
        now_ms = self._clock.unix_ms()
        late = self._store.read_now(lambda session: ledger.overdue(session, now_ms // 1000))
        if late:
            self._store.run_now(lambda session: ledger.run_out(session, late, now_ms))
        for camera_id, seq in self._store.read_now(ledger.floors).items():
            camera = self._cameras.get(camera_id)
            if camera is not None:
                camera.book.floor = seq
        since = now_ms // 1000 - REMEMBERED_S
        kept = self._store.read_now(lambda session: ledger.alive(session, since))
        return sum(self._restore(one) for one in kept)

    async def accept(self, token: bytes, by: Party) -> tuple[Kept, bool]:
        """Take in a grant from the resident who signed it: (it, whether it is new).

        Refused, with an entry in that resident's log, when it does not hold or names what is not
        known here. Unavailable when it could not be stored; then it is not held either.
        """
        camera: Camera | None = None
        try:
            grant = verify(token, {by.thumb: by.key}, keys.check)
            camera = self._camera_of(grant)
            known = await self.find(grant.jti)
            if known is not None and known.token != grant.token:
                raise Refused("jti-reused")
            new = self._enter(camera, grant)
        except Refused as refused:
            await self._note_refusal(by, camera, refused.reason)
            raise
        if new:
            return await self._keep(camera, grant), True
        return await self._stored(grant), False

    async def revoke(self, jti: str, by: Party) -> Kept:
        """Take a grant back: running views end and the board is told before anything is written.

        NotFound when it is not this resident's. Doing it twice changes nothing.
        """
        self._end(jti, by)
        try:
            kept = await self._write_revoked(jti, by.thumb)
        except StoreError:
            raise Unavailable(
                "not-stored", "it is taken back, but a restart would forget that; revoke it again"
            ) from None
        if kept is None:
            raise NotFound("no-grant", "you have no such grant")
        return kept

    def permit(
        self,
        camera_id: str,
        hub: str,
        action: str,
        now: int,
        purpose: str | None = None,
        **honoured: bool,
    ) -> Permit:
        """The longest permit that this hub's grants for the camera yield at `now` (unix s).
        `honoured`: `approved=True` once a second operator agreed, `masks=True` by who burns them
        in; without, a grant that demands either is refused.

        Refused says why not. A camera that does not exist and one whose resident never named this
        hub are refused alike: no-grant.
        """
        camera = self._cameras.get(camera_id)
        if camera is None or not permits.named(camera.book, hub, now):
            raise Refused(self._ended.why(camera_id, hub))
        return permits.best(camera.book, hub, action, now, purpose, **honoured)

    async def find(self, jti: str) -> Kept | None:
        """A grant by its jti, whatever its state."""
        return await self._store.read(lambda session: ledger.find(session, jti))

    async def of(self, party: Party) -> list[Kept]:
        """A resident's own grants, or those that name a hub; newest first."""
        listing = ledger.of_resident if party.is_resident else ledger.naming
        return await self._store.read(lambda session: listing(session, party.thumb))

    def board_state(self, kept: Kept) -> str:
        """What the camera's board makes of it: held, sent, offline, revoked, or why not."""
        camera = self._cameras.get(kept.camera)
        return "offline" if camera is None else camera.grant_state(b64.decode(kept.jti))

    async def sweep(self) -> None:
        """Let go of grants that ran out, with an entry each."""
        now = self._clock.unix()
        gone = [grant for camera in self._cameras for grant in self._drop(camera, now)]
        if not gone:
            return
        jtis, now_ms = [grant.jti for grant in gone], self._clock.unix_ms()
        try:
            written = await self._store.run(lambda s: ledger.run_out(s, jtis, now_ms))
        except StoreError as error:  # the next start finds them overdue and writes them then
            _log.error("grants ran out, but no entry could be written: %s", error)
            return
        for entry in written:
            self._entries.announce(entry)

    async def keep_sweeping(self) -> None:
        """Run for the life of the host."""
        while True:
            await asyncio.sleep(SWEEP_S)
            await self.sweep()

    # Taking in

    def _camera_of(self, grant: Grant) -> Camera:
        """The camera a verified grant is about: one of its signer's own."""
        camera = self._cameras.get(grant.sub)
        if camera is None or camera.resident != grant.iss:
            raise Refused("wrong-camera")
        return camera

    def _enter(self, camera: Camera, grant: Grant) -> bool:
        """Check what only the host can know, and put the grant into the book; False: it was in."""
        now = self._clock.unix()
        if not all(self._may_be_named(thumb, grant.iss) for thumb in grant.aud):
            raise Refused("unknown-hub")
        if grant.cnf is not None and grant.cnf not in grant.aud:
            raise Refused("wrong-holder")
        if grant.exp <= now:
            raise Refused("expired")
        if grant.iat > now + MAX_CLOCK_LEAD_S:
            raise Refused("issued-in-future")
        return camera.book.add(grant)

    def _may_be_named(self, thumb: str, issuer: str) -> bool:
        party = self._registry.party(thumb)
        return party is not None and (party.kind == HUB or thumb == issuer)

    async def _keep(self, camera: Camera, grant: Grant) -> Kept:
        now_ms = self._clock.unix_ms()
        try:
            entry = await self._store.run(lambda session: ledger.keep(session, grant, now_ms))
        except StoreError as error:
            camera.book.revoke(grant.handle)
            _log.error("a grant could not be stored: %s", error)
            raise Unavailable("not-stored", "the grant could not be stored; sign another") from None
        self._ended.forget(grant)
        if camera.book.get(grant.handle) is grant:  # not taken back meanwhile
            camera.granted(grant)
        self._entries.announce(entry)
        return await self._stored(grant)

    async def _stored(self, grant: Grant) -> Kept:
        """The row of a grant in the book: written before this asks, for the store keeps order."""
        kept = await self.find(grant.jti)
        if kept is None:  # its first bringer's write failed
            raise Unavailable("not-stored", "the grant could not be stored; sign another")
        return kept

    async def _note_refusal(self, by: Party, camera: Camera | None, reason: str) -> None:
        await self._entries.add(
            "grant.refused",
            resident=by.thumb,
            camera=None if camera is None else camera.id,
            reason=reason,
        )

    # Ending

    def _end(self, jti: str, by: Party) -> None:
        """Memory first: withdraw, wake viewers, tell the board. Nothing for what is not theirs."""
        try:
            handle = b64.decode(jti)
        except ValueError:
            raise NotFound("no-grant", "you have no such grant") from None
        for camera in self._cameras:
            grant = camera.book.get(handle)
            if grant is not None and grant.iss == by.thumb:
                camera.revoked(handle)
                self._ended.note(grant, "revoked")

    async def take_back(self, grant: Grant, reason: str) -> None:
        """End a grant that its resident did not name, for a reason that they gave."""
        camera = self._cameras.get(grant.sub)
        if camera is not None:
            camera.revoked(grant.handle)
        await self._write_ended(grant, reason)

    async def _write_ended(self, grant: Grant, reason: str) -> None:
        self._ended.note(grant, "revoked")
        try:
            await self._write_revoked(grant.jti, grant.iss, reason)
        except StoreError as error:  # after a restart the board, which remembers, says it again
            _log.error("%s ended a grant, but that could not be written: %s", reason, error)

    async def _pressed(self, grant: Grant) -> None:
        """The button at the board took a grant back: its camera let go of it already."""
        await self._write_ended(grant, BUTTON)

    async def _write_revoked(
        self, jti: str, resident: str, reason: str | None = None
    ) -> Kept | None:
        """Keep a revocation, with its entry the first time; None if it is not theirs."""
        now_ms = self._clock.unix_ms()
        found = await self._store.run(
            lambda session: ledger.take_back(session, jti, resident, now_ms, reason)
        )
        if found is None:
            return None
        kept, entry = found
        if entry is not None:
            self._entries.announce(entry)
        return kept

    def _drop(self, camera: Camera, now: int) -> list[Grant]:
        gone = camera.book.drop_expired(now)
        for grant in gone:
            self._ended.note(grant, "expired")
        if gone:
            camera.changed()
        return gone

    def _restore(self, kept: Kept) -> bool:
        """Bring one stored grant back into its camera's book; whether it holds or will."""
        camera = self._cameras.get(kept.camera)
        owner = self._registry.party(kept.resident)
        if camera is None or owner is None:
            return False
        try:
            grant = verify(kept.token, {owner.thumb: owner.key}, keys.check)
        except Refused as refused:
            _log.error("stored grant %s does not hold: %s", kept.jti, refused.reason)
            return False
        state = kept.state(self._clock.unix())
        if state in ("revoked", "expired"):
            self._ended.note(grant, state)
            if state == "revoked" and kept.exp > self._clock.unix():
                camera.book.revoked = [*camera.book.revoked, grant.handle][-MAX_REVOKED:]
            return False
        camera.book.restore(grant)
        return True
