"""For random grants, times and events: the host shows exactly what ten lines of rules allow.

Everything between is real: grants come in signed and are kept, views are opened and entered,
frames come to the camera and leave through a feed. Only the board is played, and the clock stands
where the test puts it. tests/support/rules.py has the ten lines.
"""

import asyncio
import contextlib
import os
import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings

from accord import b64, lease, wire
from accord.errors import Refused
from porchkit import leasing
from porchkit.leasing import Word
from porchlight.camera import Camera
from porchlight.errors import NotFound
from porchlight.frames import Frame
from porchlight.parts import Parts
from porchlight.registry import Party
from porchlight.streams.feed import LookFeed
from porchlight.views import Intent, Look, View
from tests.host.test_leases import private
from tests.support.asking import Timed
from tests.support.hosting import SETTINGS, InThread, Kit, hosted
from tests.support.rules import HUBS, LEASE_S, OWNER, Ask, Residents, Terms, allows, claims, zone
from tests.support.signing import Signer, new_id
from tests.support.stage import Hands, Line
from tests.support.viewing import host_frame, picture, until
from tests.support.worlds import EARLIEST, World, worlds

PLENTY = "[quotas]\nhub_opens = 100000\ncase_cameras = 100000\n"
EXAMPLES = int(os.environ.get("PORCHLIGHT_EXAMPLES", "120"))
VIEW_S = 3600  # [views] max_seconds
JPEG = picture()  # 160 x 120


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


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    clock = Hands()
    clock.at_ms = EARLIEST * 1000
    with hosted(tmp_path_factory.mktemp("host") / "home", SETTINGS + PLENTY, clock=clock) as host:
        yield Street(host, clock)


class Scene:
    """One world at the host: its camera, its grants, and what the residents say."""

    def __init__(self, street: Street, world: World) -> None:
        self.street, self.world, self.parts = street, world, street.parts
        self.rules = Residents(world.grants)
        self.kit: Kit = street.host.camera(street.owner)
        self.jtis = [new_id() for _ in world.grants]
        self.sequence = 0
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
        for what, which in events:
            if self.rules.say((what, which), now):
                await self._happen(what, which)

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
        ask, who = self.world.ask, self.street.party(self.street.people[self.world.ask.who])
        intent = Intent((self.camera.id,), ask.action, "", "", "to see")
        if not who.is_resident:
            intent = Intent((self.camera.id,), ask.action, ask.purpose or "", "C-1", "to see")
        try:
            view, _ = await self.parts.views.open(who, intent, "127.0.0.1")
        except Refused:
            return None
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
    return grant.limits.get("w", 160) >= 160 and grant.limits.get("h", 120) >= 120


seen: Counter[tuple[str, bool]] = Counter()


async def holds_at(street: Street, world: World) -> None:
    """Play it: whatever is asked, the host answers as the rules do."""
    scene = Scene(street, world)
    await scene.begin()
    views: list[tuple[int, View]] = []
    for step in world.steps:
        await scene.happen(step.events, step.at)
        for opened, view in views:
            await still_seen(scene, view, opened, step.at)
        view = await newly_seen(scene, step.at)
        views += [] if view is None else [(step.at, view)]
    for _, view in views:
        await scene.parts.views.close(view, "closed")


async def newly_seen(scene: Scene, now: int) -> View | None:
    """Whoever asks anew may see it if some grant says so, and sees pictures under one that does."""
    rules, ask = scene.rules, scene.world.ask
    allowed = rules.allow(ask, now)
    view = await scene.open()
    seen["opened", view is not None] += 1
    assert (view is not None) == any(allowed), (now, allowed)
    agreed(scene, now)
    if view is None:
        return None
    index = scene.jtis.index(view.looks[scene.camera.id].permit.jti)
    assert allowed[index]
    assert await scene.sees(view) == fits(scene.world.grants[index])
    return view


def agreed(scene: Scene, now: int) -> None:
    """The same with a second person's word."""
    ask = scene.world.ask
    allowed = any(scene.rules.allow(Ask(ask.who, ask.action, ask.purpose, True), now))
    thumb, more = scene.street.thumbs[ask.who], {"approved": True, "masks": True}
    try:
        scene.parts.grants.permit(scene.camera.id, thumb, ask.action, now, ask.purpose, **more)
    except Refused:
        assert not allowed
    else:
        assert allowed


