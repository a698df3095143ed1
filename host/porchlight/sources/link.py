"""Link: one proven connection to a board, as its camera sees it (desk.Link)."""

import asyncio
from dataclasses import dataclass, field

from accord import wire
from accord.grant import Grant
from porchlight.looking import Want
from porchlight.sources.outbox import Outbox


@dataclass
class Link:
    """Only fills the outbox and rings; the uplink's writer does the rest."""

    outbox: Outbox = field(default_factory=Outbox)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    closing: str = ""

    def watch(self, wants: list[Want]) -> None:
        """Who looks now."""
        self.outbox.watch(wants)
        self.wake.set()

    def offer(self, grant: Grant) -> None:
        """A grant for the board to hold."""
        self.outbox.offer(grant)
        self.wake.set()

    def revoke(self, handle: bytes) -> None:
        """A grant to drop, ahead of anything else."""
        self.outbox.revoke(handle)
        self.wake.set()

    def update(self, message: wire.Update) -> None:
        """The next step of an update."""
        self.outbox.update(message)
        self.wake.set()

    def lease(self, message: wire.Lease) -> None:
        """A lease, or the question for a nonce."""
        self.outbox.lease(message)
        self.wake.set()

    def close(self, reason: str) -> None:
        """Say so and hang up; frames that still come are not taken."""
        self.closing = self.closing or reason
        self.wake.set()
