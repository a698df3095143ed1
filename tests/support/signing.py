"""Residents and hubs of tests: keys that sign whatever they are told, lies included."""

import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import Any

from accord import b64, envelope, grant, names, statement
from porchlight.client import looks
from porchlight.client.looks import Ask
from porchlight.keys import PrivateKey


def new_id() -> str:
    """A jti."""
    return b64.encode(secrets.token_bytes(16))


@dataclass
class Signer:
    """A resident or a hub with its key."""

    name: str
    key: PrivateKey = field(default_factory=PrivateKey.generate)
    host: str = ""  # of a registered hub: the thumb of the host it looks at

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

    def look(self, ask: Ask, *, now: int | None = None, host: str | None = None) -> str:
        """The statement of a look, as hubs sign it."""
        at, jti = int(time.time()) if now is None else now, secrets.token_bytes(16)
        return looks.signed(ask, self, host or self.host, now=at, jti=jti)

    def signing(self, path: str, body: Any, *, operator: str = "", now: int | None = None) -> Any:
        """The body of a POST, with the statements it wants unless it has some: a hub's own."""
        verb = path.rpartition("/")[2]
        if not self.host or verb not in ("views", "plays", "exports") or "looks" in body:
            return body
        said = {name: str(body.get(name) or "").strip() for name in ("purpose", "case", "reason")}
        ask = Ask(body.get("action", "export"), **said, operator=operator)
        if verb == "views":
            asks = {one: replace(ask, camera=one) for one in body.get("cameras", ())}
            return body | {"looks": {one: self.look(asks[one], now=now) for one in asks}}
        clip = path.split("/")[-2]
        return {"look": self.look(replace(ask, clip=clip), now=now)} | body

    def jwk(self) -> dict[str, str]:
        """As the client's signers have it."""
        return self.key.public.jwk()

    def sign(self, message: bytes) -> bytes:
        """As the client's signers have it."""
        return self.key.sign(message)

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
