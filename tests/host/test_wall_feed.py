"""A wall as a feed: what comes out when, what never comes out, and that nothing stays."""

import asyncio
import io
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from PIL import Image

from porchlight.camera import Camera
from porchlight.frames import Frame
from porchlight.streams import mjpeg, tiles
from porchlight.streams.cell import PAUSE_S
from porchlight.streams.layout import Layout
from porchlight.streams.mosaic import Mosaic
from porchlight.streams.tilecache import TileCache
from porchlight.streams.wall import GAP_S, Wall
from porchlight.views import Look
from tests.host.test_tilecache import Gate
from tests.support.signing import Signer
from tests.support.stage import Stage
from tests.support.viewing import picture

RED, GREEN, DARK = (200, 0, 0), (0, 200, 0), (18, 20, 24)
LAYOUT = Layout(320, 2, 2)


@pytest.fixture
async def looks(stage: Stage) -> list[Look]:
    return [stage.look(await stage.camera(label)) for label in ("left", "right")]


@asynccontextmanager
async def running(stage: Stage, cache: TileCache, *looks: Look) -> AsyncIterator[Wall]:
    """A wall that somebody watches, and that has been shown once."""
    wall = Wall(stage.view(*looks), stage.clock, stage.metrics, LAYOUT, cache)
    async with wall.running():
        await wall.slot.newer()
        yield wall


def colours(jpeg: bytes) -> list[str]:
    """Of the left and the right half, as a viewer sees them."""
    names = {"red": RED, "green": GREEN, "dark": DARK}
    image = Image.open(io.BytesIO(jpeg)).convert("RGB")
    found = []
    for left in (20, 180):
        pixel = image.getpixel((left, 20))
        assert isinstance(pixel, tuple)
        found += [
            name
            for name, wanted in names.items()
            if all(abs(a - b) < 24 for a, b in zip(pixel, wanted, strict=True))
        ]
    return found


async def shows(wall: Wall, *wanted: str) -> Frame:
    """The next wall that looks so, as soon as it is handed out."""
    number = 0
    async with asyncio.timeout(10):
        while True:
            number, frame = await wall.slot.newer(number)
            if wall.part(frame) is not None and colours(frame.jpeg) == list(wanted):
                return frame


async def test_each_camera_is_in_its_place(
    stage: Stage, cache: TileCache, looks: list[Look]
) -> None:
    async with running(stage, cache, *looks) as wall:
        await shows(wall, "dark", "dark")
        stage.send(looks[0], picture(colour=RED))
        await shows(wall, "red", "dark")
        stage.send(looks[1], picture(colour=GREEN))
        frame = await shows(wall, "red", "green")
        part = wall.part(frame)
        assert part is not None
        assert part.startswith(mjpeg.PREFIX)
        assert b"X-Grant" not in part
        assert b"X-Repeat" not in part
        stage.clock.forward(1.5)
        again = wall.part(frame, repeated=2)
        assert again is not None
        assert b"X-Repeat: 2\r\nX-Age: 1.5\r\n" in again


async def test_a_revoked_camera_is_dark_on_the_very_next_wall_and_nothing_of_it_stays(
    stage: Stage, cache: TileCache, looks: list[Look]
) -> None:
    async with running(stage, cache, *looks) as wall:
        shown = weakref.ref(stage.send(looks[0], picture(colour=RED)))
        stage.send(looks[1], picture(colour=GREEN))
        last, number = await shows(wall, "red", "green"), wall.slot.number
        looks[0].camera.revoked(looks[0].permit.handle)
        assert wall.part(last) is None
        assert wall.part(last, repeated=1) is None
        newest = stage.send(looks[1], picture(colour=GREEN))  # of the same moment
        number, after = await wall.slot.newer(number)
        assert colours(after.jpeg) == ["dark", "green"]
        assert wall.part(after) is not None
        assert wall.part(last) is None
        assert shown() is None
        kept = await cache.tile(newest, LAYOUT.shape, ("right", ""))
        async with asyncio.timeout(10):
            while cache.bytes > kept.size_bytes:  # the picture of the right camera before
                number, after = await wall.slot.newer(number)
                assert colours(after.jpeg) == ["dark", "green"]
        assert not wall.over.is_set()


