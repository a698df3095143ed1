"""The hub's eyes: one view for each camera, so that every board is wanted; looks again whenever a
stream ends. No picture is kept."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from porchkit.demo.acts import Hub
from porchkit.demo.household import Camera
from porchkit.errors import CommandError

AGAIN_S = 0.25
REFUSED_FOR_GOOD = frozenset({"revoked"})


class Seen(NamedTuple):
    """One picture as it arrived: monotonic s, the board's count, unix s by the board's clock, the
    grant's jti, and which connection it came by (0, 1, ...)."""

    at: float
    sequence: int
    captured: float
    grant: str
    connection: int


class Eye:
    """Looks through one camera until closed."""

    def __init__(self, hub: Hub, camera: Camera) -> None:
        self.seen: list[Seen] = []
        self.connection = -1  # the newest stream's number
        self.first = asyncio.Event()
        self._hub, self._camera = hub, camera
        self._task = asyncio.create_task(self._look_on(), name=f"eye {camera.name}")

    async def close(self) -> None:
        """Look away."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _look_on(self) -> None:
        while True:
            try:
                await self._look()
            except CommandError as error:
                # A host that is away, or does not have the board yet: it may be back at once.
                if getattr(error, "reason", "") in REFUSED_FOR_GOOD:
                    return
            await asyncio.sleep(AGAIN_S)

    async def _look(self) -> None:
        view = await self._hub.open([self._camera])
        url = view["urls"]["cameras"][self._camera.thumb]["stream"]
        self.connection += 1
        async for part in self._hub.client.parts(url):
            captured = datetime.fromisoformat(part.headers["x-timestamp"]).timestamp()
            grant = part.headers["x-grant"]
            now = time.monotonic()
            self.seen.append(Seen(now, part.sequence, captured, grant, self.connection))
            self.first.set()


async def all_see(eyes: Sequence[Eye], limit_s: float) -> bool:
    """Whether every eye got its first picture within `limit_s`."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            await asyncio.gather(*(eye.first.wait() for eye in eyes))
    return all(eye.first.is_set() for eye in eyes)
