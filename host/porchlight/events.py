"""What happens, told to those who listen: a bounded queue for each of them, oldest dropped.

Events are hints for screens. What must not be lost is an entry (audit/entries.py).
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

QUEUE_LENGTH: Final = 256


@dataclass(frozen=True)
class Event:
    """One event: `name` is entry, quiet, camera, motion, view, grant, approval, panic, webhook,
    digest or missed; `body` is JSON-ready."""

    name: str
    body: dict[str, Any]


class Events:
    """Publish to a resident or a hub by thumb. Not thread-safe: the event loop's thread only."""

    def __init__(self, queue_length: int = QUEUE_LENGTH) -> None:
        self._queue_length = queue_length
        self._subscriptions: dict[str, set[Subscription]] = {}
        self.closed = False

    def publish(self, name: str, to: str, body: dict[str, Any]) -> None:
        """Hand the event to every subscription of `to`. Never blocks, never fails."""
        for subscription in self._subscriptions.get(to, ()):
            subscription.put(Event(name, body))

    def subscribe(self, thumb: str) -> "Subscription":
        """Events for one resident or hub, until the subscription is closed."""
        subscription = Subscription(self, thumb, self._queue_length)
        if self.closed:
            subscription.end()
        else:
            self._subscriptions.setdefault(thumb, set()).add(subscription)
        return subscription

    def forget(self, subscription: "Subscription") -> None:
        """Drop a subscription; harmless when it is gone already."""
        group = self._subscriptions.get(subscription.thumb, set())
        group.discard(subscription)
        if not group:
            self._subscriptions.pop(subscription.thumb, None)

    @property
    def count(self) -> int:
        """How many listen now."""
        return sum(len(group) for group in self._subscriptions.values())

    def count_of(self, thumb: str) -> int:
        """How many listen for this one."""
        return len(self._subscriptions.get(thumb, ()))

    def close(self) -> None:
        """End every subscription, now and later: the host is stopping."""
        self.closed = True
        for group in list(self._subscriptions.values()):
            for subscription in list(group):
                subscription.end()


class Subscription:
    """One listener's queue. Use as a context manager; next() waits."""

    def __init__(self, events: Events, thumb: str, length: int) -> None:
        self.thumb = thumb
        self._events = events
        self._queue: deque[Event] = deque()
        self._length = length
        self._missed = 0
        self._ended = False
        self._wake = asyncio.Event()

    def put(self, event: Event) -> None:
        """Queue one event; a full queue drops its oldest and counts it."""
        if len(self._queue) >= self._length:
            self._queue.popleft()
            self._missed += 1
        self._queue.append(event)
        self._wake.set()

    def end(self) -> None:
        """No more events: next() returns None once the queue is empty."""
        self._ended = True
        self._wake.set()

    async def next(self) -> Event | None:
        """The next event, a "missed" event where some were dropped, or None at the end."""
        while not self._queue and not self._ended:
            self._wake.clear()
            await self._wake.wait()
        if self._missed:
            missed, self._missed = self._missed, 0
            return Event("missed", {"count": missed})
        return self._queue.popleft() if self._queue else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._events.forget(self)
