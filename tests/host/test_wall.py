"""The wall: what each tile shows and when, and that nothing is shown that may not be."""

import asyncio
import contextlib
import io
import time

import pytest
from PIL import Image

from accord import wire
from porchlight.streams.layout import layout_for
from porchlight.streams.mosaic import Mosaic
from porchlight.streams.wall import Wall
from porchlight.views.look import FRESH_S
from tests.support.hosting import InThread, Signer, handle_of
from tests.support.viewing import (
    PATIENCE_S,
    Watcher,
    board_at,
    open_view,
    picture,
    sending,
    stream_url,
    until,
    watching,
)

RED, GREEN, DARK = (200, 0, 0), (0, 200, 0), (18, 20, 24)


def pixel(jpeg: bytes, x: int, y: int) -> tuple[int, int, int]:
    """The colour at a place, as a viewer decodes it."""
    found = Image.open(io.BytesIO(jpeg)).convert("RGB").getpixel((x, y))
    assert isinstance(found, tuple)
    return int(found[0]), int(found[1]), int(found[2])


def near(found: tuple[int, int, int], wanted: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 24 for a, b in zip(found, wanted, strict=True))


async def shows(
    wall: Watcher, place: tuple[int, int], colour: tuple[int, int, int], patience_s: float = 5
) -> float:
    """Wait until a newly come wall has this colour there; when it came (monotonic s)."""
    count = len(wall.parts)
    await until(
        lambda: any(near(pixel(part.jpeg, *place), colour) for part in wall.parts[count:]),
        patience_s,
    )
    found = next(
        i
        for i, part in enumerate(wall.parts)
        if i >= count and near(pixel(part.jpeg, *place), colour)
    )
    return wall.times[found]


async def test_a_wall_shows_all_cameras_and_darkens_the_revoked_one(
    host: InThread, ann: Signer, fire: Signer
) -> None:
    left, right = host.camera(ann, "left"), host.camera(ann, "right")
    jtis = [host.grant(kit, fire) for kit in (left, right)]
    at_left, at_right = (20, 20), (layout_for(2).shape.width + 20, 20)
    async with board_at(host, left) as one, board_at(host, right) as two:
        opened = open_view(host, fire, left, right)
        async with watching(host, host.http + opened["urls"]["wall"]) as wall:
            await wall.got(1)
            assert near(pixel(wall.parts[0].jpeg, *at_left), DARK)
            await one.watched(handle_of(jtis[0]))
            await two.watched(handle_of(jtis[1]))
            await one.send_frame(picture(colour=RED), handle_of(jtis[0]))
            await two.send_frame(picture(colour=GREEN), handle_of(jtis[1]))
            await shows(wall, at_left, RED)
            await until(lambda: near(pixel(wall.parts[-1].jpeg, *at_right), GREEN))
            async with sending(two, handle_of(jtis[1])):
                revoked = time.monotonic()
                host.caller(ann).post(f"/grants/{jtis[0]}/revoke")
                assert await shows(wall, at_left, DARK) - revoked < 0.5
                settled = len(wall.parts)
                await wall.got(settled + 3)  # the other camera goes on
                assert all(near(pixel(p.jpeg, *at_left), DARK) for p in wall.parts[settled:])
            host.caller(ann).post(f"/grants/{jtis[1]}/revoke")
            await wall.ended()
            assert near(pixel(wall.parts[-1].jpeg, *at_right), DARK)  # nothing stays on a screen


