"""Leases at the host: carried between resident or agent and board, and obeyed here too.

The nonce is the board's (the host's own for cameras that cannot check anything themselves), so the
host can withhold a lease but not make one, nor use one twice. What ends here ends in memory first.
"""

import asyncio
import secrets
from typing import Any, Final

from accord import wire
from accord.errors import Refused
from accord.grant import Grant
from accord.lease import Lease
from porchlight.camera import HELD, Camera
from porchlight.cameras import Cameras
from porchlight.consent import delegates
from porchlight.consent.agents import Agents, Keeper
from porchlight.consent.grants import Grants
from porchlight.consent.words import Words
from porchlight.desk import Desk
from porchlight.errors import Conflict, StoreError, Unavailable
from porchlight.search.index import names
from porchlight.store import Store
from porchlight.tally import Tally

NONCE_BYTES: Final = 16
FRESH_S: Final = 20.0  # asked again so soon, it is the same nonce: who asks twice spoils nothing
FLOOR: Final = "seq-floor"  # why a grant was revoked: its resident drew a line above it
REFUSALS: Final = 3  # entries a minute of one keeper and reason
_ASK: Final = wire.Lease(0, b"")


class Leases:
    """One object per host. All methods belong to the event loop's thread."""

    def __init__(
        self, store: Store, cameras: Cameras, grants: Grants, agents: Agents, desk: Desk
    ) -> None:
        self._store = store
        self._cameras = cameras
        self._grants = grants
        self._agents = agents
        self._entries = desk.entries
        self._events = desk.events
        self._clock = desk.clock
        self._words = Words(cameras)
        self._asked: dict[str, float] = {}
        self._last: dict[str, Lease] = {}  # taken for each camera
        self._until: dict[str, int] = {}  # jti of a panic grant -> when (unix s) it closes
        self._refusals = Tally(burst=REFUSALS)
        cameras.on_opened(self._button)

    def load(self) -> None:
        """What residents stopped before the host was stopped."""
        for camera_id, statuses in self._store.read_now(delegates.said).items():
            camera = self._cameras.get(camera_id)
            if camera is not None:
                camera.book.standing.said = statuses

    async def nonce(self, camera: Camera) -> bytes:
        """What may be answered now. Conflict while the board, whose it is, is away; Unavailable
        while it does not answer."""
        standing = camera.book.standing
        if camera.enforced_at == "host":
            now = self._clock.monotonic()
            if not standing.nonce or now - self._asked[camera.id] >= FRESH_S:
                standing.ask(secrets.token_bytes(NONCE_BYTES))
                self._asked[camera.id] = now
            return standing.nonce
        if not camera.online:
            raise Conflict("board-offline", "the board is away, and only it can ask")
        camera.tell_lease(_ASK)
        await self._words.of(camera.id)
        return standing.nonce

    async def give(self, keeper: Keeper, token: bytes) -> str:
        """Obey a lease and carry it to the board: the board's word, "sent" if it says none.

        Refused, with an entry, where it does not hold. Unavailable if what it stops or resumes
        could not be stored: it is obeyed all the same."""
        camera = keeper.camera
        standing = camera.book.standing
        before = standing.said
        try:
            given = self._agents.verified(keeper, token)
            panic = _to_open(camera, given)
            standing.take(given, self._clock.unix(), camera.book.floor)
        except Refused as refused:
            await self._note_refusal(keeper, refused.reason)
            raise
        if any(given.statuses):
            camera.stood_down()
        if panic is not None:
            standing.open(panic, asked=True)
        self._carry(keeper, token)
        self._last[camera.id] = given
        # Begun before anything else is waited for: the board may be quicker. And on its own: what
        # follows may fail, and then nobody else would ask whether the board has it.
        word = asyncio.create_task(self._settle(camera, given))
        await self._take_back_below(given.seq_floor, keeper)
        await self._note(keeper, given, before)
        if panic is not None:
            await self._tell_of_panic(panic, "resident")
        return await word

    async def _settle(self, camera: Camera, given: Lease) -> str:
        """The board's word. What the board does not know of, nobody counts on; but a later lease
        may have come meanwhile, which this word is not about."""
        board = await self._word_of(camera, given.nonce)
        if board != HELD and self._last[camera.id] is given:
            camera.book.standing.ends = 0
        return board

    def _carry(self, keeper: Keeper, token: bytes) -> None:
        if keeper.camera.enforced_at == "board":
            first = b"" if keeper.held is None else keeper.held.token
            keeper.camera.tell_lease(wire.Lease(len(first), first + token))

    async def _word_of(self, camera: Camera, nonce: bytes) -> str:
        if camera.enforced_at == "host":
            return HELD
        try:
            return await self._words.of(camera.id, nonce)
        except Unavailable:
            return "sent"

    async def _take_back_below(self, floor: int, keeper: Keeper) -> None:
        book = keeper.camera.book
        for grant in book.grants():
            if grant.seq < floor:
                await self._grants.take_back(grant, FLOOR)
        if keeper.held is None:
            book.floor = max(book.floor, floor - 1)

    # Panic

    def open_until(self, jti: str) -> int | None:
        """When a panic grant that was opened closes by itself (unix s), for screens: what counts
        are the ticks of its book."""
        return self._until.get(jti)

    async def _button(self, grant: Grant) -> None:
        """The button at the board opened a panic grant."""
        camera = self._cameras.get(grant.sub)
        if camera is not None and grant.panic_s is not None:
            camera.book.standing.open(grant)
            await self._tell_of_panic(grant, "button")

    async def _tell_of_panic(self, grant: Grant, by: str) -> None:
        """An entry for the resident; an event for those whom the grant names, unless it only
        registers: then they have no name for the camera."""
        now = self._clock.unix()
        self._until = {jti: until for jti, until in self._until.items() if until > now}
        self._until[grant.jti] = now + (grant.panic_s or 0)
        detail = {"by": by, "seconds": grant.panic_s, "hubs": list(grant.aud)}
        await self._entries.add(
            "panic.opened", resident=grant.iss, camera=grant.sub, jti=grant.jti, detail=detail
        )
        body = {"camera": grant.sub, "jti": grant.jti, "seconds": grant.panic_s}
        for hub in grant.aud if names(grant) else ():
            self._events.publish("panic", hub, body)

    # Telling

    async def _note(self, keeper: Keeper, given: Lease, before: bytes) -> None:
        """Keep what changes, and an entry for it; a lease by which all goes on is none."""
        said, camera = keeper.camera.book.standing.said, keeper.camera
        if keeper.held is not None:
            if any(given.statuses):
                await self._enter("lease.stopped", keeper)
            return
        if said == before:
            return
        now_ms = self._clock.unix_ms()
        try:
            await self._store.run(lambda session: delegates.say(session, camera.id, said, now_ms))
        except StoreError:
            raise Unavailable(
                "not-stored", "it is obeyed, but a restart would forget that; say it again"
            ) from None
        await self._enter("camera.paused" if any(said) else "camera.resumed", keeper)

    async def _note_refusal(self, keeper: Keeper, reason: str) -> None:
        key = keeper.camera.id, keeper.by.thumb, reason
        if self._refusals.due(key, self._clock.monotonic()):
            await self._enter("lease.refused", keeper, reason)

    async def _enter(self, type: str, keeper: Keeper, reason: str | None = None) -> None:
        camera = keeper.camera
        detail: dict[str, Any] | None = None if keeper.held is None else {"agent": keeper.by.thumb}
        await self._entries.add(
            type, resident=camera.resident, camera=camera.id, reason=reason, detail=detail
        )


def _to_open(camera: Camera, given: Lease) -> Grant | None:
    """The panic grant that a lease opens, if it opens one; Refused if there is none such."""
    if not given.opens:
        return None
    grant = camera.book.get(given.opens)
    if grant is None or grant.panic_s is None:
        raise Refused("no-grant")
    return grant
