"""What is made of a frame: once, off the loop, within bounds, and gone with the frame."""

import asyncio
import contextlib
import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from porchlight.frames import Frame
from porchlight.streams import tilecache, tiles
from porchlight.streams.layout import Shape
from porchlight.streams.tilecache import TileCache
from porchlight.streams.tiles import Tile
from porchlight.streams.wall import Wall
from porchlight.streams.workers import Made, Workers
from tests.support.hosting import InThread, Signer, handle_of
from tests.support.viewing import (
    board_at,
    host_frame,
    open_view,
    picture,
    sending,
    stream_url,
    until,
    watching,
)

CELL = Shape(160, 120)
NAMED = ("Porch", "")


class Gate:
    """Stands before a function of tiles.py: counts calls, and holds them up while shut."""

    def __init__(self, patch: pytest.MonkeyPatch, name: str) -> None:
        self.calls = 0
        self.threads: set[int] = set()
        self.entered = threading.Event()
        self.opened = threading.Event()
        self.opened.set()
        self._behind: Callable[..., object] = getattr(tiles, name)
        patch.setattr(tiles, name, self._enter)

    def _enter(self, *args: object) -> object:
        self.calls += 1
        self.threads.add(threading.get_ident())
        self.entered.set()
        assert self.opened.wait(10)
        return self._behind(*args)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(monkeypatch, "picture_tile")


async def test_a_tile_is_made_once_for_all_who_ask_and_not_by_the_loop(
    cache: TileCache, gate: Gate
) -> None:
    frame = host_frame(1, picture())
    both = await asyncio.gather(cache.tile(frame, CELL, NAMED), cache.tile(frame, CELL, NAMED))
    later = await cache.tile(frame, CELL, NAMED)
    assert both[0] is both[1] is later
    assert gate.calls == 1
    assert threading.get_ident() not in gate.threads
    assert await cache.tile(frame, CELL, ("Porch", "no motion")) is not later
    assert (await cache.tile(frame, Shape(320, 240), NAMED)).shape == Shape(320, 240)
    assert await cache.tile(host_frame(1, picture()), CELL, NAMED) is not later  # another frame
    assert gate.calls == 4


async def test_tiles_go_with_their_frame_at_once(cache: TileCache) -> None:
    frame, other = host_frame(1, picture()), host_frame(2, picture())
    tile = weakref.ref(await cache.tile(frame, CELL, NAMED))
    await cache.narrower(frame, 80)
    kept = await cache.tile(other, CELL, NAMED)
    assert cache.bytes > kept.size_bytes
    gc.disable()
    try:
        del frame
        assert tile() is None
        assert cache.bytes == kept.size_bytes
    finally:
        gc.enable()
    del other
    assert cache.bytes == 0


async def test_what_was_being_made_of_a_forgotten_frame_is_not_kept(
    cache: TileCache, gate: Gate
) -> None:
    gate.opened.clear()
    frame = host_frame(1, picture())
    made = cache.tile(frame, CELL, NAMED)
    await asyncio.to_thread(gate.entered.wait, 10)
    del frame
    gate.opened.set()
    tile = weakref.ref(await made)
    del made
    await asyncio.sleep(0)
    assert tile() is None
    assert cache.bytes == 0


async def test_no_thread_holds_a_frame(cache: TileCache, gate: Gate) -> None:
    gate.opened.clear()
    frame = host_frame(1, picture())
    made = [cache.tile(frame, CELL, NAMED), cache.narrower(frame, 80)]
    await asyncio.to_thread(gate.entered.wait, 10)
    ref = weakref.ref(frame)
    del frame
    assert ref() is None
    gate.opened.set()
    await asyncio.wait(made)


async def test_above_the_bound_the_oldest_go_and_can_be_made_again() -> None:
    frames = [host_frame(at, picture()) for at in range(20)]
    one = tiles.picture_tile(picture(), CELL, NAMED).size_bytes
    cache = TileCache(most_bytes=5 * one)
    for frame in frames:
        await cache.tile(frame, CELL, NAMED)
        assert cache.bytes <= 5 * one
    last = await cache.tile(frames[-1], CELL, NAMED)
    assert await cache.tile(frames[-1], CELL, NAMED) is last
    again = await cache.tile(frames[0], CELL, NAMED)
    assert again.strips == last.strips
    cache.close()


