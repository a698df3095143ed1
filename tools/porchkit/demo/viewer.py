"""One pair of eyes: opens a stream, notes when each picture came, keeps no picture."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime

from porchkit.client import AsyncClient
from porchkit.errors import CommandError
from porchlight.client.readers import Part


@dataclass(frozen=True)
class Arrival:
    """One picture as it reached a viewer. `at`: monotonic seconds here; `captured`: unix seconds
    by the board's clock; `grant`: the jti it came under."""

    at: float
    sequence: int
    captured: float
    grant: str
    size: int


class Viewer:
    """Watches one stream URL until the host ends it. `first_unix`: when the first picture came."""

    def __init__(self, client: AsyncClient, url: str) -> None:
        self.arrivals: list[Arrival] = []
        self.first_unix = 0.0
        self.ended_at: float | None = None
        self.problem: str = ""
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._watch(client, url))

    async def wait_first(self, limit_s: float) -> bool:
        """Whether a picture came within `limit_s` seconds."""
        return await self.wait_count(1, limit_s)

    async def wait_count(self, count: int, limit_s: float) -> bool:
        """Whether `count` pictures came within `limit_s` seconds, and before the end."""
        await _within(self._have(count), limit_s)
        return len(self.arrivals) >= count

    async def wait_end(self, limit_s: float) -> bool:
        """Whether the host ended the stream within `limit_s` seconds."""
        return await _within(asyncio.shield(self._task), limit_s)

    async def close(self) -> None:
        """Look away."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self, client: AsyncClient, url: str) -> None:
        try:
            async for part in client.parts(url):
                self.arrivals.append(_arrival(part))
                self.first_unix = self.first_unix or time.time()
                self._news.set()
        except CommandError as error:
            self.problem = str(error)
        finally:
            self.ended_at = time.monotonic()
            self._news.set()

    async def _have(self, count: int) -> None:
        while len(self.arrivals) < count and self.ended_at is None:
            self._news.clear()
            await self._news.wait()


def _arrival(part: Part) -> Arrival:
    stamp = part.headers.get("x-timestamp", "")
    return Arrival(
        at=time.monotonic(),
        sequence=part.sequence,
        captured=datetime.fromisoformat(stamp).timestamp() if stamp else 0.0,
        grant=part.headers.get("x-grant", ""),
        size=len(part.jpeg),
    )


async def _within(waiting: Awaitable[object], limit_s: float) -> bool:
    try:
        await asyncio.wait_for(waiting, limit_s)
    except TimeoutError:
        return False
    return True
