"""DPoP proofs (RFC 9449): each request to the host is signed by the key of whoever asks.

A proof names method, address and body, so it is good for that one request only.
"""

import hashlib
import json

from accord import b64
from porchkit import keys

JTI_BYTES = 16


def make(
    key: keys.PrivateKey, method: str, url: str, *, now: int, jti: bytes, body: bytes = b""
) -> str:
    """The value of the DPoP header. `url` as the client sees it; its query does not count."""
    head = {"alg": "ES256", "jwk": keys.public_jwk(key.public_key()), "typ": "dpop+jwt"}
    claims: dict[str, str | int] = {
        "htm": method,
        "htu": url.partition("?")[0].partition("#")[0],
        "iat": now,
        "jti": b64.encode(jti),
    }
    if body:
        claims["bh"] = b64.encode(hashlib.sha256(body).digest())
    signed = f"{_part(head)}.{_part(claims)}"
    return f"{signed}.{b64.encode(keys.sign(key, signed.encode()))}"


def _part(value: object) -> str:
    return b64.encode(json.dumps(value, separators=(",", ":"), sort_keys=True).encode())
