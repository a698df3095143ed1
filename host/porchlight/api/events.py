"""Server-sent events: what happens, as it happens, for screens. What must last is an entry."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from porchlight.api.deps import Caller, PartsDep
from porchlight.errors import TooMany
from porchlight.events import Event, Subscription

router = APIRouter(tags=["events"])
PING_S: Final = 10.0
PER_CALLER: Final = 32
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def events(parts: PartsDep, by: Caller) -> StreamingResponse:
    """Events for the caller: entry, quiet, digest, camera, motion (residents); grant, panic,
    approval (hubs); view; webhook; missed; ping. A resident's grants and whoever looks are their
    entries; quiet: a look under a grant whose looks are told by the digest."""
    if parts.events.count >= parts.config.limits.events_subscribers:
        raise TooMany("too-many-listeners", "this host serves no more event streams")
    if parts.events.count_of(by.thumb) >= PER_CALLER:
        raise TooMany("too-many-listeners", f"one key may hold {PER_CALLER} event streams")
    return _EventStream(parts.events.subscribe(by.thumb))


class _EventStream(StreamingResponse):
    """Holds its subscription from before the first byte until the listener is gone."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__(_lines(subscription), media_type="text/event-stream", headers=_HEADERS)
        self._subscription = subscription

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._subscription:
            await super().__call__(scope, receive, send)


async def _lines(subscription: Subscription) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    while True:
        try:
            async with asyncio.timeout(PING_S):
                event = await subscription.next()
        except TimeoutError:
            event = Event("ping", {})
        if event is None:  # the host stops
            return
        body = json.dumps(event.body, separators=(",", ":"))
        yield f"event: {event.name}\ndata: {body}\n\n".encode()
