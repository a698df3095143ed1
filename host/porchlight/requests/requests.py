"""Requests: taken in from hubs, answered by residents or not at all.

To the hub a refusal is a silence: what it is told is made from its own request, the clock and the
approvals released so far. Approvals are released at the beginnings of slots, and the grant that
gives one may not begin before. A refusal is in none of this, so no answer differs by a byte for it,
or takes another way through this code. Nothing tells how many were asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy.orm import Session

from accord.errors import Refused
from accord.grant import Grant
from accord.grant import verify as verify_grant
from porchlight import keys
from porchlight.consent.grants import MAX_CLOCK_LEAD_S, Grants
from porchlight.errors import Invalid, NotFound, RequestError
from porchlight.registry import HUB, Party, Registry
from porchlight.requests import answers, narrower, rows, statement
from porchlight.requests.answers import Item
from porchlight.requests.rounds import Rounds
from porchlight.requests.rows import Approval, Kept
from porchlight.requests.statement import Request
from porchlight.store import Store, models

MOST_KNOWN: Final = 65_536  # approvals whose window need not be looked up again
MAX_AGE_S: Final = 3_600  # from its signing to its coming here
_CAPS: Final = {
    "no-case": "name the case this is for",
    "open-too-long": "a request is open for at most seven days",
    "window-too-short": "ask for at least 15 minutes",
    "window-too-long": "ask for at most 12 hours",
    "window-in-future": "ask for what is recorded already; the window ends before you sign",
    "area-too-large": "ask in an area of at most half a square mile (1.295 km2)",
    "area-too-small": "ask in an area of at least a circle of 50 m: not one house alone",
    "area-too-long": "no part of the area may be more than 5 km from its middle",
    "area-crosses-itself": "the sides of the area must not cross or touch each other",
}


@dataclass(frozen=True)
class Told:
    """A request as its hub is told of it at one moment."""

    kept: Kept
    state: Literal["open", "over"]
    approvals: list[Approval]


class Requests:
    """One object per host. `host`: the thumb that requests have to be addressed to."""

    def __init__(
        self, store: Store, registry: Registry, grants: Grants, rounds: Rounds, *, host: str
    ) -> None:
        self.host = host
        self.rounds = rounds
        self._slots = rounds.slots
        self._store = store
        self._registry = registry
        self._grants = grants
        self._entries = rounds.log.entries
        self._clock = rounds.log.clock
        self._answered: dict[str, tuple[int, tuple[int, int]]] = {}

    # For hubs

    async def take(self, token: bytes, by: Party, operator: str | None = None) -> Told:
        """Keep a hub's signed request; it is on its way when this returns, and no one was asked.

        Refused: the statement does not hold. Invalid: it is beyond a cap. Conflict, TooMany as in
        rows.keep. `operator`: the pseudonym of who is signed in; a request may name no other.
        """
        try:
            request = statement.verify(token, {by.thumb: by.key}, keys.check)
            self._check(request, operator)
        except Refused as refused:
            if refused.reason in _CAPS:
                raise Invalid(refused.reason, _CAPS[refused.reason]) from None
            raise
        now = self._clock.unix()
        kept = await self._store.run(lambda session: rows.keep(session, request, now))
        return Told(kept, "open", [])

    def told(self, request_id: str, hub: str) -> Told:
        """One of a hub's own requests; NotFound if it has no such."""
        kept = self._store.read_now(lambda session: rows.find(session, request_id))
        if kept is None or kept.hub != hub:
            raise NotFound("no-request", "you made no such request")
        return self._tell([kept])[0]

    def all_told(self, hub: str) -> list[Told]:
        """A hub's own requests, newest first."""
        return self._tell(self._store.read_now(lambda session: rows.of_hub(session, hub)))

    def window(self, grant: Grant) -> tuple[int, int] | None:
        """The span (unix ms) that a grant answers for; None until it is released, and for grants
        that answer nothing: they open no footage by their `req`."""
        return self.span(grant.jti)

    def span(self, jti: str) -> tuple[int, int] | None:
        """As window(), by the grant's jti."""
        if jti not in self._answered:
            found = self._store.read_now(lambda session: rows.approved_by(session, jti))
            if found is None:
                return None
            if len(self._answered) >= MOST_KNOWN:
                self._answered.clear()
            start, end = found[1].window
            self._answered[jti] = found[0].release_at, (start * 1000, end * 1000)
        release_at, span = self._answered[jti]
        return span if release_at <= self._clock.unix() else None

    # For residents

    async def inbox(self, resident: str) -> list[Item]:
        """What a resident was asked, newest first."""
        return await self._store.read(lambda session: answers.inbox(session, resident))

    async def item(self, request_id: str, resident: str) -> Item:
        """One request that was put before a resident; NotFound otherwise."""
        return await self._store.read(lambda s: answers.item(s, request_id, resident))

    def begins(self) -> int:
        """From when on (unix s) a grant that answers should hold, if it is signed now."""
        return self._slots.suggested(self._clock.unix())

    async def approve(self, request_id: str, token: bytes, by: Party) -> Approval:
        """Take in the grant by which a resident says yes for one camera.

        Refused as by Grants.accept; Denied if it gives more than was asked, or begins too early;
        NotFound, Conflict, Gone as in answers.approve. Doing it again with the same token after a
        failure half-way completes it.
        """
        item = await self.item(request_id, by.thumb)
        grant = verify_grant(token, {by.thumb: by.key}, keys.check)
        if item.grants.get(grant.sub) == grant.jti:
            return await self._again(grant)
        answers.check_open(item, grant.sub, self._clock.unix())
        narrower.check(grant, item.request, item.cameras, self._slots, self._clock.unix())
        await self._grants.accept(token, by)
        now_ms = self._clock.unix_ms()
        try:
            # Taking it in may have taken until its slot: then it would be told off any beginning.
            narrower.check(grant, item.request, item.cameras, self._slots, now_ms // 1000)
            approval, entry = await self._store.run(
                lambda session: answers.approve(session, request_id, grant, now_ms)
            )
        except RequestError:  # another answer was faster, or the end was, or the slot
            await self._grants.revoke(grant.jti, by)
            raise
        self._entries.announce(entry)
        return approval

    async def deny(self, request_id: str, by: Party) -> None:
        """Put a request aside. The hub is not told, now or ever. Twice is once."""
        now = self._clock.unix()
        await self._store.run(lambda session: answers.deny(session, request_id, by.thumb, now))

    async def opted_in(self, resident: str) -> dict[str, list[str]]:
        """Who may ask a resident, and for which purposes. Nobody, until they say so."""
        return await self._store.read(lambda session: answers.opted_in(session, resident))

    async def opt_in(self, by: Party, hub: str, purposes: Sequence[str]) -> None:
        """Let a hub ask for these purposes and no others; NotFound if there is no such hub."""
        party = self._registry.party(hub)
        if party is None or party.kind != HUB:
            raise NotFound("unknown-hub", "this host does not know such a hub")
        now_ms = self._clock.unix_ms()

        def work(session: Session) -> models.Entry:
            row = session.get_one(models.Party, hub)
            return answers.opt_in(session, by.thumb, row, sorted(set(purposes)), now_ms)

        self._entries.announce(await self._store.run(work))

    def _check(self, request: Request, operator: str | None) -> None:
        now = self._clock.unix()
        for against, reason in (
            (request.aud != self.host, "wrong-audience"),
            (request.exp <= now, "expired"),
            (request.iat > now + MAX_CLOCK_LEAD_S, "issued-in-future"),
            (request.iat < now - MAX_AGE_S, "stale"),
            (request.op != operator, "wrong-operator"),
        ):
            if against:
                raise Refused(reason)

    def _tell(self, requests: Sequence[Kept]) -> list[Told]:
        """Not in the store's thread: what hubs are told must not wait for what residents do."""
        now = self._clock.unix()
        found = self._store.read_now(lambda session: rows.released(session, requests, now))
        return [
            Told(kept, "open" if now < kept.exp else "over", found[kept.id]) for kept in requests
        ]

    async def _again(self, grant: Grant) -> Approval:
        found = await self._store.read(lambda session: rows.approved_by(session, grant.jti))
        if found is None:
            raise NotFound("no-request", "you were not asked that")
        return found[0]
