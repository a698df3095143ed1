"""As test_shown_is_allowed, over HTTP: from the resident's token to the bytes of a picture."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from accord import b64
from porchlight.views import Look
from tests.support.asking import Timed
from tests.support.rules import HUBS
from tests.support.scenes import EXAMPLES, JPEG, Board, Scene, Street, a_street, fits
from tests.support.viewing import host_frame, until
from tests.support.worlds import TWISTS, World, for_worlds


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with a_street(tmp_path_factory.mktemp("host")) as found:
        yield found


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

    for twist in TWISTS:
        for_worlds(twist, max(1, EXAMPLES // 4 // len(TWISTS)), holds)
    assert min(shown[True], shown[False]) >= EXAMPLES // 20, shown
