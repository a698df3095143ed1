"""Single pictures: one for all who ask, nobody waited for who left, and asked before the write."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.types import Message

from porchlight.frames import Frame
from porchlight.streams import connection
from porchlight.streams.picture import PictureResponse
from porchlight.views.still import Still
from tests.support.hosting import InThread, Signer, handle_of
from tests.support.stage import Stage
from tests.support.viewing import board_at, host_frame, open_view, picture, until


class Link:
    """A connection whose viewer takes what was written when the test says so."""

    hands_over = False
    idle = True

    def __init__(self) -> None:
        self.waits = asyncio.Event()
        self.took = asyncio.Event()
        self.aborted = False

    def stream(self) -> None: ...

    async def all_sent(self) -> None:
        self.waits.set()
        await self.took.wait()

    def abort(self) -> None:
        self.aborted = True


class Asked:
    """One GET of a picture, and what was sent for it."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.link = stage, Link()
        self.sent: list[Message] = []
        self.done = 0

    async def answer(self, response: PictureResponse) -> None:
        scope: dict[str, Any] = {
            "type": "http",
            "extensions": {connection.EXTENSION: self.link},
        }
        await response(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    def leave(self) -> None:
        self.done += 1

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


@pytest.mark.parametrize("lasts", [True, False])
async def test_whether_the_look_holds_is_asked_right_before_the_write(lasts: bool) -> None:
    stage = Stage()
    look = stage.look(await stage.camera(), detail={"limits": {"session_s": 60}})
    async with look.watching():
        frame = stage.send(look)
    asked = Asked(stage)
    response = PictureResponse(look, frame, stage.clock, done=asked.leave)
    answering = asyncio.create_task(asked.answer(response))
    await asked.link.waits.wait()  # the viewer has not even taken the headers
    stage.clock.forward(59 if lasts else 60)  # time alone ends it: nobody calls
    assert not look.over.is_set()
    asked.link.took.set()
    await answering
    assert asked.body == (frame.jpeg if lasts else b"")
    assert asked.link.aborted is not lasts
    assert asked.done == 1


# Still: by hand


class Shop:
    """Takes pictures, one at a time, when the test says so."""

    def __init__(self) -> None:
        self.taken = 0
        self.cancelled = 0
        self.opened = asyncio.Event()

    async def take(self) -> Frame:
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.taken += 1
        if self.taken == 1:
            raise OSError("the first one fails")
        return host_frame(self.taken)


@pytest.fixture
async def shop() -> Shop:
    return Shop()


async def ask(still: Still, shop: Shop, count: int) -> list[asyncio.Task[Frame]]:
    asking = [asyncio.create_task(still.get(shop.take)) for _ in range(count)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return asking


async def test_all_who_ask_get_one_picture_and_a_failure_is_not_kept(shop: Shop) -> None:
    still = Still()
    asking = await ask(still, shop, 3)
    shop.opened.set()
    failed = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(one) for one in failed] == [OSError] * 3
    assert shop.taken == 1
    found = await asyncio.gather(*await ask(still, shop, 3))
    assert found[0] is found[1] is found[2] is await still.get(shop.take)
    assert shop.taken == 2


async def test_who_leaves_takes_the_picture_from_nobody_and_the_last_one_ends_it(
    shop: Shop,
) -> None:
    still = Still()
    first, second = await ask(still, shop, 2)
    first.cancel()
    await asyncio.wait([first])
    assert shop.cancelled == 0
    second.cancel()
    await asyncio.wait([second])
    await asyncio.sleep(0)
    assert shop.cancelled == 1
    shop.opened.set()
    with pytest.raises(OSError, match="first"):
        await still.get(shop.take)  # begun anew


# On a host


async def test_a_view_for_a_snapshot_gives_all_who_ask_at_once_the_same(
    host: InThread, fire: Signer, ann: Signer
) -> None:
    kit = host.camera(ann)
    handle = handle_of(host.grant(kit, fire))
    async with board_at(host, kit) as board, httpx.AsyncClient(trust_env=False) as client:
        opened = open_view(host, fire, kit, action="snapshot")
        url = host.http + opened["urls"]["cameras"][kit.id]["snapshot"]
        view = host.parts.views.get(opened["id"], fire.thumb)
        assert view is not None
        asking = [asyncio.create_task(client.get(url)) for _ in range(6)]
        await until(lambda: view.streams == 6)
        await board.watched(handle)
        await board.send_frame(picture(colour=(80, 0, 0)), handle)
        answers = await asyncio.gather(*asking)
        newer = await board.send_frame(picture(colour=(160, 0, 0)), handle)
        latest = view.looks[kit.id].camera.latest
        await until(lambda: latest.latest is not None and latest.latest.jpeg == newer.jpeg)
        answers.append(await client.get(url))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert view.looks[kit.id].frames == 1


async def test_who_does_not_wait_for_a_picture_any_more_gives_the_place_back(
    host: InThread, fire: Signer, ann: Signer
) -> None:
    kit = host.camera(ann)
    host.grant(kit, fire)
    opened = open_view(host, fire, kit)
    view = host.parts.views.get(opened["id"], fire.thumb)
    assert view is not None
    async with httpx.AsyncClient(trust_env=False) as client:
        url = host.http + opened["urls"]["cameras"][kit.id]["snapshot"]
        asking = [asyncio.create_task(client.get(url)) for _ in range(5)]
        await until(lambda: view.streams == 5)
        for task in asking:
            task.cancel()
        await asyncio.wait(asking)
    await until(lambda: view.streams == 0, patience_s=5)  # no picture would come for twice as long
