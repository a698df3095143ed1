"""DPoP proofs (RFC 9449): each request to a host is signed by the key of whoever asks.

A proof names method, address and body, so it is good for that one request only.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Final, Protocol

from accord import b64

JTI_BYTES: Final = 16


class Signer(Protocol):
    """A P-256 key that signs: porchlight.keys.PrivateKey, or one that never leaves its hardware."""

    def jwk(self) -> dict[str, str]:
        """Its public half: kty, crv, x, y and nothing else."""

    def sign(self, message: bytes) -> bytes:
        """ES256: r || s, 64 bytes."""


@dataclass(frozen=True)
class Proof:
    """For one request. `url` as the client sees it; its query does not count. `now`: unix s.
    `token`: the operator's, which the request carries beside the proof."""

    method: str
    url: str
    now: int
    jti: bytes
    body: bytes = b""
    token: str = ""

    def signed(self, key: Signer) -> str:
        """The value of the DPoP header."""
        head = {"alg": "ES256", "jwk": key.jwk(), "typ": "dpop+jwt"}
        claims: dict[str, str | int] = {
            "htm": self.method,
            "htu": self.url.partition("?")[0].partition("#")[0],
            "iat": self.now,
            "jti": b64.encode(self.jti),
        }
        if self.body:
            claims["bh"] = _hash(self.body)
        if self.token:
            claims["ath"] = _hash(self.token.encode())
        signed = f"{_part(head)}.{_part(claims)}"
        return f"{signed}.{b64.encode(key.sign(signed.encode()))}"


def _hash(data: bytes) -> str:
    return b64.encode(hashlib.sha256(data).digest())


def _part(value: object) -> str:
    return b64.encode(json.dumps(value, separators=(",", ":"), sort_keys=True).encode())
