"""Where a hub's operators sign in: one OpenID Connect issuer for each hub, or none.

Set by the host's administrator (`porchlight hub issuer`), while the host runs or not: what is kept
here is asked for anew after a second.
"""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import delete
from sqlalchemy.orm import Session

from porchlight.audit import entries
from porchlight.clock import Clock
from porchlight.registry import Party
from porchlight.store import Store
from porchlight.store.operators_model import Approval, HubIssuer, OperatorSession
from porchlight.who.roles import MAY

KEPT_S: Final = 1.0
ROLES_CLAIM: Final = "roles"
SAME: Final = {role: role for role in MAY}  # an issuer that speaks of our roles by our words
_MAX_VALUES: Final = 64  # of a roles claim that are looked at


@dataclass(frozen=True)
class Issuer:
    """An issuer as registered for one hub. `roles`: value of `roles_claim` -> role."""

    url: str
    client_id: str
    roles_claim: str
    roles: Mapping[str, str]

    def roles_in(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """The roles that a token's claims give: none for what is not in the table."""
        said = claims.get(self.roles_claim)
        values = said.split() if isinstance(said, str) else said
        if not isinstance(values, list):
            return frozenset()
        words = (value for value in values[:_MAX_VALUES] if isinstance(value, str))
        return frozenset(self.roles[word] for word in words if word in self.roles)


class Issuers:
    """The issuers in the store, by hub."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._kept: dict[str, tuple[float, Issuer | None]] = {}

    def of(self, hub: str) -> Issuer | None:
        """The issuer of this hub (thumb); None where its key alone speaks."""
        now = self._clock.monotonic()
        read_at, issuer = self._kept.get(hub, (-KEPT_S, None))
        if now - read_at >= KEPT_S:
            issuer = self._store.read_now(lambda session: _issuer(session.get(HubIssuer, hub)))
            self._kept[hub] = (now, issuer)
        return issuer

    def setting(self, hub: Party, issuer: Issuer | None) -> Callable[[Session], None]:
        """The transaction that sets or removes a hub's issuer; entered in the host's own log. All
        sessions there end, and so do approvals: at another issuer one person is another one."""
        now_ms = self._clock.unix_ms()

        def work(session: Session) -> None:
            session.execute(delete(OperatorSession).where(OperatorSession.hub == hub.thumb))
            session.execute(delete(Approval).where(Approval.hub == hub.thumb))
            row = session.get(HubIssuer, hub.thumb)
            if row is not None:
                session.delete(row)
                session.flush()
            if issuer is not None:
                session.add(_row(hub.thumb, issuer, now_ms // 1000))
            entries.write(
                session,
                now_ms,
                "hub.issuer",
                resident=None,
                hub=hub.thumb,
                hub_name=hub.name,
                detail={"issuer": None if issuer is None else issuer.url},
            )

        return work


def issuer_url(text: str) -> str:
    """An address an issuer may have; ValueError says what is wrong.

    https, or http on this very machine: whoever could change what it says could be any operator.
    """
    parts = urlsplit(text)
    host = parts.hostname or ""
    if not host or parts.query or parts.fragment or "@" in parts.netloc or len(text) > 512:
        raise ValueError("must be an address such as https://login.example.org")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ValueError("must begin with https://")
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _row(hub: str, issuer: Issuer, now: int) -> HubIssuer:
    return HubIssuer(
        hub=hub,
        issuer=issuer.url,
        client_id=issuer.client_id,
        roles_claim=issuer.roles_claim,
        roles=dict(issuer.roles),
        set_at=now,
    )


def _issuer(row: HubIssuer | None) -> Issuer | None:
    if row is None:
        return None
    return Issuer(row.issuer, row.client_id, row.roles_claim, row.roles)
