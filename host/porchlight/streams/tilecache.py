"""TileCache: what was made out of a frame, for all walls and viewers: once, off the event loop.

    frame --+-- (shape, words) -> tile         A shelf belongs to its frame. When nobody holds the
            +-- (shape, words) -> tile         frame any more, because a newer one came or a grant
            +-- width -> a narrower frame      was taken back, the shelf goes at that instant.
            +-- (mask, words) -> a burnt one

Knows no grants: whoever asks has the frame, and must know whether it may be shown. Askers (a hub, a
resident) are served in turn, tiles before narrower frames; see workers.py.
"""

import asyncio
import dataclasses
import functools
import logging
import weakref
from typing import Any, Final

from porchlight.frames import Frame, jpeg_size
from porchlight.streams import burn, tiles
from porchlight.streams.layout import Shape
from porchlight.streams.lettering import Lines
from porchlight.streams.mask import Mask
from porchlight.streams.tiles import Tile
from porchlight.streams.workers import Made, Work, Workers

MOST_BYTES: Final = 64 << 20
MOST_DARK: Final = 512  # dark tiles: as many as cameras times what there is to say of them
_log = logging.getLogger(__name__)
_Key = tuple[Any, ...]
_Ref = weakref.ref[Frame]


class _Shelf(dict[_Key, "asyncio.Future[Any]"]):
    """What was made of one frame, or is being made. `bytes`: of what is done."""

    bytes = 0


class TileCache:
    """One for a host. Belongs to the event loop's thread. A future that failed holds why."""

    def __init__(self, workers: Workers | None = None, most_bytes: int = MOST_BYTES) -> None:
        self._workers = workers or Workers()
        self._most_bytes = most_bytes
        self._shelves: dict[_Ref, _Shelf] = {}
        self._dark: dict[_Key, asyncio.Future[Tile]] = {}
        self.bytes = 0

    def tile(
        self, frame: Frame, shape: Shape, lines: Lines, asker: str = "", foot: Lines = ()
    ) -> "asyncio.Future[Tile]":
        """The frame as a tile. Of a picture that cannot be decoded, a dark one."""
        work = functools.partial(tiles.picture_tile, frame.jpeg, shape, lines, foot)
        return self._of(frame, (shape, lines, foot), work, asker)

    def dark(self, shape: Shape, lines: Lines, asker: str = "") -> "asyncio.Future[Tile]":
        """A tile without a picture."""
        made = self._dark.pop((shape, lines), None)
        if made is None or made.cancelled():
            made = self._workers.run(functools.partial(tiles.dark_tile, shape, lines), asker)
        else:
            self._workers.join(made, asker)
        self._dark[shape, lines] = made  # the one used last is dropped last
        if len(self._dark) > MOST_DARK:
            del self._dark[next(iter(self._dark))]
        return made

    def narrower(
        self,
        frame: Frame,
        width: int,
        asker: str = "",
        instead: Made | None = None,
        lines: Lines = (),
    ) -> "asyncio.Future[Frame | None]":
        """The same frame, but its picture so wide, with lines below; None if that cannot be
        decoded. The frame must be wider. One object for all who ask, as long as the frame lives.
        `instead`: of an older frame's, which is dropped, and gives its place in the asker's line.
        """
        work = functools.partial(_narrowed, _shell(frame), frame.jpeg, width, lines)
        return self._of(frame, (width, lines), work, asker, later=True, instead=instead)

    def burnt(
        self,
        frame: Frame,
        asker: str = "",
        instead: Made | None = None,
        mask: Mask = (),
        lines: Lines = (),
    ) -> "asyncio.Future[Frame | None]":
        """The same frame, but its picture masked, or with lines below; else as narrower()."""
        work = functools.partial(_burnt, _shell(frame), frame.jpeg, mask, lines)
        return self._of(frame, (mask, lines), work, asker, instead=instead)

    def waits(self, made: Made) -> bool:
        """Whether nobody began with it."""
        return self._workers.waits(made)

    def drop(self, made: Made, asker: str = "") -> None:
        """The asker no longer wants it. Cancelled, unless somebody else does or it is begun."""
        self._workers.drop(made, asker)

    def close(self) -> None:
        """The host stops."""
        self._workers.close()
        self._shelves.clear()
        self._dark.clear()
        self.bytes = 0

    def _of(self, frame: Frame, key: _Key, work: Work, asker: str, **turn: Any) -> Made:
        """What is on the frame's shelf, or will be."""
        ref = weakref.ref(frame)
        shelf = self._shelves.get(ref)
        if shelf is None:
            shelf = self._shelves[weakref.ref(frame, self._gone)] = _Shelf()
        made = shelf.get(key)
        if made is None or made.cancelled():
            made = shelf[key] = self._workers.run(work, asker, **turn)
            made.add_done_callback(functools.partial(self._count, ref, shelf))
        else:
            self._workers.join(made, asker, **turn)
        return made

    def _count(self, ref: _Ref, shelf: _Shelf, made: "asyncio.Future[Any]") -> None:
        """Something was made: make room for it, if its frame is still there."""
        if made.cancelled():
            return
        if made.exception() is not None:
            _log.error("a picture could not be made", exc_info=made.exception())
            return
        if self._shelves.get(ref) is not shelf:
            return
        more = _size(made.result())
        shelf.bytes += more
        self.bytes += more
        while self.bytes > self._most_bytes:
            self._gone(next(iter(self._shelves)))

    def _gone(self, ref: _Ref) -> None:
        shelf = self._shelves.pop(ref, None)
        if shelf is not None:
            self.bytes -= shelf.bytes


def _size(made: Tile | Frame | None) -> int:
    if made is None:
        return 0
    return made.size_bytes if isinstance(made, Tile) else len(made.jpeg)


def _shell(frame: Frame) -> Frame:
    """A thread must not hold the frame itself."""
    return dataclasses.replace(frame, jpeg=b"")


def _narrowed(shell: Frame, jpeg: bytes, width: int, lines: Lines) -> Frame | None:
    narrower = tiles.narrower(jpeg, width)
    return None if narrower is None else _burnt(shell, narrower, (), lines)


def _burnt(shell: Frame, jpeg: bytes, mask: Mask, lines: Lines) -> Frame | None:
    burnt = burn.burn(jpeg, mask, lines)
    if burnt is None:
        return None
    made = dataclasses.replace(shell, jpeg=burnt)
    made.size = jpeg_size(jpeg)  # what was written below is no part of the camera's picture
    return made