async def test_a_wall_that_cannot_be_made_ends(
    host: InThread, ann: Signer, fire: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    porch = host.camera(ann)
    host.grant(porch, fire)
    with monkeypatch.context() as broken:
        broken.setattr(Mosaic, "jpeg", lambda _: 1 // 0)
        opened = open_view(host, fire, porch)
        async with watching(host, host.http + opened["urls"]["wall"]) as wall:
            await wall.ended()
    assert wall.status == 200


async def test_a_wall_opened_again_shows_nothing_of_before(
    host: InThread, ann: Signer, fire: Signer
) -> None:
    left, right = host.camera(ann, "left"), host.camera(ann, "right")
    handles = [handle_of(host.grant(kit, fire)) for kit in (left, right)]
    async with board_at(host, left) as one, board_at(host, right) as two:
        opened, other = open_view(host, fire, left, right), open_view(host, fire, left)
        url = host.http + opened["urls"]["wall"]
        # Somebody else keeps the left camera's last picture in its slot.
        async with watching(host, stream_url(host, other, left)) as viewer:
            async with watching(host, url) as wall:
                await one.watched(handles[0])
                await one.send_frame(picture(colour=RED), handles[0])
                await shows(wall, (20, 20), RED)
                await viewer.got(1)
            await asyncio.sleep(FRESH_S)  # by then the picture is of the past
            async with watching(host, url) as wall:
                # Again and again: the watch of before ends about now, and may take a frame with it.
                async with asyncio.timeout(PATIENCE_S):
                    while not (wall.parts and near(green(wall), GREEN)):
                        await two.send_frame(picture(colour=GREEN), handles[1])
                        await asyncio.sleep(0.05)
                assert all(near(pixel(part.jpeg, 20, 20), DARK) for part in wall.parts)


def green(wall: Watcher) -> tuple[int, int, int]:
    """The colour of the right one of two tiles."""
    return pixel(wall.parts[-1].jpeg, layout_for(2).shape.width + 20, 20)


async def test_a_wall_entered_while_it_stops_is_made_again_and_lets_go(
    host: InThread, ann: Signer, fire: Signer
) -> None:
    porch = host.camera(ann)
    host.grant(porch, fire)
    opened = open_view(host, fire, porch)

    async def story() -> None:
        parts = host.parts
        view, camera = parts.views.get(opened["id"], fire.thumb), parts.cameras.get(porch.id)
        assert view is not None
        assert camera is not None
        wall = Wall(view, parts.clock, parts.metrics, layout_for(1), parts.tiles)
        first = await _enter(wall)
        await wall.slot.newer()
        leaving = asyncio.create_task(first.aclose())
        await asyncio.sleep(0)
        second = await _enter(wall)
        await leaving
        number, _ = await wall.slot.newer()
        camera.label = "another"
        camera.changed()
        await wall.slot.newer(number)
        assert camera.wants != []
        await second.aclose()
        assert wall.slot.latest is None
        assert not wall.over.is_set()

    await asyncio.to_thread(host.wait, story())


async def _enter(wall: Wall) -> contextlib.AsyncExitStack:
    stack = contextlib.AsyncExitStack()
    await stack.enter_async_context(wall.running())
    return stack


async def test_a_wall_is_encoded_only_when_something_changed(
    host: InThread, ann: Signer, fire: Signer
) -> None:
    porch = host.camera(ann)
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        url = host.http + opened["urls"]["wall"]
        async with watching(host, url) as one, watching(host, url) as two:
            await board.watched(handle)
            await board.send_frame(picture(colour=RED), handle)
            await shows(one, (20, 20), RED)
            await until(lambda: near(pixel(two.parts[-1].jpeg, 20, 20), RED))
            numbers = {part.sequence for part in one.parts}
            assert numbers <= {1, 2, 3}  # waiting, (offline,) the picture
            assert {part.jpeg for part in one.parts} >= {two.parts[-1].jpeg}  # one for both
    await until(lambda: host.parts.cameras.online() == 0)


async def test_a_wall_says_which_cameras_are_offline(
    host: InThread, ann: Signer, fire: Signer
) -> None:
    porch = host.camera(ann)
    handle = handle_of(host.grant(porch, fire))
    opened = open_view(host, fire, porch)
    async with watching(host, host.http + opened["urls"]["wall"]) as wall:
        await wall.got(1)
        async with board_at(host, porch) as board:
            await board.watched(handle)
            await board.send_frame(picture(colour=RED), handle)
            await shows(wall, (20, 20), RED)
        await shows(wall, (20, 20), DARK)


async def test_a_wall_darkens_what_the_board_shows_to_others_only(
    host: InThread, ann: Signer, fire: Signer
) -> None:
    porch, police = host.camera(ann), host.hub()
    fires, polices = (handle_of(host.grant(porch, hub)) for hub in (fire, police))
    async with board_at(host, porch) as board:
        opened, others = open_view(host, fire, porch), open_view(host, police, porch)
        async with (
            watching(host, host.http + opened["urls"]["wall"]) as wall,
            watching(host, host.http + others["urls"]["wall"]) as other,
        ):
            await board.watched(fires)
            await board.watched(polices)
            await board.say(wire.Answer(fires, b"held"))
            await board.send_frame(picture(colour=RED), polices)
            await shows(wall, (20, 20), RED)
            await board.say(wire.Answer(fires, b"day-limit"))
            await board.send_frame(picture(colour=GREEN), polices)
            await shows(other, (20, 20), GREEN)
            await until(lambda: near(pixel(wall.parts[-1].jpeg, 20, 20), DARK))
            assert not any(near(pixel(part.jpeg, 20, 20), GREEN) for part in wall.parts)


async def test_a_wall_counts_for_each_camera_shown(
    host: InThread, ann: Signer, fire: Signer
) -> None:
    seen, unseen = host.camera(ann, "seen"), host.camera(ann, "unseen")
    handle = handle_of(host.grant(seen, fire))
    host.grant(unseen, fire)
    async with board_at(host, seen) as board:
        opened = open_view(host, fire, seen, unseen)
        async with watching(host, host.http + opened["urls"]["wall"]) as wall:
            await board.watched(handle)
            await board.send_frame(picture(colour=RED), handle)
            await shows(wall, (20, 20), RED)
    host.caller(fire).delete(f"/views/{opened['id']}")
    closed = {entry["camera"]: entry["detail"] for entry in host.entries(ann, "view.close")}
    assert closed[seen.id]["frames"] >= 1
    assert closed[unseen.id]["frames"] == 0
