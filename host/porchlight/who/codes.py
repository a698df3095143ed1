"""Authorization codes: what a hub's page brings back from the issuer, changed for an ID token.

The host asks the issuer, and not the page, which may connect to nobody but its host. The code is
worth nothing without the verifier (PKCE), which the page has kept, and the client has no secret.
"""

import asyncio
from dataclasses import dataclass, field

import httpx

from porchlight.errors import Unauthenticated, Unavailable
from porchlight.who import jwks
from porchlight.who.issuers import Issuer, issuer_url


@dataclass(frozen=True)
class Code:
    """A code, what proves that it was asked for here (RFC 7636), and where it was sent."""

    code: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str


async def authorization_endpoint(issuer: Issuer) -> str:
    """Where an operator is taken to sign in; Unavailable issuer-unreachable."""
    try:
        async with asyncio.timeout(jwks.TIMEOUT_S), jwks.asking() as client:
            about = await jwks.discover(client, issuer.url)
        url = str(about.get("authorization_endpoint", ""))
        jwks.beside(issuer.url, url.partition("?")[0])  # it may have a query of its own
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise _unreachable(error) from None
    return url


async def redeem(issuer: Issuer, brought: Code) -> str:
    """The ID token, not looked at; Unauthenticated bad-code, Unavailable issuer-unreachable."""
    form = {
        "grant_type": "authorization_code",
        "client_id": issuer.client_id,
        "code": brought.code,
        "code_verifier": brought.verifier,
        "redirect_uri": brought.redirect_uri,
    }
    try:
        async with asyncio.timeout(jwks.TIMEOUT_S), jwks.asking() as client:
            about = await jwks.discover(client, issuer.url)
            url = jwks.beside(issuer.url, issuer_url(str(about.get("token_endpoint", ""))))
            given = await jwks.document(client, url, **form)
    except httpx.HTTPStatusError:
        raise Unauthenticated("bad-code", "the issuer does not take this code") from None
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise _unreachable(error) from None
    token = given.get("id_token")
    if not isinstance(token, str):
        raise Unauthenticated("bad-token", "the issuer gave no ID token: scope openid is missing")
    return token


def _unreachable(error: Exception) -> Unavailable:
    return Unavailable("issuer-unreachable", f"the issuer: {str(error) or 'no answer in time'}")
