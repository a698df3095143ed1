"""A host on which worlds are played: grants, what residents say, who looks. See rules.py.

Everything is real but the board; the clock stands where a test puts it.
"""

import asyncio
import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from accord import b64, lease, wire
from accord.errors import Refused
from porchkit import leasing
from porchkit.leasing import Word
from porchlight.camera import Camera
from porchlight.client.looks import Ask
from porchlight.errors import NotFound
from porchlight.frames import Frame
from porchlight.parts import Parts
from porchlight.registry import Party
from porchlight.streams.feed import LookFeed
from porchlight.views import Intent, Look, View
from tests.host.test_leases import private
from tests.support.hosting import SETTINGS, InThread, Kit, hosted
from tests.support.rules import LEASE_S, OWNER, Residents, Terms, claims
from tests.support.signing import Signer, new_id
from tests.support.stage import Hands, Line
from tests.support.viewing import host_frame, picture
from tests.support.worlds import EARLIEST, World

EXAMPLES: Final = int(os.environ.get("PORCHLIGHT_EXAMPLES", "150"))
PLENTY: Final = "[quotas]\nhub_opens = 100000\ncase_cameras = 100000\n"
JPEG: Final = picture()  # 160 x 120


class Board(Line):
    """Answers what a board would: a nonce when asked for one, "held" to a lease."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._nonce = b""

    def lease(self, message: wire.Lease) -> None:
        if not message.packed:
            self._nonce = secrets.token_bytes(16)
        said = b"status-held" if message.packed else b"status-nonce"
        answer = wire.Answer(self._nonce, said)
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: loop.create_task(self._camera.on_answer(answer)))


class Street:
    """The host, and those who are registered there."""

    def __init__(self, host: InThread, clock: Hands) -> None:
        self.host, self.clock = host, clock
        self.people = {"fire": host.hub(), "police": host.hub()}
        self.people |= {OWNER: host.resident(), "ben": host.resident()}
        self.thumbs = {name: who.thumb for name, who in self.people.items()}
        self.owner = self.people[OWNER]

    @property
    def parts(self) -> Parts:
        return self.host.parts

    def party(self, who: Signer) -> Party:
        found = self.parts.registry.party(who.thumb)
        assert found is not None
        return found


@contextlib.contextmanager
def a_street(folder: Path) -> Iterator[Street]:
    """With a host of its own."""
    clock = Hands()
    clock.at_ms = EARLIEST * 1000
    with hosted(folder / "home", SETTINGS + PLENTY, clock=clock) as host:
        yield Street(host, clock)


class Scene:
    """One world at the host: its camera, its grants, and what the residents say."""

    def __init__(self, street: Street, world: World) -> None:
        self.street, self.world, self.parts = street, world, street.parts
        self.rules = Residents(world.grants)
        self.kit: Kit = street.host.camera(street.owner)
        self.jtis = [new_id() for _ in world.grants]
        self.sequence = 0
        self.looking: list[View] = []
        self.broken: set[str] = set()  # views that were stopped for a moment, which ends them
        street.clock.at_ms = world.base * 1000
        found = self.parts.cameras.get(self.kit.id)
        assert found is not None
        self.camera = found

    def token(self, index: int) -> str:
        grant = self.world.grants[index]
        said = claims(grant, index, self.street.thumbs, lease.uri(self.kit.id))
        (detail,) = said.pop("authorization_details")
        issued = min(grant.nbf, self.world.base)
        return self.street.owner.grant(
            self.kit.id, detail=detail, jti=self.jtis[index], **said | {"iat": issued}
        )

    async def begin(self) -> None:
        """All is granted; the board is there."""
        owner = self.street.party(self.street.owner)
        for index, grant in enumerate(self.world.grants):
            with contextlib.suppress(Refused):
                await self.parts.grants.accept(self.token(index).encode(), owner)
            held = self.camera.book.get(b64.decode(self.jtis[index]))
            assert (held is not None) == (self.world.base < grant.exp)
        await self.camera.attach(Board(self.camera))
        await self.happen(self.world.before, self.world.base)

    async def happen(self, events: Any, now: int) -> None:
        """Told to the host and to the rules."""
        self.street.clock.at_ms = now * 1000
        self._pulse(now)
        for what, which in events:
            if self.rules.say((what, which), now):
                await self._happen(what, which)
                self._pulse(now)

    def _pulse(self, now: int) -> None:
        """What the host does four times a second, for the rules too."""
        self.parts.views.sweep()
        allowed = dict(zip(self.jtis, self.rules.allow(self.world.ask, now), strict=True))
        for view in self.looking:
            if not allowed[view.looks[self.camera.id].permit.jti]:
                self.broken.add(view.id)

    async def _happen(self, what: str, which: int) -> None:
        owner, camera = self.street.party(self.street.owner), self.camera
        if what == "revoke":
            with contextlib.suppress(NotFound):  # it was over before it could be taken in
                await self.parts.grants.revoke(self.jtis[which], owner)
            return
        word = {
            "lease": Word(LEASE_S),
            "stop": Word(LEASE_S, invalid=(which + 1,)),
            "pause": Word(LEASE_S, stopped=(0,)),
            "resume": Word(LEASE_S, resume=True),
            "open": Word(LEASE_S, opens=self.jtis[which]),
        }[what]
        nonce = b64.encode(await self.parts.leases.nonce(camera))
        now = self.street.clock.unix()
        token = leasing.answer(word, private(self.street.owner), camera.id, nonce, now)
        keeper = await self.parts.agents.keeper(camera.id, owner)
        assert await self.parts.leases.give(keeper, token) == "held"

    # Looking

    async def open(self) -> View | None:
        """A view of it, or None if the host refuses; then nobody is there to send frames for."""
        ask, person = self.world.ask, self.street.people[self.world.ask.who]
        who = self.street.party(person)
        intent = Intent((self.camera.id,), ask.action, "", "", "to see")
        if not who.is_resident:
            wish = Ask(ask.action, ask.purpose or "", "C-1", "to see", camera=self.camera.id)
            looks = {self.camera.id: person.look(wish, now=self.street.clock.unix())}
            why = (wish.purpose, wish.case, wish.reason)
            intent = Intent((self.camera.id,), ask.action, *why, looks=looks)
        try:
            view, _ = await self.parts.views.open(who, intent, "127.0.0.1")
        except Refused:
            return None
        self.looking.append(view)
        return view

    async def sees(self, view: View | None) -> bool:
        """Whether a frame that comes now is shown in this view."""
        if view is None:
            return False
        look = view.looks[self.camera.id]
        feed = LookFeed(look, self.street.clock, self.parts.metrics)
        try:
            async with feed.running():
                frame = await self._frame(look)
                return frame is not None and feed.part(frame) is not None
        except Refused:
            return False

    async def _frame(self, look: Look) -> Frame | None:
        """One from the board, as viewers may have it."""
        self.sequence += 1
        number, clock = look.before(), self.street.clock
        frame = host_frame(
            self.sequence,
            JPEG,
            handle=look.permit.handle,
            captured_ms=clock.unix_ms(),
            arrived=clock.monotonic(),
        )
        if self.camera.on_frame(frame) is not None:
            return None
        if look.over.is_set():
            return frame
        async with asyncio.timeout(10):
            return (await look.slot.newer(number))[1]


def fits(grant: Terms) -> bool:
    """Whether JPEG is within the limits of this grant."""
    return grant.limits.get("w", 160) >= 160 and grant.limits.get("h", 120) >= 120
