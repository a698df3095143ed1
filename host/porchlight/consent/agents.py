"""Who may speak for a camera: its resident, and the agents that the resident named for it."""

from dataclasses import dataclass

from accord import lease
from accord.errors import Refused
from accord.lease import Delegate, Lease
from porchlight import keys
from porchlight.audit.entries import Entries
from porchlight.camera import Camera
from porchlight.cameras import Cameras
from porchlight.clock import Clock
from porchlight.consent import delegates
from porchlight.consent.delegates import Held
from porchlight.errors import NotFound
from porchlight.keys import PublicKey
from porchlight.registry import Party, Registry
from porchlight.store import Store


@dataclass(frozen=True)
class Keeper:
    """Somebody who may speak for a camera: its resident, or an agent by `held`."""

    camera: Camera
    by: Party
    held: Held | None = None


class Agents:
    """One object per host. Nothing here trusts a stored token: each is verified when it is used."""

    def __init__(
        self, store: Store, registry: Registry, cameras: Cameras, entries: Entries, clock: Clock
    ) -> None:
        self._store = store
        self._registry = registry
        self._cameras = cameras
        self._entries = entries
        self._clock = clock

    async def keeper(self, camera_id: str, by: Party) -> Keeper:
        """The caller, as one who may speak for this camera; NotFound for everybody else."""
        camera = self._cameras.get(camera_id)
        if camera is not None and by.is_resident and camera.resident == by.thumb:
            return Keeper(camera, by)
        if camera is not None and by.kind == delegates.AGENT:
            now = self._clock.unix()
            held = await self._store.read(
                lambda session: delegates.newest(session, by.thumb, camera_id, now)
            )
            if held is not None:
                return Keeper(camera, by, held)
        raise NotFound("no-camera", "you speak for no such camera")

    def delegate(self, keeper: Keeper) -> Delegate | None:
        """What an agent speaks by; None for a resident. Refused if it does not hold any more."""
        if keeper.held is None:
            return None
        owner = self._registry.party(keeper.camera.resident)
        pinned = {} if owner is None else {owner.thumb: owner.key}
        return lease.verify_delegate(keeper.held.token, pinned, keys.check)

    def verified(self, keeper: Keeper, token: bytes) -> Lease:
        """The lease in `token`, signed by this keeper; Refused otherwise."""
        by = self.delegate(keeper)
        if by is None:
            return lease.verify(token, {keeper.by.thumb: keeper.by.key}, keys.check)
        agent = {by.agent: PublicKey.from_coordinates(by.x, by.y)}
        return lease.verify(token, agent, keys.check, by)

    async def add(self, token: bytes, by: Party) -> tuple[Held, bool]:
        """Take in a delegate from the resident who signed it: (it, whether it is new). Refused."""
        found = lease.verify_delegate(token, {by.thumb: by.key}, keys.check)
        camera = self._cameras.get(found.uri[len(lease.uri("")) :])
        if camera is None or camera.resident != by.thumb or found.uri != lease.uri(camera.id):
            raise Refused("wrong-camera")
        now_ms = self._clock.unix_ms()
        if found.exp <= now_ms // 1000:
            raise Refused("expired")
        held = Held(found.jti, camera.id, by.thumb, found.agent, bytes(token), found.exp, None)
        key = PublicKey.from_coordinates(found.x, found.y)
        entry = await self._store.run(lambda session: delegates.keep(session, held, key, now_ms))
        if entry is not None:
            self._entries.announce(entry)
        return held, entry is not None

    async def of(self, by: Party) -> list[Held]:
        """A resident's own delegates, newest first."""
        return await self._store.read(lambda session: delegates.of(session, by.thumb))

    async def revoke(self, jti: str, by: Party) -> Held:
        """The host takes no more leases of this agent's. That the board takes none either needs a
        lease of the resident's which says so, or the delegate's end."""
        now_ms = self._clock.unix_ms()
        entry = await self._store.run(
            lambda session: delegates.take_back(session, jti, by.thumb, now_ms)
        )
        if entry is not None:
            self._entries.announce(entry)
        for held in await self.of(by):
            if held.jti == jti:
                return held
        raise NotFound("no-delegate", "you have no such delegate")
