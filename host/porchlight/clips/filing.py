"""Filing: one clip on its way to disk, behind the frames as they come and off the event loop.

A disk that is too slow loses frames of the clip, a full one the clip; neither delays a viewer.
"""

import asyncio
import errno
import os
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from porchlight.clips import avi
from porchlight.clips.store import Clips, Origin, new_id, spare_bytes
from porchlight.clips.writer import Writer
from porchlight.frames import Frame
from porchlight.streams.burn import burn
from porchlight.streams.mask import Mask

MAX_BEHIND: Final = 8 << 20


class Filing:
    """run() is a task of its caller's; the others are called from the loop and never wait.
    `lost`: frames that were not written, for the disk was too slow. `failed`: nothing is."""

    def __init__(self, clips: Clips, origin: Origin, first: Frame, spare: int) -> None:
        self.id = new_id()
        self.lost = 0
        self.failed = False
        self._clips = clips
        self._origin = origin
        self._spare = spare
        width, height = first.size or (0, 0)
        self._shape = avi.Shape(width, height, origin.about(self.id))
        self._waiting: deque[Frame] = deque()
        self._behind = 0
        self._over = False
        self._wake = asyncio.Event()

    def add(self, frames: Iterable[Frame]) -> None:
        """Write these too."""
        for frame in frames:
            if self.failed or self._behind + len(frame.jpeg) > MAX_BEHIND:
                self.lost += 1
                continue
            self._waiting.append(frame)
            self._behind += len(frame.jpeg)
        self._wake.set()

    def end(self) -> None:
        """No more frames will come."""
        self._over = True
        self._wake.set()

    async def run(self) -> None:
        """Write until the end; the clip is in the index when this returns, or nowhere."""
        try:
            writer = await self._clips.off_loop(self._open)
        except OSError as error:
            self._fail(error)
            return
        try:
            while self._waiting or not self._over:
                await self._write_some(writer)
            if not writer.frames:
                await self._clips.off_loop(writer.discard)
                return
            finished = await self._clips.off_loop(writer.finish)
        except OSError as error:
            self._fail(error)
            await self._clips.off_loop(writer.discard)
            return
        self._clips.well()
        await self._clips.keep(finished, self._origin)

    async def _write_some(self, writer: Writer) -> None:
        self._wake.clear()
        if not self._waiting:
            await self._wake.wait()
            return
        batch = list(self._waiting)
        self._waiting.clear()
        await self._clips.off_loop(_add_all, writer, batch, self._origin.mask)
        self._behind -= sum(len(frame.jpeg) for frame in batch)

    def _open(self) -> Writer:
        """The log of this host needs the last bytes of the disk more than a clip does."""
        if spare_bytes(self._clips.folder) < self._spare:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        folder = self._clips.folder / self._origin.camera
        return Writer(folder, self.id, self._shape, self._origin.reader)

    def _fail(self, error: OSError) -> None:
        self.failed = True
        self.lost += len(self._waiting)
        self._waiting.clear()
        self._behind = 0
        self._clips.trouble(error)


def _add_all(writer: Writer, frames: list[Frame], mask: Mask) -> None:
    """What a mask covers is on no disk; a picture that cannot be covered is left out."""
    for frame in frames:
        jpeg = burn(frame.jpeg, mask)
        if jpeg is not None:
            writer.add(frame if jpeg is frame.jpeg else replace(frame, jpeg=jpeg))
