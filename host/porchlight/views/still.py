"""Still: the one picture of a view for a snapshot, for all who ask, however many at once."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from porchlight.frames import Frame


class Still:
    """`frame`: None until it was taken."""

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self._taking: asyncio.Task[Frame] | None = None
        self._asking = 0

    async def get(self, take: Callable[[], Coroutine[Any, Any, Frame]]) -> Frame:
        """The picture, taken for whoever asks first. Raises what take() raises, for all who wait
        for that one; it ends when none of them waits any more."""
        if self.frame is not None:
            return self.frame
        taking = self._taking = self._taking or asyncio.create_task(take())
        self._asking += 1
        try:
            self.frame = await asyncio.shield(taking)
        finally:
            self._asking -= 1
            if taking.done() or not self._asking:
                taking.cancel()
                if self._taking is taking:
                    self._taking = None
        return self.frame