async def still_seen(scene: Scene, view: View, opened: int, now: int) -> None:
    """Whoever looked sees on as long as the grant says so without a break, and no longer than a
    view may last. When clocks are set, they have to ask anew."""
    index = scene.jtis.index(view.looks[scene.camera.id].permit.jti)
    grant, said = scene.world.grants[index], scene.rules.said[index]
    lasts = min(VIEW_S, grant.limits.get("session_s", VIEW_S))
    moments = [opened, *range(opened + 60 - opened % 60, min(now, opened + lasts), 60), now]
    allowed = all(allows(grant, said, scene.world.ask, moment) for moment in moments)
    sees = await scene.sees(view)
    seen["went on", sees] += 1
    if now >= opened + lasts or not (allowed and fits(grant)):
        assert not sees, (opened, now)
    elif offset(grant, opened) == offset(grant, now):
        assert sees, (opened, now)


def offset(grant: Terms, now: int) -> Any:
    return datetime.fromtimestamp(now, zone(grant.tz)).utcoffset()


def test_the_host_shows_what_the_rules_allow(street: Street) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
    @given(worlds())
    def holds(world: World) -> None:
        street.host.wait(holds_at(street, world))

    seen.clear()
    holds()
    assert len(seen) == 4
    assert min(seen.values()) >= EXAMPLES / 10, seen


# The same over HTTP, from the resident's token to the bytes of a picture.


class Web:
    """One world, by those who have nothing but the API. Only the board is reached from inside."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.host = scene, scene.street.host
        clock, people = scene.street.clock, scene.street.people
        self.owner = Timed(self.host.http, scene.street.owner, clock)
        self.asker = Timed(self.host.http, people[scene.world.ask.who], clock)

    def begin(self) -> None:
        for index in range(len(self.scene.world.grants)):
            answer = self.owner.post("/grants", {"token": self.scene.token(index)})
            assert answer.status_code in (201, 403), answer.text
        self.host.wait(self.scene.camera.attach(Board(self.scene.camera)))
        self.host.wait(self.scene.happen(self.scene.world.before, self.scene.world.base))

    def picture(self) -> bytes | None:
        """What whoever asks is shown now."""
        ask, camera = self.scene.world.ask, self.scene.camera
        body: dict[str, Any] = {"cameras": [camera.id], "action": ask.action, "reason": "to see"}
        if ask.who in HUBS:
            body |= {"purpose": ask.purpose, "case": "C-1"}
        answer = self.asker.post("/views", body)
        if answer.status_code != 201:
            assert answer.status_code == 403, answer.text
            return None
        opened = answer.json()
        jti = self.host.call(lambda: self._look(opened["id"]).permit.jti)
        sending = asyncio.run_coroutine_threadsafe(self._send(b64.decode(jti)), self.host.loop)
        shown = httpx.get(self.host.http + opened["urls"]["cameras"][camera.id]["snapshot"])
        sending.cancel()
        assert self.asker.delete(f"/views/{opened['id']}").status_code == 204
        if shown.status_code == 503:
            assert shown.json()["reason"] == "too-large", shown.text
            return None
        assert shown.status_code == 200, shown.text
        return shown.content

    def _look(self, view: str) -> Look:
        found = self.host.parts.views.get(view, self.asker.who.thumb)
        assert found is not None
        return found.looks[self.scene.camera.id]

    async def _send(self, handle: bytes) -> None:
        """A frame, as soon as somebody looks."""
        clock = self.scene.street.clock
        times = {"captured_ms": clock.unix_ms(), "arrived": clock.monotonic()}
        frame = host_frame(1, JPEG, handle=handle, **times)
        await until(lambda: self.scene.camera.on_frame(frame) is None)

    def close(self) -> None:
        self.owner.close()
        self.asker.close()


def test_the_same_over_http(street: Street) -> None:
    shown: Counter[bool] = Counter()

    @settings(max_examples=EXAMPLES // 8, deadline=None, derandomize=True, database=None)
    @given(worlds())
    def holds(world: World) -> None:
        scene = Scene(street, world)
        web = Web(scene)
        try:
            web.begin()
            for step in world.steps:
                for what, which in step.events:
                    street.host.wait(scene.happen([(what, which)], step.at))
                street.clock.at_ms = step.at * 1000
                allowed = scene.rules.allow(world.ask, step.at)
                found = web.picture()
                shown[found is not None] += 1
                told = zip(allowed, world.grants, strict=True)
                assert (found is not None) <= any(yes and fits(grant) for yes, grant in told)
                if all(map(fits, world.grants)):
                    assert (found is not None) == any(allowed), step
        finally:
            web.close()

    holds()
    assert min(shown[True], shown[False]) >= EXAMPLES // 20, shown
