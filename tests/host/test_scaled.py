"""Narrower pictures of one camera: made once, of the newest, and only of what may be shown."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.frames import Frame
from porchlight.streams.caption import Caption
from porchlight.streams.feed import LookFeed
from porchlight.streams.layout import Shape
from porchlight.streams.scaled import STEPS, Scaled, narrowed, rounded
from porchlight.streams.tilecache import TileCache
from porchlight.streams.workers import Workers
from porchlight.views import Look
from tests.host.test_tilecache import Gate
from tests.support.signing import Signer
from tests.support.stage import Line, Stage
from tests.support.viewing import host_frame, picture, until

WIDTH = 160


def scaled(stage: Stage, cache: TileCache, look: Look, width: int = WIDTH) -> Scaled:
    return Scaled(LookFeed(look, stage.clock, stage.metrics), width, stage.clock, cache)


@asynccontextmanager
async def running(stage: Stage, cache: TileCache, look: Look) -> AsyncIterator[Scaled]:
    feed = scaled(stage, cache, look)
    async with feed.running():
        yield feed


async def next_of(feed: Scaled, than: int = 0) -> Frame:
    async with asyncio.timeout(10):
        return (await feed.slot.newer(than))[1]


async def test_the_frame_is_the_same_but_narrower_and_made_once_for_all_who_watch(
    stage: Stage, cache: TileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera, police = await stage.camera(), Signer("police")
    look, other = stage.look(camera), stage.look(camera, police)
    camera._answers[other.permit.handle] = "held"
    gate = Gate(monkeypatch, "narrower")
    async with running(stage, cache, look) as one, running(stage, cache, other) as two:
        frame = stage.send(look, picture(640, 480))
        narrow = await next_of(one)
        assert narrow is await next_of(two)
        assert gate.calls == 1
        assert narrow.size == (160, 120)
        same = (narrow.captured_ms, narrow.sequence, narrow.handle)
        assert same == (frame.captured_ms, frame.sequence, frame.handle)
        part = one.part(narrow)
        assert part is not None
        assert narrow.jpeg in part
        assert b"X-Repeat" in (one.part(narrow, repeated=1) or b"")
        one.shown(narrow, 2)
        assert (look.frames, look.bytes) == (2, 2 * len(narrow.jpeg))


@pytest.mark.parametrize("width", [160, 80])
async def test_no_picture_is_enlarged(stage: Stage, cache: TileCache, width: int) -> None:
    look = stage.look(await stage.camera())
    async with running(stage, cache, look) as feed:
        frame = stage.send(look, picture(width, 60))
        assert await next_of(feed) is frame


async def test_limits_of_size_are_asked_of_the_original(stage: Stage, cache: TileCache) -> None:
    look = stage.look(await stage.camera(), detail={"limits": {"w": 320, "h": 240}})
    async with running(stage, cache, look) as feed:
        stage.send(look, picture(640, 480))
        await asyncio.sleep(0)
        stage.send(look, picture(320, 240))
        assert (await next_of(feed)).sequence == 2
        assert feed.slot.number == 1


async def test_while_one_is_made_only_the_newest_waits(
    stage: Stage, cache: TileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, gate = stage.look(await stage.camera()), Gate(monkeypatch, "narrower")
    async with running(stage, cache, look) as feed:
        gate.opened.clear()
        for _ in range(5):
            stage.send(look, picture(640, 480))
            await asyncio.sleep(0)
        await asyncio.to_thread(gate.entered.wait, 10)
        gate.opened.set()
        assert (await next_of(feed)).sequence == 1
        assert (await next_of(feed, 1)).sequence == 5
        assert gate.calls == 2


async def test_what_waits_for_a_thread_is_the_newest_for_all(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, gate = TileCache(Workers(1)), Gate(monkeypatch, "narrower")
    look = stage.look(await stage.camera())
    gate.opened.clear()
    hold = cache.narrower(host_frame(1, picture(640, 480)), WIDTH, "fire")
    await asyncio.to_thread(gate.entered.wait, 10)
    feed = Scaled(LookFeed(look, stage.clock, stage.metrics), WIDTH, stage.clock, cache, "fire")
    same = Scaled(LookFeed(look, stage.clock, stage.metrics), WIDTH, stage.clock, cache, "fire")
    async with feed.running(), same.running():
        stage.send(look, picture(640, 480))
        await until(lambda: feed._prepared.making is not None)
        for _ in range(4):
            stage.send(look, picture(640, 480))
            await asyncio.sleep(0)
        gate.opened.set()
        assert (await next_of(feed)).sequence == 5
        assert (await next_of(same)).sequence == 5
        await hold
        assert (feed.slot.number, same.slot.number, gate.calls) == (1, 1, 2)
    cache.close()


async def test_what_nobody_watches_any_more_is_not_made(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, gate = TileCache(Workers(1)), Gate(monkeypatch, "narrower")
    look = stage.look(await stage.camera())
    gate.opened.clear()
    hold = cache.narrower(host_frame(1, picture(640, 480)), WIDTH)
    await asyncio.to_thread(gate.entered.wait, 10)
    async with running(stage, cache, look) as feed:
        stage.send(look, picture(640, 480))
        await until(lambda: feed._prepared.making is not None)
    gate.opened.set()
    await hold
    await cache.dark(Shape(160, 120), ())
    assert gate.calls == 1
    cache.close()


async def test_after_a_revocation_nothing_is_shown_or_kept(
    stage: Stage, cache: TileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, gate = stage.look(await stage.camera()), Gate(monkeypatch, "narrower")
    async with running(stage, cache, look) as feed:
        stage.send(look, picture(640, 480))
        narrow = await next_of(feed)
        gate.opened.clear()
        gate.entered.clear()
        stage.send(look, picture(640, 480))
        await asyncio.to_thread(gate.entered.wait, 10)  # the next one is being made
        look.camera.revoked(look.permit.handle)
        assert feed.slot.latest is None
        assert feed.part(narrow) is None
        assert feed.part(narrow, repeated=1) is None
        gate.opened.set()
        await until(lambda: feed._prepared.making is None)
        assert feed.slot.latest is None
        assert cache.bytes == 0


async def test_what_the_camera_forgets_is_forgotten_here_when_next_asked_for(
    stage: Stage, cache: TileCache
) -> None:
    camera, line = await stage.camera(), Line()
    await camera.attach(line)
    look = stage.look(camera)
    async with running(stage, cache, look) as feed:
        stage.send(look, picture(640, 480))
        narrow = await next_of(feed)
        await camera.detach(line, "lost")
        assert feed.part(narrow, repeated=1) is not None  # the look still holds
        assert feed.slot.latest is None


async def test_a_picture_that_cannot_be_decoded_is_left_out(stage: Stage, cache: TileCache) -> None:
    look = stage.look(await stage.camera())
    async with running(stage, cache, look) as feed:
        stage.send(look, b"\xff\xd8 no picture")
        await until(lambda: feed._prepared.making is None and feed._prepared.taken)
        assert feed.slot.number == 0
        stage.send(look, picture(640, 480))
        assert (await next_of(feed)).sequence == 2


async def test_who_begins_later_is_not_shown_what_is_old(stage: Stage, cache: TileCache) -> None:
    look = stage.look(await stage.camera())
    feed = scaled(stage, cache, look)
    async with feed.running():
        stage.send(look, picture(640, 480))
        await next_of(feed)
        assert feed.before() == 0
        stage.clock.forward(3)
        assert feed.before() == 1
        async with feed.running():
            pass
        assert feed.slot.latest is not None  # somebody still watches
    assert feed.slot.latest is None


async def test_one_frame_narrowed(cache: TileCache) -> None:
    frame = host_frame(1, picture(640, 480))
    found = await narrowed(frame, 320, cache)
    assert found is not None
    assert found.size == (320, 240)
    assert await narrowed(frame, 640, cache) is frame
    assert await narrowed(host_frame(2, b"\xff\xd8"), 320, cache) is None


@given(st.integers(-10, 5_000))
def test_widths_are_few(asked: int) -> None:
    width = rounded(asked)
    assert width in STEPS
    assert width % 16 == 0
    assert 80 <= width <= 1_280
    assert width <= max(asked, 80)


async def test_a_caption_waits_for_no_thread_once_its_words_are_known(
    stage: Stage, cache: TileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = stage.look(await stage.camera())
    look.caption = Caption("fire", "", "AbCdEfGh")
    feed = Scaled(LookFeed(look, stage.clock, stage.metrics), None, stage.clock, cache)
    async with feed.running():
        stage.send(look, picture(640, 480))
        first = await next_of(feed)
        monkeypatch.setattr(cache, "burnt", None)
        frame = stage.send(look, picture(640, 480))
        await asyncio.sleep(0)
        second = feed.slot.latest
        assert second is not None
        assert (second.sequence, second.arrived) == (frame.sequence, frame.arrived)
        assert second.jpeg == first.jpeg != frame.jpeg
        assert (second.size, feed.part(second) is not None) == ((640, 480), True)
