"""Webhooks of this host: registered, delivered one event after the other, given up in the end.

The queue of a webhook is the log after its last event, so that it costs a view nothing, and a
restart loses nothing; a crash between an answer and its note sends an event twice, under one id.
"""

import asyncio
import logging
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from accord import b64
from porchlight.audit.entries import Entries
from porchlight.clock import Clock
from porchlight.errors import Invalid, NotFound, StoreError, TooMany
from porchlight.events import Events
from porchlight.registry import Party, Registry
from porchlight.sections import WebhookRules
from porchlight.store import Entry, Store
from porchlight.webhooks import addresses, backoff, news, rows, signing
from porchlight.webhooks.news import News
from porchlight.webhooks.rows import Hook
from porchlight.webhooks.sending import CONNECTIONS, GONE, Sender

LONGEST_WAIT_S: Final = 60.0
_CHANCE: Final = random.SystemRandom()
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """What webhooks are made with. `source`: what this host is called in events."""

    store: Store
    registry: Registry
    entries: Entries
    events: Events
    clock: Clock
    source: str


class Webhooks:
    """One object per host; all of it belongs to the event loop's thread. `draw`: 0 to 1."""

    def __init__(
        self,
        desk: Desk,
        rules: WebhookRules,
        sender: Sender,
        draw: Callable[[], float] = _CHANCE.random,
    ) -> None:
        self._desk = desk
        self._rules = rules
        self.sender = sender
        self._draw = draw
        self._hooks: dict[str, Hook] = {}
        self._stirred: set[str] = set()  # who may have something to be sent
        self._busy: set[str] = set()
        self._wake = asyncio.Event()
        self._seats = asyncio.Semaphore(CONNECTIONS)
        desk.entries.on_written(self.heard)

    def load(self) -> None:
        """What was registered before."""
        self._hooks = {hook.id: hook for hook in self._desk.store.read_now(rows.every)}
        self._stirred = set(self._hooks)

    async def add(self, by: Party, url: str) -> tuple[Hook, str]:
        """Register one: it, and its secret, which is shown this once. Invalid bad-url; TooMany."""
        try:
            addresses.parse(url, self._rules)
        except ValueError as error:
            raise Invalid("bad-url", f"url {error}") from None
        if len(self.of(by)) >= self._rules.per_owner:
            raise TooMany("too-many-webhooks", f"one key may have {self._rules.per_owner}")
        now_ms, secret = self._desk.clock.unix_ms(), signing.new_secret()
        name = b64.encode(secrets.token_bytes(16))
        hook = Hook(name, by.thumb, url, secret, added_at=now_ms // 1000)
        self._hooks[hook.id] = hook  # counts from now on, and is sent nothing before its entry
        self._busy.add(hook.id)
        try:
            entry = await self._desk.store.run(lambda s: rows.add(s, hook, by, now_ms))
        except StoreError:
            del self._hooks[hook.id]
            raise
        finally:
            self._busy.discard(hook.id)
        hook.done = entry.n
        self._desk.entries.announce(entry)
        self._stir([hook])
        return hook, signing.written(secret)

    def of(self, by: Party) -> list[Hook]:
        """The caller's own."""
        return [hook for hook in self._hooks.values() if hook.owner == by.thumb]

    async def remove(self, by: Party, hook_id: str) -> None:
        """Forget one; NotFound if it is not the caller's."""
        hook = self._hooks.get(hook_id)
        if hook is None or hook.owner != by.thumb:
            raise NotFound("no-webhook", "you have no such webhook")
        now_ms = self._desk.clock.unix_ms()
        entry = await self._desk.store.run(lambda s: rows.remove(s, hook, by, now_ms))
        self._hooks.pop(hook_id, None)
        self._desk.entries.announce(entry)

    def heard(self, row: Entry) -> None:
        """An entry is on disk."""
        if row.type in news.NAMES and self._hooks:
            concerned = None if row.type in news.GRANTS else {row.resident, row.hub}
            self._stir(
                [h for h in self._hooks.values() if concerned is None or h.owner in concerned]
            )

    def nudge(self) -> None:
        """Look at the clock again."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver, for as long as the host runs."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    self._wake.clear()
                    for hook in self._due():
                        self._busy.add(hook.id)
                        group.create_task(self._work(hook))
                    try:
                        async with asyncio.timeout(self._idle_s()):
                            await self._wake.wait()
                    except TimeoutError:
                        pass
        finally:
            await self.sender.close()

    # Whose turn it is

    def _stir(self, hooks: list[Hook]) -> None:
        self._stirred.update(hook.id for hook in hooks)
        self._wake.set()

    def _waiting(self) -> list[Hook]:
        """Those that have, or may have, something to be sent, and are not at it."""
        return [
            hook
            for hook in self._hooks.values()
            if hook.id in self._stirred and hook.id not in self._busy and hook.stopped_at is None
        ]

    def _due(self) -> list[Hook]:
        now_ms = self._desk.clock.unix_ms()
        return [hook for hook in self._waiting() if hook.next_ms <= now_ms]

    def _idle_s(self) -> float:
        now_ms = self._desk.clock.unix_ms()
        waits = [(hook.next_ms - now_ms) / 1000 for hook in self._waiting()]
        return max(0.0, min([LONGEST_WAIT_S, *waits]))

    # Delivering

    async def _work(self, hook: Hook) -> None:
        try:
            async with self._seats:
                while await self._batch(hook):
                    pass
        except StoreError as error:
            _log.error("webhook %s: %s", hook.id, error)
            hook.next_ms = self._desk.clock.unix_ms() + backoff.wait_ms(1, self._draw)
            self._stirred.add(hook.id)
        finally:
            self._busy.discard(hook.id)
            self._wake.set()

    async def _batch(self, hook: Hook) -> bool:
        """Send what is next, in order; whether there may be more to be sent now."""
        self._stirred.discard(hook.id)
        party = self._desk.registry.party(hook.owner)
        resident = party is not None and party.is_resident
        found = await self._desk.store.read(
            lambda session: news.after(session, hook.owner, resident, hook.done)
        )
        for one in found.news:
            if self._hooks.get(hook.id) is not hook:
                return False
            if not await self._deliver(hook, one):
                self._stirred.add(hook.id)
                return False
        hook.done = max(hook.done, found.up_to)
        return found.more or hook.id in self._stirred

    async def _deliver(self, hook: Hook, one: News) -> bool:
        message = signing.message_id(hook.secret, one.n)
        body = one.envelope(self._desk.source, message)
        now = self._desk.clock.unix()
        signed = signing.headers(hook.secret, message, now, body)
        fault = await self.sender.send(hook.url, signed, body)
        if fault is not None:
            await self._failed(hook, fault)
            return False
        hook.done, hook.tries, hook.failing_since, hook.fault = one.n, 0, None, None
        await self._desk.store.run(lambda session: rows.keep(session, hook))
        return True

    async def _failed(self, hook: Hook, fault: str) -> None:
        now_ms = self._desk.clock.unix_ms()
        now = now_ms // 1000
        hook.tries += 1
        hook.fault = fault
        hook.failing_since = hook.failing_since or now
        hook.next_ms = now_ms + backoff.wait_ms(hook.tries, self._draw)
        if fault == GONE or backoff.is_over(hook.failing_since, now):
            await self._give_up(hook, fault, now_ms)
        else:
            await self._desk.store.run(lambda session: rows.keep(session, hook))

    async def _give_up(self, hook: Hook, fault: str, now_ms: int) -> None:
        """Stop it, and tell its owner: by an entry, and by an event for who listens."""
        hook.stopped_at = now_ms // 1000
        owner = self._desk.registry.party(hook.owner)
        if owner is None:
            return
        entry = await self._desk.store.run(lambda s: rows.stop(s, hook, owner, now_ms, fault))
        self._desk.entries.announce(entry)
        body = {"id": hook.id, "state": "stopped", "reason": fault}
        self._desk.events.publish("webhook", hook.owner, body)
