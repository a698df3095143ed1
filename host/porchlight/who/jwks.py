"""An issuer's keys, fetched from where its discovery document says (OpenID Connect Discovery).

Kept for an hour; a key that is not among them has them fetched again, at most once a minute. What
comes is capped in bytes and time, and a redirection is not followed.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from porchlight.clock import Clock
from porchlight.errors import Unavailable
from porchlight.who import idtoken
from porchlight.who.idtoken import Unverified
from porchlight.who.issuers import issuer_url

KEPT_S: Final = 3_600.0
AGAIN_S: Final = 60.0
TIMEOUT_S: Final = 10.0  # for both documents
MAX_BYTES: Final = 262_144
MAX_KEYS: Final = 64
# Not compressed: a small answer must not become a large one.
_ASK: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}
WELL_KNOWN: Final = "/.well-known/openid-configuration"

Keys = list[dict[str, Any]]


@dataclass
class _Kept:
    keys: Keys
    fetched: float


class KeySets:
    """The keys of issuers, by URL. Only registered issuers are asked: there are few."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def fit_for(self, token: Unverified, issuer: str) -> Keys:
        """The issuer's keys, with the token's among them if it is one of theirs at all.

        Unavailable issuer-unreachable: they could not be fetched.
        """
        now = self._clock.monotonic()
        kept = self._kept.get(issuer)
        if kept is None or now - kept.fetched >= KEPT_S:
            return await self._renew(issuer)
        if not idtoken.candidates(token, kept.keys) and now - kept.fetched >= AGAIN_S:
            return await self._renew(issuer)
        return kept.keys

    async def _renew(self, issuer: str) -> Keys:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                keys = await fetch(issuer)
        except TimeoutError:
            raise Unavailable("issuer-unreachable", "the issuer did not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise Unavailable("issuer-unreachable", f"the issuer's keys: {error}") from None
        self._kept[issuer] = _Kept(keys, self._clock.monotonic())
        return keys


@asynccontextmanager
async def asking() -> AsyncIterator[httpx.AsyncClient]:
    """A client that trusts what this machine trusts, and follows nobody."""
    trusted = await asyncio.to_thread(httpx.create_ssl_context)  # reads many files
    async with httpx.AsyncClient(verify=trusted, timeout=TIMEOUT_S, trust_env=False) as client:
        yield client


async def discover(client: httpx.AsyncClient, issuer: str) -> dict[str, Any]:
    """What the issuer says of itself; ValueError or httpx.HTTPError."""
    about = await document(client, issuer.rstrip("/") + WELL_KNOWN)
    if about.get("issuer") != issuer:
        raise ValueError("its discovery document is of another issuer")
    return about


async def fetch(issuer: str) -> Keys:
    """The issuer's public keys now; ValueError or httpx.HTTPError if they cannot be had."""
    async with asking() as client:
        about = await discover(client, issuer)
        found = await document(client, beside(issuer, str(about.get("jwks_uri", ""))))
    keys = found.get("keys")
    if not isinstance(keys, list):
        raise ValueError("its key set has no keys")
    return [key for key in keys[:MAX_KEYS] if isinstance(key, dict)]


def beside(issuer: str, url: str) -> str:
    """An address of the issuer's own: none of plain HTTP for an issuer that is elsewhere."""
    if urlsplit(issuer_url(url)).scheme != urlsplit(issuer).scheme:
        raise ValueError("its addresses must be where it is itself, by https")
    return url


async def document(client: httpx.AsyncClient, url: str, **form: str) -> dict[str, Any]:
    """A JSON object of the issuer's, for a GET, or for a POST of this form. ValueError,
    httpx.HTTPError; httpx.HTTPStatusError where it refuses the form (400 to 499)."""
    body = bytearray()
    how: dict[str, Any] = {"method": "POST", "data": form} if form else {"method": "GET"}
    async with client.stream(url=url, headers=_ASK, **how) as answer:
        if form and answer.is_client_error:
            answer.raise_for_status()
        if answer.status_code != httpx.codes.OK:
            raise ValueError(f"it answered {answer.status_code}")
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > MAX_BYTES:
                raise ValueError("its answer is too long")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("its answer is no JSON") from None
    if not isinstance(found, dict):
        raise ValueError("its answer is no JSON object")
    return found
