"""Pacing: a clip's frames, each when its turn comes, as they were taken."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from porchlight.clips import avi
from porchlight.clips.reader import ClipReader
from porchlight.clips.store import Clips

LONGEST_WAIT_S: Final = 10.0  # between two frames that are far apart


async def paced(clips: Clips, reader: ClipReader) -> AsyncIterator[tuple[avi.Place, bytes]]:
    """Each frame's place and JPEG, at the pace of their own clock."""
    frames = reader.frames()
    begun = asyncio.get_running_loop().time()
    first_ms: int | None = None
    while (found := await clips.off_loop(next, frames, None)) is not None:
        captured_ms = found[0].stamp.captured_ms
        first_ms = captured_ms if first_ms is None else first_ms
        due = begun + (captured_ms - first_ms) / 1000
        wait_s = due - asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, min(wait_s, LONGEST_WAIT_S)))
        yield found