async def test_what_ends_while_its_tile_is_made_is_never_shown(
    stage: Stage, cache: TileCache, looks: list[Look], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, "picture_tile")
    async with running(stage, cache, *looks) as wall:
        before = number = wall.slot.number
        gate.opened.clear()
        stage.send(looks[0], picture(colour=RED))
        await asyncio.to_thread(gate.entered.wait, 10)
        looks[0].camera.revoked(looks[0].permit.handle)
        gate.opened.set()
        async with asyncio.timeout(10):
            while number < before + 2:  # without a word, for those take a moment; and with
                number, frame = await wall.slot.newer(number)
                assert colours(frame.jpeg) == ["dark", "dark"]
        assert cache.bytes == 0


async def test_what_time_ends_is_found_when_the_wall_is_to_be_shown_again(
    stage: Stage, cache: TileCache
) -> None:
    terms = {"detail": {"limits": {"session_s": 60}}}
    short = stage.look(await stage.camera("left"), **terms)
    long = stage.look(await stage.camera("right"))
    async with running(stage, cache, short, long) as wall:
        stage.send(short, picture(colour=RED))
        last = await shows(wall, "red", "dark")
        stage.clock.forward(60)
        assert wall.part(last, repeated=1) is None
        await shows(wall, "dark", "dark")


