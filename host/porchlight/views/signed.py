"""Signed looks: whether a hub's own key stands behind what it asks to see (client/looks.py has the
form). The entry of the look keeps the statement, so nobody can make one up or deny it afterwards.

A statement is good for one look. One that was used twice would be read in the resident's log as a
look that the host invented.
"""

from collections.abc import Callable, Mapping
from typing import Final

from accord.errors import Refused
from porchlight import ahead
from porchlight.client import looks
from porchlight.client.looks import Ask, Statement
from porchlight.clock import Clock
from porchlight.dpop import Proof, Seen
from porchlight.errors import Unauthenticated
from porchlight.keys import PublicKey
from porchlight.store import Store
from porchlight.views.view import Intent, View, Who

UNSIGNED: Final = "look-unsigned"
WHAT: Final = {
    UNSIGNED: "each look wants a statement signed by the hub's key",
    "look-mismatch": "a statement says something else than the request",
    "look-stale": "a statement is from before this run, or over a minute from the host's time",
    "look-replayed": "a statement is good for one look",
    "look-forged": "a statement is not signed by the caller's own key",
    "look-malformed": "a statement is no optin-look+jwt",
}
_FORGED: Final = ("unknown-key", "bad-signature", "wrong-issuer")
_USED: Final = {"replayed-proof": "look-replayed", "stale-proof": "look-stale"}


class SignedLooks:
    """`host`: its thumb. `key_of`: of a registered hub. `required`: whether what nobody signed is
    refused; what is signed wrongly always is."""

    def __init__(
        self,
        host: str,
        key_of: Callable[[str], PublicKey],
        clock: Clock,
        store: Store,
        *,
        required: bool = True,
    ) -> None:
        self._host = host
        self._key_of = key_of
        self._clock = clock
        self._store = store
        self._required = required
        self._seen = Seen(since=clock.unix())

    def recall(self, used: Mapping[str, int]) -> None:
        """By hub: up to which `iat` (unix s) an earlier run took statements ahead of its clock."""
        self._seen.recall(dict(used))

    def meet(self, view: View) -> str | None:
        """Why its statements do not let the view be opened; None if they do, and they are used up:
        `view.signed` has them. TooMany. Residents sign nothing: their own grants speak for them."""
        intent = view.intent
        if view.who.is_resident:
            return None
        asks = {ask.clip or ask.camera: ask for ask in _asks(intent)}
        if set(intent.looks) - set(asks):
            return "look-mismatch"
        if self._required and set(asks) - set(intent.looks):
            return UNSIGNED
        try:
            times = [self._take(view.who, token, asks[id]) for id, token in intent.looks.items()]
        except Refused as refused:
            return refused.reason
        view.signed, view.signed_at = dict(intent.looks), max(times, default=0)
        return None

    async def keep(self, view: View) -> None:
        """Remember those that are ahead of our clock: a restart forgets which were used."""
        if view.signed_at > self._clock.unix():
            key = self._key_of(view.who.thumb)
            await ahead.keep(self._store, Proof(key, "", view.signed_at))

    def _take(self, who: Who, token: str, ask: Ask) -> int:
        """Use a statement up; its time. Refused unless it is theirs, for this host and look, and
        of now."""
        key, now = self._key_of(who.thumb), self._clock.unix()
        statement = _read(key, token)
        if statement.aud != self._host or not statement.says(ask):
            raise Refused("look-mismatch")
        if abs(now - statement.iat) > looks.WINDOW_S:
            raise Refused("look-stale")
        try:
            self._seen.once(Proof(key, statement.jti, statement.iat), now)
        except Unauthenticated as error:
            raise Refused(_USED[error.reason]) from None
        return statement.iat


def _read(key: PublicKey, token: str) -> Statement:
    try:
        return looks.verify(token, {key.thumb: key}, PublicKey.verify)
    except Refused as refused:
        raise Refused("look-forged" if refused.reason in _FORGED else "look-malformed") from None


def _asks(intent: Intent) -> list[Ask]:
    """What has to be signed for: each camera, or the clip."""
    operator = "" if intent.operator is None else intent.operator.id
    why = (intent.action, intent.purpose, intent.case, intent.reason)
    if intent.clip:
        return [Ask(*why, clip=intent.clip, operator=operator)]
    return [Ask(*why, camera=camera, operator=operator) for camera in intent.cameras]
