"""What leaves a host whose grant has masks, in every way a picture can leave it: nothing of what is
behind them. And the words that a hub reads below its pictures, which residents do not."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from PIL import Image, ImageChops

from porchlight.streams import burn, tilecache
from porchlight.streams.caption import Caption
from porchlight.streams.feed import LookFeed
from porchlight.streams.lettering import panel
from porchlight.streams.scaled import feed_for
from porchlight.streams.tilecache import TileCache
from porchlight.views import Look
from tests.support.hosting import SETTINGS, InThread, Kit, Signer, handle_of, hosted
from tests.support.listening import listening
from tests.support.stage import Stage
from tests.support.viewing import board_at, open_view, stream_url, until, watching

SIZE = (640, 480)
MASK = [[300, 300, 250, 250]]
SECRET = (MASK[0][0] * 640 // 1000, MASK[0][1] * 480 // 1000, 352, 264)  # pixels of the mask
STRIP = 16  # pixels of a caption below a picture of this width
COUNT = 4
LITTLE = 60  # redness of edges in a narrow picture; that of what is behind the mask is above 200


def scene(shade: int = 0) -> bytes:
    """Green all over, and red where the mask is: in what leaves, nothing may be red."""
    image = Image.new("RGB", SIZE, (0, 140 + shade, 40))
    image.paste((230, 0, 0), SECRET)
    out = io.BytesIO()
    image.save(out, "JPEG", subsampling="4:2:0")
    return out.getvalue()


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg)).convert("RGB")


def redness(jpeg: bytes) -> int:
    """How much redder than green the reddest pixel is."""
    red, green, _ = opened(jpeg).split()
    return int(ImageChops.subtract(red, green).getextrema()[1])


def green(jpeg: bytes) -> bool:
    """Whether the picture around the mask is to be seen."""
    red, other, _ = opened(jpeg).split()
    return int(ImageChops.subtract(other, red).getextrema()[1]) > 100


def masked(jpeg: bytes) -> bool:
    """Whether nothing red is left, and nothing of another picture is in it."""
    return redness(jpeg) < LITTLE and jpeg.count(b"\xff\xd8") == 1


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    text = SETTINGS.replace("overlay = false", "overlay = true")
    with hosted(tmp_path_factory.mktemp("masks") / "home", text) as running:
        yield running


@asynccontextmanager
async def filming(host: InThread, porch: Kit, jti: str) -> AsyncIterator[None]:
    """The camera sends all the time, as fast as one does."""
    async with board_at(host, porch) as board:

        async def send() -> None:
            for shade in range(1_000_000):
                await board.send_frame(scene(shade % 40), handle_of(jti))
                await asyncio.sleep(0.05)

        task = asyncio.create_task(send())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def streamed(host: InThread, url: str, count: int = COUNT) -> list[bytes]:
    """The first pictures of a stream, from the very first part on."""
    async with watching(host, url) as viewer:
        return [part.jpeg for part in (await viewer.got(count))[:count]]


async def walled(host: InThread, url: str) -> list[bytes]:
    """A wall from its first part on, until the camera is seen on it."""
    async with watching(host, url) as viewer:
        while not green((await viewer.got(len(viewer.parts) + 1))[-1].jpeg):
            pass
        return [part.jpeg for part in viewer.parts]


async def fetched(host: InThread, path: str) -> bytes:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        answer = await client.get(host.http + path)
    assert answer.status_code == 200, answer.text
    return answer.content


async def by_socket(host: InThread, view: dict[str, Any]) -> list[bytes]:
    async with listening(host, view) as viewer:
        await viewer.until(lambda: len(viewer.seen) >= COUNT)
        return [message.jpeg for message in viewer.seen]


async def everything(host: InThread, view: dict[str, Any], porch: Kit) -> dict[str, list[bytes]]:
    """What a viewer gets of a view, in every way there is."""
    url = stream_url(host, view, porch)
    still = view["urls"]["cameras"][porch.id]["snapshot"]
    wall = host.http + view["urls"]["wall"]
    found = await asyncio.gather(
        streamed(host, url),
        streamed(host, url + "?width=320"),
        walled(host, wall),
        by_socket(host, view),
    )
    stills = [await fetched(host, still), await fetched(host, still + "?width=160")]
    return dict(zip(("stream", "narrow", "wall", "socket"), found, strict=True)) | {"still": stills}


async def test_nothing_behind_a_mask_leaves_the_host(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    jti = host.grant(porch, fire, detail={"mask": MASK})
    async with filming(host, porch, jti):
        seen = await everything(host, open_view(host, fire, porch), porch)
    for way, pictures in seen.items():
        assert green(pictures[-1]), way
        assert [masked(jpeg) for jpeg in pictures] == [True] * len(pictures), way
    assert {opened(jpeg).size for jpeg in seen["stream"]} == {(SIZE[0], SIZE[1] + STRIP)}
    assert {opened(jpeg).size for jpeg in seen["socket"]} == {(SIZE[0], SIZE[1] + STRIP)}
    assert {opened(jpeg).width for jpeg in seen["narrow"]} == {320}


async def test_without_a_mask_it_is_there_with_words_below(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    jti = host.grant(porch, fire)
    async with filming(host, porch, jti):
        seen = await everything(host, open_view(host, fire, porch), porch)
    assert all(redness(pictures[-1]) > 150 for pictures in seen.values())
    for jpeg in (*seen["stream"], *seen["socket"], seen["still"][0]):
        strip = opened(jpeg).crop((0, SIZE[1], *opened(jpeg).size)).convert("L")
        name = panel((fire.name,), SIZE[0])
        letters = name.point(lambda value: 255 * (value > 100)).getbbox()
        difference = ImageChops.difference(strip.crop(letters), name.crop(letters))
        assert difference.getextrema()[1] < 80
        assert strip.getextrema()[1] > 150


async def test_a_snapshot_and_what_comes_again_are_masked_too(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    jti = host.grant(porch, fire, detail={"mask": MASK, "actions": ["live", "snapshot"]})
    async with board_at(host, porch) as board:
        still = open_view(host, fire, porch, action="snapshot")
        taking = asyncio.create_task(fetched(host, still["urls"]["cameras"][porch.id]["snapshot"]))
        await board.watched(handle_of(jti))
        await board.send_frame(scene(), handle_of(jti))
        assert masked(await taking)
        url = stream_url(host, open_view(host, fire, porch), porch)
        async with watching(host, url) as viewer:
            await board.watched(handle_of(jti))
            await board.send_frame(scene(), handle_of(jti))
            parts = await viewer.got(2)
            assert parts[1].headers["x-repeat"] == "1"
            assert all(masked(part.jpeg) for part in parts)
            assert not any("mask" in name for part in parts for name in part.headers)


async def test_residents_see_their_own_masks_and_no_words(
    host: InThread, ann: Signer, porch: Kit
) -> None:
    detail = {"mask": MASK, "purposes": ["own-use"]}
    jti = host.grant(porch, ann, detail=detail)
    async with filming(host, porch, jti):
        view = open_view(host, ann, porch, purpose="own-use", case="", reason="")
        seen = await everything(host, view, porch)
    assert all(masked(jpeg) for pictures in seen.values() for jpeg in pictures)
    assert {opened(jpeg).size for jpeg in seen["stream"]} == {SIZE}


# Without a network: what fails, lags or is shared.


def feed_of(stage: Stage, cache: TileCache, look: Look) -> Any:
    return feed_for(look, None, stage.clock, stage.metrics, cache, look.permit.hub)


async def look_at(stage: Stage, cache: TileCache | None, hub: Signer | None = None) -> Look:
    """A look under a grant with a mask, and with a caption."""
    camera = await stage.camera()
    plain = stage.look(camera, hub, detail={"mask": MASK})
    caption = Caption("fire", "", plain.permit.jti)
    ends = plain.ends
    return Look(
        camera, plain.permit, opened=stage.clock.unix(), ends=ends, caption=caption, cache=cache
    )


@pytest.mark.parametrize("source", [b"\xff\xd8 no picture", scene()[:2_000], scene()[:-800]])
async def test_what_cannot_be_masked_is_not_shown(
    stage: Stage, cache: TileCache, source: bytes
) -> None:
    look = await look_at(stage, cache)
    feed = feed_of(stage, cache, look)
    async with feed.running():
        stage.send(look, source)
        stage.send(look, scene())
        _, frame = await asyncio.wait_for(feed.slot.newer(), 10)
        assert (frame.sequence, feed.slot.number) == (2, 1)
        assert masked(frame.jpeg)


@pytest.mark.parametrize("failing", ["masked", "captioned"])
async def test_a_fault_of_ours_shows_nothing(
    stage: Stage, cache: TileCache, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    look = await look_at(stage, cache)
    feed, calls = feed_of(stage, cache, look), []
    behind: Callable[..., bytes | None] = getattr(burn, failing)

    def once(*args: Any) -> bytes | None:
        calls.append(args)
        if len(calls) == 1:
            raise RuntimeError("a fault")
        return behind(*args)

    monkeypatch.setattr(burn, failing, once)
    async with feed.running():
        stage.send(look, scene())
        await until(lambda: calls and not look.slot.making)
        await until(lambda: not feed._prepared.making)
        assert feed.slot.latest is None
        stage.send(look, scene())
        assert (await asyncio.wait_for(feed.slot.newer(), 10))[1].sequence == 2


async def test_who_cannot_mask_shows_nothing_of_such_a_grant(stage: Stage) -> None:
    look = await look_at(stage, None)
    feed = LookFeed(look, stage.clock, stage.metrics)
    async with feed.running():
        frame = stage.send(look, scene())
        await asyncio.sleep(0)
        assert feed.slot.latest is None
        assert feed.slot is not look.camera.latest
        assert look.camera.latest.latest is frame


async def test_a_picture_that_is_being_masked_when_consent_ends_is_not_kept(
    stage: Stage, cache: TileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = await look_at(stage, cache)
    feed = feed_of(stage, cache, look)
    ready, done = asyncio.Event(), []
    loop = asyncio.get_running_loop()
    behind = tilecache.burn.burn

    def slow(*args: Any) -> bytes | None:
        asyncio.run_coroutine_threadsafe(_wait(ready), loop).result(10)
        done.append(args)
        return behind(*args)

    monkeypatch.setattr(burn, "burn", slow)
    async with feed.running():
        stage.send(look, scene())
        await until(lambda: look.slot.making)
        look.camera.revoked(look.permit.handle)
        ready.set()
        await until(lambda: done)
        await asyncio.sleep(0.02)
        assert look.slot.latest is None
        assert feed.slot.latest is None


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def test_who_may_see_the_same_shares_one_picture(
    stage: Stage, cache: TileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await look_at(stage, cache)
    calls = []
    behind = burn.masked
    monkeypatch.setattr(burn, "masked", lambda *args: calls.append(args) or behind(*args))
    more = {"opened": first.opened, "ends": first.ends, "cache": cache}
    again = Look(first.camera, first.permit, caption=first.caption, **more)
    other = Look(first.camera, first.permit, caption=Caption("police", "", "x"), **more)
    feeds = [feed_of(stage, cache, look) for look in (first, again, other)]
    async with feeds[0].running(), feeds[1].running(), feeds[2].running():
        for number in (1, 2):  # the words are new, and then they are not
            stage.send(first, scene())
            newer = [asyncio.wait_for(feed.slot.newer(number - 1), 10) for feed in feeds]
            one, two, three = [frame for _, frame in await asyncio.gather(*newer)]
            assert one.jpeg == two.jpeg != three.jpeg
            assert len(calls) == number
    assert one is two


async def test_limits_of_size_do_not_count_the_words(stage: Stage, cache: TileCache) -> None:
    camera = await stage.camera()
    plain = stage.look(camera, detail={"limits": {"w": SIZE[0], "h": SIZE[1]}})
    caption = Caption("fire", "", plain.permit.jti)
    look = Look(camera, plain.permit, opened=plain.opened, ends=plain.ends, caption=caption)
    feed = feed_of(stage, cache, look)
    async with feed.running():
        stage.send(look, scene())
        _, frame = await asyncio.wait_for(feed.slot.newer(), 10)
        assert opened(frame.jpeg).height == SIZE[1] + STRIP
        assert feed.part(frame) is not None
        assert frame.jpeg in feed.part(frame, repeated=1)
