"""What one tile of a wall says and shows, moment by moment."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from accord import wire
from porchlight.looking import MAX_WANTS
from porchlight.streams import cell as cells
from porchlight.streams.cell import Cell
from porchlight.views import Look
from tests.support.signing import Signer
from tests.support.stage import Line, Stage
from tests.support.viewing import picture, until

MOTION = wire.FRAME_REASONS.index("motion")


@asynccontextmanager
async def opened(stage: Stage, look: Look) -> AsyncIterator[Cell]:
    """A cell, and how often it was touched in `cell.touches`."""
    touches: list[Cell] = []
    cell = Cell(look, stage.clock, touches.append)
    cell.open()
    cell.touches = touches  # type: ignore[attr-defined]
    try:
        yield cell
    finally:
        await cell.close()


async def says(cell: Cell) -> str:
    """The second line of a tile without a picture."""
    sight = await cell.see()
    assert sight.frame is None
    assert sight.lines[0] == cell.look.camera.label
    return sight.lines[1]


async def test_a_tile_waits_then_shows_then_says_since_when(stage: Stage) -> None:
    look = stage.look(await stage.camera("Ann's porch"))
    async with opened(stage, look) as cell:
        assert await says(cell) == cells.WAITING
        assert cell.due == math.inf
        frame = stage.send(look, reason=MOTION)
        at = time.strftime("%H:%M", time.gmtime(stage.clock.unix()))
        sight = await cell.see()
        assert (sight.frame, sight.lines) == (frame, ("Ann's porch", ""))
        assert cell.due == frame.arrived + cells.PAUSE_S
        stage.clock.forward(cells.PAUSE_S + 120)
        sight = await cell.see()
        assert (sight.frame, sight.lines[1]) == (frame, f"no motion since {at} UTC")
        assert cell.due == math.inf  # at rest
        newer = stage.send(look, reason=MOTION)
        assert await cell.see() == cells.Sight(newer, ("Ann's porch", ""))


@pytest.mark.parametrize(
    ("changed", "word"),
    [({"reason": 0}, "no picture since"), ({"reason": MOTION}, "no motion since")],
)
async def test_only_a_camera_that_waits_for_motion_says_so(
    stage: Stage, changed: dict[str, Any], word: str
) -> None:
    look = stage.look(await stage.camera())
    async with opened(stage, look) as cell:
        await cell.see()
        stage.send(look, **changed)
        stage.clock.forward(cells.PAUSE_S)
        assert (await cell.see()).lines[1].startswith(word)


async def test_a_board_that_went_dark_is_paused(stage: Stage) -> None:
    look = stage.look(await stage.camera())
    async with opened(stage, look) as cell:
        await cell.see()
        stage.send(look, reason=MOTION)
        stage.clock.forward(cells.PAUSE_S)
        for reason, word in ((b"not-watched", "no motion"), (b"day-limit", "paused")):
            look.camera.on_status(wire.Status(*dark(reason)))
            assert (await cell.see()).lines[1].startswith(word)


def dark(reason: bytes) -> list[Any]:
    """The fields of a status of a board that films nothing."""
    fields: dict[str, Any] = {name: 0 for name, _ in wire.Status.FIELDS}
    return list((fields | {"handle": bytes(16), "reason": reason}).values())


async def test_what_was_shown_before_the_line_broke_is_not_shown_after(stage: Stage) -> None:
    camera = await stage.camera()
    look, line = stage.look(camera), Line()
    await camera.attach(line)
    async with opened(stage, look) as cell:
        await cell.see()
        stage.send(look)
        assert (await cell.see()).frame is not None
        await camera.detach(line, "lost")
        assert await says(cell) == cells.OFFLINE
        await camera.attach(Line())
        assert await says(cell) == cells.WAITING


async def test_a_revoked_grant_is_said_and_stays(stage: Stage) -> None:
    look = stage.look(await stage.camera())
    async with opened(stage, look) as cell:
        await cell.see()
        stage.send(look)
        cell.sight = await cell.see()
        assert cell.may_show(stage.clock.unix())
        look.camera.revoked(look.permit.handle)
        assert not cell.may_show(stage.clock.unix())
        assert await says(cell) == cells.CONSENT_ENDED
        assert look.camera.wants == []


async def test_time_alone_ends_a_look(stage: Stage) -> None:
    look = stage.look(await stage.camera(), detail={"limits": {"session_s": 60}})
    async with opened(stage, look) as cell:
        await cell.see()
        stage.send(look)
        cell.sight = await cell.see()
        stage.clock.forward(60)
        assert not cell.may_show(stage.clock.unix())
        assert await says(cell) == cells.VIEW_ENDED


async def test_what_is_sent_to_others_is_not_shown_though_it_is_there(stage: Stage) -> None:
    camera, police = await stage.camera(), Signer("police")
    look, other = stage.look(camera), stage.look(camera, police)
    async with opened(stage, look) as cell, opened(stage, other) as theirs:
        await theirs.see()
        stage.send(other)
        assert await says(cell) == cells.NOT_AVAILABLE
        assert (await theirs.see()).frame is not None
        await camera.on_answer(wire.Answer(look.permit.handle, b"held"))
        assert (await cell.see()).frame is not None


async def test_a_picture_above_the_limit_is_not_shown_and_the_next_one_is(stage: Stage) -> None:
    look = stage.look(await stage.camera(), detail={"limits": {"w": 160, "h": 120}})
    async with opened(stage, look) as cell:
        await cell.see()
        stage.send(look, picture(320, 240))
        assert await says(cell) == cells.TOO_LARGE
        assert await says(cell) == cells.TOO_LARGE
        frame = stage.send(look, picture(160, 120))
        assert (await cell.see()).frame is frame


async def test_no_more_pictures_than_the_grant_allows(stage: Stage) -> None:
    look = stage.look(await stage.camera(), detail={"limits": {"fps": 2}})
    async with opened(stage, look) as cell:
        await cell.see()
        first = stage.send(look)
        await asyncio.sleep(0.001)  # until all was called that was to be called soon
        assert (await cell.see()).frame is first
        touches: list[Cell] = cell.touches  # type: ignore[attr-defined]
        touches.clear()
        second = stage.send(look)
        await asyncio.sleep(0.001)
        assert (await cell.see()).frame is first
        await until(lambda: touches)  # nothing else is to be waited for
        assert (await cell.see()).frame is second


async def test_another_word_below_a_picture_makes_it_no_other_picture(stage: Stage) -> None:
    look = stage.look(await stage.camera())
    async with opened(stage, look) as cell:
        await cell.see()
        frame = stage.send(look)
        for words in ("", "no picture since 10:00 UTC"):
            cell.show(cells.Sight(frame, ("porch", words)), 700)
            cell.on_another()
            cell.shown(3, missed=0)
        assert (look.frames, look.bytes) == (3, 2_100)
        cell.show(cells.NOTHING, 90)
        cell.on_another()
        cell.shown(3, missed=9)
        assert (look.frames, look.bytes) == (3, 2_100)


async def test_a_picture_from_before_does_not_open_a_wall(stage: Stage) -> None:
    camera = await stage.camera()
    look = stage.look(camera)
    async with camera.watch(look.permit):
        stage.send(look)
        async with opened(stage, look) as at_once:
            assert (await at_once.see()).frame is not None
        stage.clock.forward(10)
        async with opened(stage, look) as later:
            assert await says(later) == cells.WAITING


async def test_a_camera_with_too_many_kinds_of_viewers_is_tried_again(stage: Stage) -> None:
    camera = await stage.camera()
    others = [stage.look(camera, Signer(f"hub-{at}")).permit for at in range(MAX_WANTS - 1)]
    look = stage.look(camera)
    thumb, now = stage.hub.thumb, stage.clock.unix()
    others.append(camera.book.permit(look.permit.handle, hub=thumb, action="snapshot", now=now))
    async with opened(stage, look) as cell:
        async with AsyncExitStack() as watching:
            for other in others:
                await watching.enter_async_context(camera.watch(other))
            assert await says(cell) == cells.NOT_AVAILABLE
            assert cell.due == stage.clock.monotonic() + cells.RETRY_S
        assert await says(cell) == cells.WAITING


async def test_a_cell_hears_of_everything_until_it_is_closed(stage: Stage) -> None:
    look = stage.look(await stage.camera())
    async with opened(stage, look) as cell:
        await cell.see()
        touches: list[Cell] = cell.touches  # type: ignore[attr-defined]
        touches.clear()
        look.camera.changed()
        assert len(touches) == 1
        look.camera.revoked(look.permit.handle)
        assert len(touches) >= 2
    touches.clear()
    look.camera.changed()
    look.end("closed")
    assert touches == []
    assert cell.sight is cells.NOTHING