async def test_two_walls_of_one_layout_share_a_tile_and_two_hubs_do(
    stage: Stage, cache: TileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera, other = await stage.camera("left"), await stage.camera("right")
    police = Signer("police")
    fires = [stage.look(camera), stage.look(other)]
    polices = [stage.look(camera, police), stage.look(other, police)]
    async with running(stage, cache, *fires) as one, running(stage, cache, *polices) as two:
        gate = Gate(monkeypatch, "picture_tile")
        held(camera, polices[0])
        stage.send(fires[0], picture(colour=RED))
        await shows(one, "red", "dark")
        await shows(two, "red", "dark")
        assert gate.calls == 1


async def test_a_tile_that_is_there_is_not_shown_to_those_it_is_not_meant_for(
    stage: Stage, cache: TileCache
) -> None:
    camera, other = await stage.camera("left"), await stage.camera("right")
    police = Signer("police")
    fires = [stage.look(camera), stage.look(other)]
    polices = [stage.look(camera, police), stage.look(other, police)]
    async with running(stage, cache, *fires) as one, running(stage, cache, *polices) as two:
        held(camera, polices[0])
        stage.send(fires[0], picture(colour=RED))
        last = await shows(two, "red", "dark")
        held(camera, polices[0], "day-limit")
        assert two.part(last) is None
        await shows(two, "dark", "dark")
        stage.send(fires[0], picture(colour=RED))
        stage.send(fires[1], picture(colour=GREEN))
        held(other, polices[1])
        await shows(one, "red", "green")
        await shows(two, "dark", "green")


def held(camera: Camera, look: Look, word: str = "held") -> None:
    """The board says what it makes of a grant."""
    camera._answers[look.permit.handle] = word
    camera.changed()


async def test_a_burst_makes_few_walls_and_the_last_picture_is_on_the_last(
    stage: Stage, cache: TileCache, looks: list[Look]
) -> None:
    loop = asyncio.get_running_loop()
    async with running(stage, cache, *looks) as wall:
        began, number = loop.time(), wall.slot.number
        for at in range(60):
            stage.send(looks[0], picture(colour=(at, 0, 0)))
            await asyncio.sleep(0)
        stage.send(looks[0], picture(colour=RED))
        await shows(wall, "red", "dark")
        most = 1 + (loop.time() - began) / GAP_S
        assert wall.slot.number - number <= most


async def test_at_rest_nothing_is_made_and_nothing_is_due(
    stage: Stage, cache: TileCache, looks: list[Look], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(stage, cache, *looks) as wall:
        stage.send(looks[0], picture(colour=RED))
        await shows(wall, "red", "dark")
        made = count(monkeypatch)
        looks[1].camera.changed()  # but looks the same
        for _ in range(3):
            await asyncio.sleep(GAP_S)
        assert next(made) == 0
        stage.clock.forward(PAUSE_S)
        looks[1].camera.changed()
        number = wall.slot.number
        await wall.slot.newer(number)  # "no picture since": the pause has begun
        assert next(made) == 1


def count(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """How many walls were joined since, again and again."""
    calls, behind = [], Mosaic.jpeg

    def jpeg(mosaic: Mosaic) -> bytes:
        calls.append(mosaic)
        return behind(mosaic)

    monkeypatch.setattr(Mosaic, "jpeg", jpeg)
    while True:
        yield len(calls)


@pytest.mark.parametrize("jpeg", [b"\xff\xd8", b"\xff\xd8" + bytes(300), picture()[:-400]])
async def test_a_broken_picture_is_one_dark_tile_and_the_next_one_shows(
    stage: Stage, cache: TileCache, looks: list[Look], jpeg: bytes
) -> None:
    async with running(stage, cache, *looks) as wall:
        stage.send(looks[0], picture(colour=RED))
        stage.send(looks[1], picture(colour=GREEN))
        await shows(wall, "red", "green")
        stage.send(looks[0], jpeg)
        await shows(wall, "dark", "green")
        stage.send(looks[0], picture(colour=RED))
        await shows(wall, "red", "green")


async def test_a_tile_that_cannot_be_made_for_a_fault_of_ours_does_not_end_the_wall(
    stage: Stage, cache: TileCache, looks: list[Look], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(stage, cache, *looks) as wall:
        stage.send(looks[0], picture(colour=RED))
        await shows(wall, "red", "dark")
        with monkeypatch.context() as broken:
            broken.setattr(tiles, "picture_tile", lambda *_: 1 // 0)
            stage.send(looks[0], picture(colour=GREEN))
            await shows(wall, "dark", "dark")
        stage.send(looks[0], picture(colour=GREEN))
        await shows(wall, "green", "dark")


async def test_when_all_is_over_the_last_wall_is_dark_and_then_it_ends(
    stage: Stage, cache: TileCache, looks: list[Look]
) -> None:
    async with running(stage, cache, *looks) as wall:
        for look in looks:
            stage.send(look, picture(colour=RED))
        await shows(wall, "red", "red")
        for look in looks:
            look.end("closed")
        last = await shows(wall, "dark", "dark")
        assert not wall.over.is_set()  # it is still to be handed out
        async with asyncio.timeout(10):
            await wall.over.wait()
        assert wall.part(last) is None


async def test_each_camera_on_it_is_counted_and_no_other(
    stage: Stage, cache: TileCache, looks: list[Look]
) -> None:
    async with running(stage, cache, *looks) as wall:
        left = stage.send(looks[0], picture(colour=RED))
        frame = await shows(wall, "red", "dark")
        wall.shown(frame, 3)
        wall.shown(frame, 2, repeated=1)
        assert [look.frames for look in looks] == [3, 0]
        tile = await cache.tile(left, LAYOUT.shape, ("left", ""))
        assert looks[0].bytes == 3 * sum(map(len, tile.strips))
        assert looks[1].bytes == 0


async def test_a_picture_that_was_on_the_wall_before_counts_for_those_only_who_did_not_see_it(
    stage: Stage, cache: TileCache, looks: list[Look]
) -> None:
    async with running(stage, cache, *looks) as wall:
        stage.send(looks[0], picture(colour=RED))
        frame = await shows(wall, "red", "dark")
        wall.shown(frame, 1)
        for name, colour in (("green", GREEN), ("red", RED)):
            stage.send(looks[1], picture(colour=colour))
            frame = await shows(wall, "red", name)
            wall.part(frame)  # for another viewer
            wall.shown(frame, 1)
        assert [look.frames for look in looks] == [1, 2]
        wall.shown(frame, 1, missed=1)  # not the one before, but that with red
        assert [look.frames for look in looks] == [1, 3]
        wall.shown(frame, 4, missed=2)
        assert [look.frames for look in looks] == [5, 7]
