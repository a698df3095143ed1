"""How often a look may be shown something new, however many ask and however often they come."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from itertools import pairwise
from typing import Any

import pytest

from accord import wire
from porchlight.streams.feed import LookFeed
from porchlight.streams.snapshot import snapshot
from porchlight.views import Look
from tests.support import virtual
from tests.support.signing import Signer
from tests.support.stage import Line, Stage
from tests.support.viewing import picture

LINGER_S = 5.0
LIMITED: dict[str, Any] = {"detail": {"limits": {"fps": 2}}}


def in_virtual_time(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """The coroutine as a test of its own loop."""

    @wraps(test)
    def run(*args: object, **named: object) -> None:
        virtual.run(test(*args, **named))

    return run


async def passes(stage: Stage, seconds: float) -> None:
    """Time goes by, for everybody."""
    stage.clock.forward(seconds)
    await asyncio.sleep(seconds)


async def film(stage: Stage, look: Look, seconds: float) -> list[float]:
    """The board sends 20 frames a second; when the look's slot took a new one (loop's time)."""
    taken: list[float] = []

    def came() -> None:
        taken.append(asyncio.get_running_loop().time())

    look.slot.listen(came)
    for _ in range(round(seconds * 20)):
        stage.send(look)
        await passes(stage, 0.05)
    look.slot.unlisten(came)
    return taken


@in_virtual_time
async def test_the_pace_belongs_to_the_look() -> None:
    stage = Stage(LINGER_S)
    look = stage.look(await stage.camera(), **LIMITED)
    async with look.watching(), look.watching():
        taken = await film(stage, look, 5)
    assert 10 <= len(taken) <= 11
    assert min(b - a for a, b in pairwise(taken)) > 0.37


@in_virtual_time
async def test_coming_again_brings_nothing_new_before_it_is_due() -> None:
    stage = Stage(LINGER_S)
    look = stage.look(await stage.camera(), **LIMITED)
    seen: list[int] = []
    for _ in range(100):  # each a stream of its own, for one frame
        async with look.watching():
            before = look.before()
            stage.send(look)
            await asyncio.sleep(0)
            if look.slot.latest is not None and look.slot.number > before:
                seen.append(look.slot.latest.sequence)
        await passes(stage, 0.05)
    assert 10 <= len(set(seen)) <= 11
    assert seen == sorted(seen)


@in_virtual_time
async def test_single_pictures_keep_the_same_pace_and_come_again_meanwhile() -> None:
    stage = Stage(LINGER_S)
    look = stage.look(await stage.camera(), **LIMITED)
    sending = asyncio.create_task(film(stage, look, 5))
    seen = []
    for _ in range(100):
        seen.append((await snapshot(look, stage.clock, stage.metrics)).sequence)
        await asyncio.sleep(0.04)
    assert 7 <= len(set(seen)) <= 9  # in four seconds
    assert len(seen) == 100
    assert look.frames == len(set(seen))
    assert look.bytes == len(set(seen)) * len(picture())
    assert stage.metrics.repeated.value == 100 - len(set(seen))
    await sending


@in_virtual_time
async def test_what_is_not_for_this_look_takes_nothing_of_its_pace() -> None:
    stage = Stage(LINGER_S)
    camera = await stage.camera()
    look, other = stage.look(camera, **LIMITED), stage.look(camera, Signer("police"))
    async with look.watching(), other.watching():
        stage.send(other)
        await passes(stage, 0.05)
        mine = stage.send(look)
        await asyncio.sleep(0)
        assert look.slot.latest is mine
        theirs = stage.send(other)  # and it takes the place of what is not the newest any more
        await asyncio.sleep(0)
        assert look.slot.latest is theirs
        assert LookFeed(look, stage.clock, stage.metrics).part(theirs) is None


@in_virtual_time
async def test_the_newest_of_those_that_came_too_early_is_shown_when_it_is_due() -> None:
    stage = Stage(LINGER_S)
    look = stage.look(await stage.camera(), **LIMITED)
    async with look.watching():
        first = stage.send(look)
        await passes(stage, 0.05)
        stage.send(look)
        await passes(stage, 0.05)
        last = stage.send(look)
        await passes(stage, 0.05)
        assert look.slot.latest is first
        await passes(stage, 0.5)
        assert look.slot.latest is last
        assert look.slot.number == 2


@pytest.mark.parametrize("watched", [True, False])
@in_virtual_time
async def test_what_the_camera_forgets_is_forgotten_here_at_once(watched: bool) -> None:
    stage, line = Stage(LINGER_S), Line()
    camera = await stage.camera()
    await camera.attach(line)
    look = stage.look(camera, **LIMITED)
    async with look.watching():
        stage.send(look)
        await asyncio.sleep(0)
        assert look.slot.latest is not None
        if watched:
            await camera.detach(line, "lost")
            assert look.slot.latest is None
    if not watched:
        assert look.slot.latest is not None  # for who comes before the next is due
        await camera.detach(line, "lost")
        assert look.slot.latest is None


@in_virtual_time
async def test_when_nobody_looks_the_last_picture_is_kept_until_the_next_is_due() -> None:
    stage = Stage(LINGER_S)
    look = stage.look(await stage.camera(), **LIMITED)
    async with look.watching():
        frame = stage.send(look)
        await asyncio.sleep(0)
    assert look.slot.latest is frame
    await passes(stage, 0.51)
    assert look.slot.latest is None


@in_virtual_time
async def test_a_look_that_ends_keeps_nothing_and_takes_nothing() -> None:
    stage = Stage(LINGER_S)
    look = stage.look(await stage.camera(), **LIMITED)
    async with look.watching():
        stage.send(look)
        await asyncio.sleep(0)
        stage.send(look)  # waits
        await asyncio.sleep(0)
        look.end("closed")
        assert look.slot.latest is None
        stage.send(look)
        await passes(stage, 2)
        assert look.slot.latest is None
    async with look.watching():  # who was admitted right before
        stage.send(look)
        await passes(stage, 2)
        assert look.slot.latest is None
    assert not look.camera.latest.followers
    assert not look.camera.latest._listeners


@in_virtual_time
async def test_without_a_limit_all_there_is_is_shown() -> None:
    stage = Stage(LINGER_S)
    look = stage.look(await stage.camera())
    assert look.slot is look.camera.latest
    async with look.watching():
        assert len(await film(stage, look, 1)) == 20


# A frame comes again as long as the grants stand, by the source's own word.


@in_virtual_time
async def test_a_frame_of_anothers_grant_comes_again_only_while_the_board_says_it_holds_ours() -> (
    None
):
    stage, line = Stage(LINGER_S), Line()
    camera = await stage.camera()
    await camera.attach(line)
    other, look = stage.look(camera, Signer("police")), stage.look(camera)
    feed = LookFeed(look, stage.clock, stage.metrics)
    own = LookFeed(other, stage.clock, stage.metrics)

    async def says(word: bytes) -> bool:
        await camera.on_answer(wire.Answer(look.permit.handle, word))
        return feed.part(frame, repeated=1) is not None

    async with other.watching(), look.watching():
        frame = stage.send(other)
        assert feed.part(frame, repeated=1) is None
        assert await says(b"held")
        assert not await says(b"lease-lapsed")
        assert own.part(frame, repeated=1) is not None  # it was sent under theirs
        assert await says(b"held")
        await camera.detach(line, "lost")
        assert feed.part(frame, repeated=2) is not None  # away, and said nothing else before
        await camera.attach(Line())
        assert feed.part(frame, repeated=3) is None  # until it says so again


@in_virtual_time
async def test_a_board_that_said_no_and_went_away_said_no() -> None:
    stage, line = Stage(LINGER_S), Line()
    camera = await stage.camera()
    await camera.attach(line)
    other, look = stage.look(camera, Signer("police")), stage.look(camera)
    feed = LookFeed(look, stage.clock, stage.metrics)
    async with other.watching(), look.watching():
        await camera.on_answer(wire.Answer(look.permit.handle, b"held"))
        frame = stage.send(other)
        assert feed.part(frame) is not None
        await camera.on_answer(wire.Answer(look.permit.handle, b"lease-lapsed"))
        await camera.detach(line, "lost")
        assert feed.part(frame, repeated=1) is None
        assert feed.part(frame) is None


@in_virtual_time
async def test_a_frame_whose_grant_is_gone_never_comes_again() -> None:
    stage = Stage(LINGER_S)
    camera = await stage.camera()
    other, look = stage.look(camera, Signer("police")), stage.look(camera)
    feed = LookFeed(look, stage.clock, stage.metrics)
    async with other.watching(), look.watching():
        await camera.on_answer(wire.Answer(look.permit.handle, b"held"))
        frame = stage.send(other)
        assert feed.part(frame, repeated=1) is not None
        camera.revoked(other.permit.handle)
        assert feed.part(frame, repeated=1) is None
