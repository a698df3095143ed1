"""DPoP proofs (RFC 9449's shape): every request carries a fresh signature over itself.

    b64(header) . b64(claims) . b64(r || s)
    header  {"alg": "ES256", "jwk": {kty, crv, x, y}, "typ": "dpop+jwt"}      exactly these
    claims  {"htm", "htu", "iat", "jti"}, "bh" where the request has a body, and "ath" where it
            comes with an operator's token; no more

The key in the header proves nothing by itself: the caller looks up its thumb. No I/O, no clock.
"""

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from accord import b64
from porchlight.errors import TooMany, Unauthenticated
from porchlight.keys import PublicKey

MAX_BYTES: Final = 2_048
WINDOW_S: Final = 60
PROOFS_PER_KEY: Final = 20_000  # in two windows: about 160 requests a second
_JTI: Final = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_TEXTS: Final = ("htm", "htu", "jti")


@dataclass(frozen=True)
class Asked:
    """The request a proof must be for, as it reached us. `host` is the Host header.

    `names`: what this host is called. The header is the sender's word, and somebody to whom a hub
    signed a request could send that on to us under their own name. `token`: the operator's, empty
    where none came.
    """

    method: str
    scheme: str
    host: str
    path: str
    body: bytes
    names: Container[str]
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Proof:
    """A proof that was checked against its request. Only verify() makes one worth having."""

    key: PublicKey
    jti: str
    iat: int


def verify(text: str, asked: Asked, now: int) -> Proof:
    """The proof in `text`, if it is for this very request and made within the last minute.

    `now`: unix s. Unauthenticated says what is wrong: no-proof, bad-proof, bad-signature,
    wrong-host, wrong-request, stale-proof, wrong-body, wrong-token.
    """
    signed, signature, header, claims = _split(text)
    key = _key(header)
    _check_shape(claims)
    if abs(now - claims["iat"]) > WINDOW_S:
        raise Unauthenticated(
            "stale-proof", "the proof's time is more than a minute from the host's"
        )
    if _hostname(asked) not in asked.names:
        raise Unauthenticated("wrong-host", "not a name of this host; listen.names lists them")
    if claims["htm"] != asked.method or not _same_place(claims["htu"], asked):
        raise Unauthenticated("wrong-request", "the proof is for another request")
    if not _same_body(claims.get("bh"), asked.body):
        raise Unauthenticated("wrong-body", "the proof is for another body")
    if claims.get("ath") != (token_hash(asked.token) if asked.token else None):
        raise Unauthenticated("wrong-token", "the proof is for another operator's token, or none")
    if not key.verify(signed, signature):
        raise Unauthenticated("bad-signature", "the proof's signature does not hold")
    return Proof(key, claims["jti"], claims["iat"])


def token_hash(token: str) -> str:
    """What a proof says, as `ath`, of the token that comes with it (RFC 9449 §4.2)."""
    return b64.encode(hashlib.sha256(token.encode()).digest())


class Seen:
    """Proofs used already, per key, for as long as they would be fresh. Registered keys only.

    Each key has its own bound, and a full one refuses: forgetting would let a proof in again.
    `since` (unix s) is when this memory began; what was signed before could be a repetition. So
    could what recall() was told of.
    """

    def __init__(self, since: int, per_key: int = PROOFS_PER_KEY) -> None:
        self._since = since
        self._per_key = per_key
        self._by_key: dict[str, OrderedDict[str, int]] = {}
        self._ahead: dict[str, int] = {}

    def recall(self, ahead: dict[str, int]) -> None:
        """By thumb: up to which `iat` (unix s) an earlier run took proofs that lay ahead of it."""
        self._ahead = ahead

    def once(self, proof: Proof, now: int) -> None:
        """Note a proof; Unauthenticated("replayed-proof") if it was here before, or TooMany."""
        if proof.iat < self._since or proof.iat <= self._ahead.get(proof.key.thumb, 0):
            raise Unauthenticated("stale-proof", "the proof is older than this run of the host")
        seen = self._by_key.setdefault(proof.key.thumb, OrderedDict())
        while seen and next(iter(seen.values())) < now:
            seen.popitem(last=False)
        if proof.jti in seen:
            raise Unauthenticated("replayed-proof", "a proof is good for one request")
        if len(seen) >= self._per_key:
            retry = {"Retry-After": str(WINDOW_S)}
            raise TooMany("too-many-requests", "more requests than the limit", headers=retry)
        # Arrival plus two windows is past any moment at which this `iat` is fresh.
        seen[proof.jti] = now + 2 * WINDOW_S


def _split(text: str) -> tuple[bytes, bytes, dict[str, Any], dict[str, Any]]:
    if not text:
        raise Unauthenticated("no-proof", "send a DPoP header signed by a registered key")
    parts = text.split(".")
    if len(text) > MAX_BYTES or len(parts) != 3 or not text.isascii():
        raise Unauthenticated("bad-proof", "the DPoP header is no compact JWS")
    try:
        header, claims = (json.loads(b64.decode(part), parse_constant=_no) for part in parts[:2])
        signature = b64.decode(parts[2])
    except (ValueError, RecursionError):
        raise Unauthenticated("bad-proof", "the DPoP header is no compact JWS") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise Unauthenticated("bad-proof", "header and claims of a proof are objects")
    return text.rpartition(".")[0].encode(), signature, header, claims


def _key(header: dict[str, Any]) -> PublicKey:
    if set(header) != {"alg", "jwk", "typ"} or header["alg"] != "ES256":
        raise Unauthenticated(
            "bad-proof", "the proof's header is alg ES256, jwk, typ and nothing else"
        )
    if header["typ"] != "dpop+jwt":
        raise Unauthenticated("bad-proof", 'the proof\'s typ must be "dpop+jwt"')
    try:
        return PublicKey.from_jwk(header["jwk"])
    except ValueError:
        raise Unauthenticated("bad-proof", "the proof's jwk is no public P-256 key") from None


def _check_shape(claims: dict[str, Any]) -> None:
    wanted = {"htm", "htu", "iat", "jti"}
    if set(claims) - {"bh", "ath"} != wanted or type(claims["iat"]) is not int:
        raise Unauthenticated("bad-proof", "a proof claims htm, htu, iat, jti, bh with a body, ath")
    if not all(type(claims[name]) is str for name in _TEXTS) or not _JTI.match(claims["jti"]):
        raise Unauthenticated(
            "bad-proof", "htm, htu and jti are texts; jti has 16 to 64 characters"
        )


def _same_place(htu: str, asked: Asked) -> bool:
    """Scheme, host and path alike. A default port may be left out on either side."""
    try:
        claimed = urlsplit(htu)
        port = claimed.port
        here = urlsplit(f"{asked.scheme}://{asked.host}")
        here_port = here.port
    except ValueError:
        return False
    default = _DEFAULT_PORTS.get(asked.scheme)
    return (
        claimed.scheme == asked.scheme
        and not claimed.query
        and not claimed.fragment
        and "@" not in claimed.netloc
        and bool(claimed.hostname)
        and claimed.hostname == here.hostname
        and (port or default) == (here_port or default)
        and claimed.path == asked.path
    )


def _hostname(asked: Asked) -> str | None:
    try:
        return urlsplit(f"{asked.scheme}://{asked.host}").hostname
    except ValueError:
        return None


def _same_body(claimed: object, body: bytes) -> bool:
    if claimed is None:
        return not body
    return claimed == b64.encode(hashlib.sha256(body).digest())


def _no(_: str) -> None:
    raise ValueError("no JSON number")
