"""Residents and hubs of tests: keys that sign whatever they are told, lies included."""

import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from accord import b64, envelope, grant, names, statement
from porchlight.keys import PrivateKey


def new_id() -> str:
    """A jti."""
    return b64.encode(secrets.token_bytes(16))


@dataclass
class Signer:
    """A resident or a hub with its key."""

    name: str
    key: PrivateKey = field(default_factory=PrivateKey.generate)

    @property
    def thumb(self) -> str:
        """The name of its key."""
        return self.key.public.thumb

    def proof(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        *,
        header: dict[str, Any] | None = None,
        without: tuple[str, ...] = (),
        **claims: Any,
    ) -> str:
        """The DPoP header of a request; `header` and `claims` change it, `without` drops claims."""
        head = {"alg": "ES256", "jwk": self.key.public.jwk(), "typ": "dpop+jwt"} | (header or {})
        said: dict[str, Any] = {
            "htm": method,
            "htu": url.partition("?")[0],
            "iat": int(time.time()),
            "jti": new_id(),
        }
        if body:
            said["bh"] = b64.encode(hashlib.sha256(body).digest())
        said |= claims
        kept = {name: value for name, value in said.items() if name not in without}
        return self.jws(json.dumps(head), json.dumps(kept))

    def jws(self, header: str, claims: str) -> str:
        """A signature over exactly these texts."""
        signed = f"{b64.encode(header.encode())}.{b64.encode(claims.encode())}"
        return f"{signed}.{b64.encode(self.key.sign(signed.encode()))}"

    def grant(
        self,
        camera: str,
        *hubs: str,
        seq: int,
        now: int | None = None,
        detail: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """A grant for live and snapshot for an hour; `detail` and `claims` change it."""
        at = int(time.time()) if now is None else now
        terms: dict[str, Any] = {
            "type": "urn:optin:camera:1",
            "actions": ["live", "snapshot"],
            "purposes": ["fire", "own-use"],
        }
        said: dict[str, Any] = {
            "iss": self.thumb,
            "sub": camera,
            "aud": list(hubs),
            "jti": new_id(),
            "iat": at - 5,
            "nbf": at - 5,
            "exp": at + 3600,
            "seq": seq,
            "authorization_details": [terms | (detail or {})],
        }
        signed = grant.signing_input(said | claims, self.thumb)
        return envelope.assemble(signed, self.key.sign(signed)).decode()

    def statement(self, board_key: bytes, label: str = "porch", **claims: Any) -> str:
        """A camera statement."""
        said: dict[str, Any] = {
            "iss": self.thumb,
            "sub": names.camera_thumb(board_key),
            "jti": new_id(),
            "iat": int(time.time()),
            "label": label,
        }
        signed = statement.signing_input(said | claims, self.thumb)
        return envelope.assemble(signed, self.key.sign(signed)).decode()