async def test_dark_tiles_are_kept_the_least_used_ones_are_not(
    cache: TileCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tilecache, "MOST_DARK", 3)
    often = await cache.dark(CELL, ("often", ""))
    for at in range(5):
        await cache.dark(CELL, (str(at), ""))
        assert await cache.dark(CELL, ("often", "")) is often
    gate = Gate(monkeypatch, "dark_tile")
    await cache.dark(CELL, ("4", ""))
    assert gate.calls == 0
    await cache.dark(CELL, ("0", ""))
    assert gate.calls == 1


async def test_a_fault_of_ours_is_that_pictures_alone(
    cache: TileCache, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(tiles, "picture_tile", lambda *_: 1 // 0)
        frame = host_frame(1, picture())
        with pytest.raises(ZeroDivisionError):
            await cache.tile(frame, CELL, NAMED)
    assert "a picture could not be made" in caplog.text
    assert isinstance(await cache.tile(host_frame(2, picture()), CELL, NAMED), Tile)


async def test_a_narrower_frame_is_the_same_but_for_its_picture(cache: TileCache) -> None:
    frame = host_frame(7, picture(640, 480), captured_ms=5, handle=b"h" * 16, boot=3, arrived=2.0)
    narrower = await cache.narrower(frame, 320)
    assert isinstance(narrower, Frame)
    assert narrower is await cache.narrower(frame, 320)
    assert narrower.size == (320, 240)
    for field in ("camera", "sequence", "captured_ms", "handle", "boot", "arrived", "score"):
        assert getattr(narrower, field) == getattr(frame, field)
    assert await cache.narrower(host_frame(8, b"\xff\xd8 no picture"), 320) is None


async def test_one_askers_copies_hold_up_nobody_elses_wall(gate: Gate) -> None:
    cache, order = TileCache(Workers(1)), []
    gate.opened.clear()
    first = cache.tile(host_frame(1, picture()), CELL, NAMED, "a")  # holds the only thread
    await asyncio.to_thread(gate.entered.wait, 10)
    large = host_frame(2, picture(640, 480))
    copies = [cache.narrower(large, width, "a") for width in range(80, 640, 16)]
    wall = cache.tile(host_frame(3, picture()), CELL, NAMED, "b")
    own = cache.tile(host_frame(4, picture()), CELL, NAMED, "a")  # before copies, though later
    for name, made in (("wall", wall), ("own", own), ("copy", copies[0])):
        made.add_done_callback(lambda _, name=name: order.append(name))  # type: ignore[misc]
    gate.opened.set()
    await asyncio.wait([first, wall, own, *copies])
    assert order == ["wall", "own", "copy"]
    cache.close()


async def test_what_two_ask_for_is_made_once_in_the_turn_that_comes_first(gate: Gate) -> None:
    cache, done = TileCache(Workers(1)), []
    gate.opened.clear()
    first = cache.tile(host_frame(1, picture()), CELL, NAMED, "a")
    await asyncio.to_thread(gate.entered.wait, 10)
    frame = host_frame(2, picture(640, 480))
    waiting = [cache.narrower(frame, width, "a") for width in (480, 320, 160)]
    assert cache.narrower(frame, 160, "b") is waiting[-1]
    for number, made in enumerate(waiting):
        made.add_done_callback(lambda _, number=number: done.append(number))  # type: ignore[misc]
    gate.opened.set()
    await asyncio.wait([first, *waiting])
    assert done[0] == 2
    cache.close()


async def test_all_that_a_hub_sees_is_made_in_its_own_turn_and_one_wall_serves_all_its_widths(
    host: InThread, ann: Signer, fire: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    askers: set[tuple[str, bool]] = set()
    walls: set[int] = set()
    join, put = Workers.join, Wall._framed

    def joined(self: Workers, future: Made, asker: str = "", **turn: Any) -> None:
        askers.add((asker, turn.get("later", False)))
        join(self, future, asker, **turn)

    def framed(self: Wall, jpeg: bytes) -> Frame:
        walls.add(id(self))
        return put(self, jpeg)

    monkeypatch.setattr(Workers, "join", joined)
    monkeypatch.setattr(Wall, "_framed", framed)
    kit = host.camera(ann)
    jti = host.grant(kit, fire)
    async with board_at(host, kit) as board:
        opened = open_view(host, fire, kit)
        wall = host.http + opened["urls"]["wall"]
        narrow = stream_url(host, opened, kit) + "?width=100"
        async with contextlib.AsyncExitStack() as watched:
            for url in (*(f"{wall}?width={width}" for width in (330, 331, 335)), narrow):
                last = await watched.enter_async_context(watching(host, url))
            async with sending(board, handle_of(jti)):
                await last.got(2)
                await until(lambda: walls)
    assert askers == {(fire.thumb, False), (fire.thumb, True)}
    assert len(walls) == 1
