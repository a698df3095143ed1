"""Operators at a hub's desk, signed in for real, for tests of a running host."""

import json
from dataclasses import dataclass
from typing import Any

import httpx

from porchlight.clock import Clock
from porchlight.dpop import token_hash
from porchlight.registry import HUB
from porchlight.who.issuers import ROLES_CLAIM, SAME, Issuer, Issuers
from tests.support.hosting import API, PATIENCE_S, Hosted, Kit
from tests.support.provider import Provider, id_token
from tests.support.signing import Signer

# One for all: making one reads the certificates of the whole machine. Plain HTTP here.
_http = httpx.Client(verify=False, timeout=PATIENCE_S, trust_env=False)


@dataclass
class Hub:
    """A hub whose operators sign in at `provider`. `clock` is the host's."""

    host: Hosted
    key: Signer
    provider: Provider
    client_id: str
    clock: Clock

    def ask(
        self, method: str, path: str, body: Any = None, *, token: str = "", **how: Any
    ) -> httpx.Response:
        """A request with this token. `how` changes it: `by` another key signs, `ath` is claimed."""
        url = self.host.http + API + path
        if method == "POST" and token:
            body = self.key.signing(
                path, body, operator=how.pop("operator", ""), now=self.clock.unix()
            )
        content = b"" if body is None else json.dumps(body).encode()
        claims: dict[str, Any] = {"iat": self.clock.unix()}
        ath = how.get("ath", token and token_hash(token))
        if ath:
            claims["ath"] = ath
        headers = {"DPoP": how.get("by", self.key).proof(method, url, content, **claims)}
        if token:
            headers["Authorization"] = f"{how.get('scheme', 'DPoP')} {token}"
        if content:
            headers["Content-Type"] = "application/json"
        return _http.request(method, url, content=content, headers=headers)

    def begin(self) -> dict[str, Any]:
        """A sign-in begun: nonce, issuer, client_id, expires."""
        answer = self.ask("POST", "/operators/sign-in")
        assert answer.status_code == 201, answer.text
        begun: dict[str, Any] = answer.json()
        return begun

    def bring(self, token: str) -> httpx.Response:
        """An ID token, to the host."""
        return self.ask("POST", "/operators/session", {"id_token": token})

    def sign_in(self, *roles: str, sub: str | None = None) -> "Desk":
        """Somebody with these roles, or with this account, signed in."""
        who = sub or self.provider.person(*roles)
        token = id_token(self.provider, who, self.client_id, self.begin()["nonce"])
        answer = self.bring(token)
        assert answer.status_code == 201, answer.text
        return Desk(self, who, answer.json())


@dataclass
class Desk:
    """An operator who is signed in. `session`: as the host answered."""

    hub: Hub
    sub: str
    session: dict[str, Any]

    @property
    def id(self) -> str:
        """The pseudonym."""
        return str(self.session["operator"])

    @property
    def token(self) -> str:
        """Of the session."""
        return str(self.session["token"])

    def ask(self, method: str, path: str, body: Any = None, **how: Any) -> httpx.Response:
        """A request by this operator."""
        return self.hub.ask(method, path, body, **{"token": self.token, "operator": self.id, **how})

    def look(self, *kits: Kit, **changed: Any) -> httpx.Response:
        """Ask for a view; `changed` fields differ from a live view for a fire."""
        body = {"action": "live", "case": "C-1", "purpose": "fire", "reason": "smoke was reported"}
        return self.ask("POST", "/views", {"cameras": [kit.id for kit in kits], **body, **changed})


def hub_at(host: Hosted, provider: Provider, clock: Clock, alg: str = "ES256") -> Hub:
    """A new hub, with a client of its own at this provider."""
    hub = Hub(host, host.hub(), provider, provider.client(alg), clock)
    register(host, hub, Issuer(provider.url, hub.client_id, ROLES_CLAIM, SAME))
    return hub


def register(host: Hosted, hub: Hub, issuer: Issuer | None) -> None:
    """As `porchlight hub issuer` does, next to the running host."""
    party = host._registry.named(HUB, hub.key.name)
    assert party is not None
    host.store.run_now(Issuers(host.store, Clock()).setting(party, issuer))
