"""Operators signing in: a nonce for the hub's key, an ID token back, a short session for that key.

    hub    POST /operators/sign-in              -> nonce, kept here for this hub
    hub    takes its operator to the issuer with that nonce: authorization code, PKCE
    hub    POST /operators/session {id_token}   -> token; the nonce is used up in the same commit
    page   POST /operators/code {code}          -> the same; the host fetches the token (codes.py)
    hub    every request: Authorization: DPoP TOKEN, and its hash as `ath` in the proof

Of nonces and tokens only hashes are kept. Whoever steals one of them lacks the hub's key.
"""

import hashlib
import hmac
import secrets
from typing import Any, Final, Protocol, cast

from sqlalchemy import CursorResult, Delete, delete, func, select
from sqlalchemy.orm import Session

from accord import b64
from porchlight.clock import Clock
from porchlight.errors import NotFound, StoreError, TooMany, Unauthenticated
from porchlight.registry import Party
from porchlight.sections import OperatorRules
from porchlight.store import Store
from porchlight.store.operators_model import HostSecret, OperatorSession, SignIn
from porchlight.tally import PERIOD_S, Tally
from porchlight.who import idtoken
from porchlight.who.idtoken import Expected, IdToken
from porchlight.who.issuers import Issuer, Issuers
from porchlight.who.jwks import KeySets
from porchlight.who.operator import Operator

SIGN_IN_S: Final = 600
SIGN_INS: Final = 64  # nonces of one hub that have not come back
ASKED: Final = 120  # questions to a hub's issuer a minute: each is a connection of our own
_SECRET: Final = "operators"  # noqa: S105 - the name of one


class Who(Protocol):
    """A registered resident or hub (registry.Party)."""

    @property
    def thumb(self) -> str: ...
    @property
    def is_resident(self) -> bool: ...


