"""The ID token of an OpenID Connect issuer: checked whole, or refused. No I/O, no clock.

The hub's client brings it; what binds it to that hub is the nonce, which this host gave to that
hub's key alone. Where a token names a key itself (`cnf.jkt`), it has to be the hub's.
"""

import hmac
import json
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwk, jws
from joserfc.errors import JoseError

from accord import b64
from porchlight.errors import Unauthenticated

MAX_BYTES: Final = 16_384
SKEW_S: Final = 60  # how far an issuer's clock may be ahead of ours
MAX_AGE_S: Final = 600
# A key of each of these kinds is public: nothing that an outsider knows can stand in for it.
ALGORITHMS: Final = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "ES384": "EC"}
_MIN_RSA_BITS: Final = 2_048
_REFUSED_HEADERS: Final = {"crit", "b64", "jwk", "jku", "x5u"}  # keys come from the issuer only
_REGISTRY: Final = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)


@dataclass(frozen=True)
class Expected:
    """What a token must say. `jkt`: the thumb of the hub that brings it."""

    issuer: str
    client_id: str
    jkt: str


@dataclass(frozen=True)
class Unverified:
    """A token taken apart: nothing in it is true yet."""

    text: str
    alg: str
    kid: str | None
    claims: dict[str, Any]


@dataclass(frozen=True)
class IdToken:
    """Claims that were checked. Only verify() makes one worth having."""

    subject: str
    nonce: str
    expires: int
    claims: dict[str, Any]


def read(text: str) -> Unverified:
    """Take a compact JWS apart; Unauthenticated bad-token or bad-algorithm."""
    parts = text.split(".")
    if len(text) > MAX_BYTES or len(parts) != 3 or not text.isascii():
        raise _bad("the ID token is no compact JWS")
    try:
        header, claims = (json.loads(b64.decode(part), parse_constant=_no) for part in parts[:2])
    except (ValueError, RecursionError):
        raise _bad("the ID token is no compact JWS") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise _bad("header and claims of the ID token are objects")
    if _REFUSED_HEADERS & set(header):
        raise _bad("the ID token's header brings its own keys or rules")
    alg, kid = header.get("alg"), header.get("kid")
    if not isinstance(alg, str) or alg not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        raise Unauthenticated("bad-algorithm", f"an ID token is signed with one of {known}")
    if not isinstance(kid, str | None):
        raise _bad("the ID token's kid is no text")
    return Unverified(text, alg, kid, claims)


def verify(token: Unverified, keys: list[dict[str, Any]], wanted: Expected, now: int) -> IdToken:
    """The token, if one of the issuer's `keys` (JWKs) signed it and it is for this hub and now.

    `now`: unix s. Unauthenticated: bad-token, bad-signature, wrong-issuer, wrong-audience,
    wrong-key, expired-token, stale-token.
    """
    check(token.claims, wanted, now)
    key = _key(token, keys)
    try:
        jws.deserialize_compact(token.text, key, registry=_REGISTRY)
    except (JoseError, ValueError):
        raise Unauthenticated("bad-signature", "the ID token's signature does not hold") from None
    claims = token.claims
    return IdToken(claims["sub"], claims["nonce"], claims["exp"], claims)


def check(claims: dict[str, Any], wanted: Expected, now: int) -> None:
    """The claims alone, signature not looked at: raises as verify() does."""
    texts = ("iss", "sub", "nonce")
    if not all(isinstance(claims.get(name), str) and claims[name] for name in texts):
        raise _bad("an ID token claims iss, sub and nonce")
    if not all(type(claims.get(name)) is int for name in ("exp", "iat")):
        raise _bad("an ID token claims exp and iat, whole seconds")
    if claims["iss"] != wanted.issuer:
        raise Unauthenticated("wrong-issuer", "the ID token is of another issuer")
    _check_audience(claims, wanted.client_id)
    _check_key(claims, wanted.jkt)
    _check_times(claims, now)


def _check_audience(claims: dict[str, Any], client_id: str) -> None:
    named = claims.get("aud")
    audience = [named] if isinstance(named, str) else named
    party = claims.get("azp", client_id)
    wrong = not isinstance(audience, list) or client_id not in audience or party != client_id
    # Among several, only azp says for whom it was made.
    if wrong or (len(audience or ()) > 1 and "azp" not in claims):
        raise Unauthenticated("wrong-audience", "the ID token is for another client")


def _check_key(claims: dict[str, Any], jkt: str) -> None:
    if "cnf" not in claims:
        return
    bound = claims["cnf"]
    named = bound.get("jkt") if isinstance(bound, dict) else None
    if not isinstance(named, str) or not hmac.compare_digest(named.encode(), jkt.encode()):
        raise Unauthenticated("wrong-key", "the ID token is bound to another key")


def _check_times(claims: dict[str, Any], now: int) -> None:
    begins = claims.get("nbf", now)
    if now >= claims["exp"]:
        raise Unauthenticated("expired-token", "the ID token has expired")
    if type(begins) is not int or begins > now + SKEW_S or claims["iat"] > now + SKEW_S:
        raise Unauthenticated("stale-token", "the ID token is of a time to come")
    if claims["iat"] < now - MAX_AGE_S:
        raise Unauthenticated("stale-token", "the ID token was made more than ten minutes ago")


def candidates(token: Unverified, keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Which of the issuer's keys may have signed it: the kind of its algorithm, and its kid."""
    return [
        key
        for key in keys
        if key.get("kty") == ALGORITHMS[token.alg]
        and key.get("use", "sig") == "sig"
        and key.get("alg", token.alg) == token.alg
        and (token.kid is None or key.get("kid") == token.kid)
    ]


def _key(token: Unverified, keys: list[dict[str, Any]]) -> jwk.Key:
    fit = candidates(token, keys)
    if len(fit) != 1:
        raise Unauthenticated("bad-signature", "the issuer has no such key")
    try:
        key = jwk.import_key(fit[0])
    except (JoseError, ValueError, TypeError, KeyError):
        raise Unauthenticated("bad-signature", "the issuer's key cannot be used") from None
    if isinstance(key, jwk.RSAKey) and key.public_key.key_size < _MIN_RSA_BITS:
        raise Unauthenticated("bad-signature", "the issuer's key is too short")
    return key


def _bad(detail: str) -> Unauthenticated:
    return Unauthenticated("bad-token", detail)


def _no(_: str) -> None:
    raise ValueError("no JSON number")