class Operators:
    """Sign-ins and sessions of all hubs."""

    def __init__(
        self, store: Store, issuers: Issuers, clock: Clock, rules: OperatorRules | None = None
    ) -> None:
        self._store = store
        self._issuers = issuers
        self._clock = clock
        self._rules = rules or OperatorRules()
        self._keys = KeySets(clock)
        self._asked = Tally(burst=ASKED)
        self._secret: bytes | None = None

    async def begin(self, hub: Party) -> tuple[str, Issuer, int]:
        """A nonce for one sign-in at the hub's issuer, and until when (unix s) it may come back.

        NotFound no-issuer; TooMany.
        """
        issuer = self.issuer(hub)
        nonce, now = secrets.token_urlsafe(32), self._clock.unix()

        def work(session: Session) -> bool:
            session.execute(delete(SignIn).where(SignIn.expires <= now))
            if _count(session, hub.thumb) >= SIGN_INS:
                return False
            session.add(SignIn(nonce_hash=_hash(nonce), hub=hub.thumb, expires=now + SIGN_IN_S))
            return True

        if not await self._store.run(work):
            retry = {"Retry-After": str(SIGN_IN_S)}
            raise TooMany("too-many-sign-ins", "sign-ins begun and not ended", headers=retry)
        return nonce, issuer, now + SIGN_IN_S

    async def sign_in(self, hub: Party, text: str) -> tuple[str, Operator]:
        """A session for the operator whom an ID token names: its token, and who it is.

        Unauthenticated says what is wrong with the ID token (idtoken.verify), or bad-nonce: not of
        this hub's sign-ins, or used already. Unavailable: the issuer's keys could not be fetched.
        """
        issuer, now = self.issuer(hub), self._clock.unix()
        unverified = idtoken.read(text)
        wanted = Expected(issuer.url, issuer.client_id, jkt=hub.thumb)
        idtoken.check(unverified.claims, wanted, now)  # before anybody is asked for keys
        keys = await self._keys.fit_for(unverified, issuer.url)
        token = idtoken.verify(unverified, keys, wanted, self._clock.unix())
        operator = Operator(
            id=self._pseudonym(hub.thumb, issuer, token),
            hub=hub.thumb,
            roles=issuer.roles_in(token.claims),
            expires=min(token.expires, now + self._rules.session_seconds),
        )
        return await self._keep(operator, issuer, token.nonce), operator

    def resolve(self, hub: Party, token: str) -> Operator:
        """Who is signed in with this token at this hub; Unauthenticated no-session."""
        row = self._store.read_now(lambda s: s.get(OperatorSession, _hash(token)))
        issuer = self._issuers.of(hub.thumb)
        if row is None or issuer is None or row.hub != hub.thumb or not _holds(row, issuer):
            raise _no_session()
        if self._clock.unix() >= row.expires:
            raise _no_session()
        return _operator(row)

    def left(self, operator: Operator) -> bool:
        """Whether the session that this operator came with is over meanwhile. Not while nobody can
        tell: what runs goes on by the rules it has, and the next beat asks again."""
        try:
            return self._store.read_now(lambda s: s.get(OperatorSession, operator.session)) is None
        except StoreError:
            return False

    def objection(self, who: Who, operator: Operator | None, what: str) -> str | None:
        """Why this caller may not do that; None where they may. Residents need no operator, and
        neither does a hub without an issuer, unless the host's settings say so."""
        if who.is_resident:
            return None
        if operator is None:
            named = self._rules.required or self._issuers.of(who.thumb) is not None
            return "operator-missing" if named else None
        return None if operator.may(what) else "role-missing"

    def of(self, hub: Party) -> list[Operator]:
        """Who is signed in at this hub now; one line for each session."""
        now = self._clock.unix()
        wanted = (
            select(OperatorSession)
            .where(OperatorSession.hub == hub.thumb, OperatorSession.expires > now)
            .order_by(OperatorSession.operator, OperatorSession.expires)
        )
        return self._store.read_now(lambda s: [_operator(row) for row in s.scalars(wanted)])

    async def sign_out(self, hub: Party, operator: str) -> int:
        """End all sessions of one operator (pseudonym) at this hub; how many there were."""
        ending = delete(OperatorSession).where(
            OperatorSession.hub == hub.thumb, OperatorSession.operator == operator
        )
        return await self._store.run(lambda session: _deleted(session, ending))

    def issuer(self, hub: Party) -> Issuer:
        """Where this hub's operators sign in; NotFound no-issuer."""
        issuer = self._issuers.of(hub.thumb)
        if issuer is None:
            raise NotFound("no-issuer", "no issuer is registered for this hub's operators")
        return issuer

    def to_ask(self, hub: Party) -> Issuer:
        """The same, to be asked something now; TooMany: it was, too often."""
        issuer = self.issuer(hub)
        if not self._asked.due(hub.thumb, self._clock.monotonic()):
            retry = {"Retry-After": str(round(PERIOD_S))}
            raise TooMany("too-many-sign-ins", "the issuer was asked too often", headers=retry)
        return issuer

    def issuer_url(self, who: Who) -> str | None:
        """The same, as an address; None where there is none."""
        issuer = None if who.is_resident else self._issuers.of(who.thumb)
        return None if issuer is None else issuer.url

    async def _keep(self, operator: Operator, issuer: Issuer, nonce: str) -> str:
        """Use up the nonce and keep the session, both or neither; its token."""
        token, now = secrets.token_urlsafe(32), self._clock.unix()
        using = delete(SignIn).where(
            SignIn.nonce_hash == _hash(nonce), SignIn.hub == operator.hub, SignIn.expires > now
        )

        def work(session: Session) -> bool:
            session.execute(delete(OperatorSession).where(OperatorSession.expires <= now))
            if _deleted(session, using) != 1:
                return False
            session.add(_row(operator, issuer, token))
            return True

        if not await self._store.run(work):
            raise Unauthenticated("bad-nonce", "the ID token is not for a sign-in begun here")
        return token

    def _pseudonym(self, hub: str, issuer: Issuer, token: IdToken) -> str:
        """22 characters: the same person at another hub or host has another one."""
        if self._secret is None:
            self._secret = self._load_secret()
        who = "\0".join((hub, issuer.url, token.subject)).encode()
        return b64.encode(hmac.digest(self._secret, who, "sha256")[:16])

    def _load_secret(self) -> bytes:
        def make(session: Session) -> bytes:
            made = secrets.token_bytes(32)
            row = session.get(HostSecret, _SECRET)
            if row is None:
                row = HostSecret(name=_SECRET, value=made)
                session.add(row)
            return row.value

        try:
            return self._store.run_now(make)
        except StoreError:  # another node made it at this very moment
            return self._store.run_now(make)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _count(session: Session, hub: str) -> int:
    wanted = select(func.count()).select_from(SignIn).where(SignIn.hub == hub)
    return session.scalar(wanted) or 0


def _deleted(session: Session, statement: Delete) -> int:
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def _holds(row: OperatorSession, issuer: Issuer) -> bool:
    """Whether the hub's operators still sign in where this one did."""
    return (row.issuer, row.client_id) == (issuer.url, issuer.client_id)


def _no_session() -> Unauthenticated:
    return Unauthenticated("no-session", "the operator is not signed in, or no longer: sign in")


def _row(operator: Operator, issuer: Issuer, token: str) -> OperatorSession:
    return OperatorSession(
        token_hash=_hash(token),
        hub=operator.hub,
        operator=operator.id,
        roles=sorted(operator.roles),
        issuer=issuer.url,
        client_id=issuer.client_id,
        expires=operator.expires,
    )


def _operator(row: OperatorSession) -> Operator:
    return Operator(row.operator, row.hub, frozenset(row.roles), row.expires, row.token_hash)
