"""The statement of a look: a hub's key signs each camera or clip it asks to see, and what for.

    {"alg":"ES256","kid":<hub>,"typ":"optin-look+jwt"}
    {"iss":<hub>,"aud":<host>,"jti","iat","act","purpose","case","cam" or "clip"; "reason","op"}

The host keeps it in the resident's log: without it a host could write down looks that never were,
and a hub deny those that were. `case` and `reason` are SHA-256 of their UTF-8, so that any text can
be signed. Used by whoever signs, by the host, and by a resident who reads the log.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from accord import b64, claims, envelope, names
from accord.errors import LocalError, Refused
from accord.grant import ACTIONS
from porchlight.client.proofs import Signer

TYP: Final = "optin-look+jwt"
WINDOW_S: Final = 60  # between its time and the host's
JTI_BYTES: Final = 16
_VERIFIED: Final = object()
Key = TypeVar("Key")

_id: Final = claims.text(64)
_REQUIRED: Final = {
    "iss": claims.thumb,
    "aud": claims.thumb,
    "jti": claims.handle,
    "iat": claims.moment,
    "act": claims.one_of(*ACTIONS),
    "purpose": claims.text(32),  # whether it is one, consent says
    "case": claims.b64_bytes(32),
}
_OPTIONAL: Final = {"cam": _id, "clip": _id, "reason": claims.b64_bytes(32), "op": _id}
_ABOUT_ITSELF: Final = ("iss", "aud", "jti", "iat")


@dataclass(frozen=True)
class Ask:
    """What is asked for, and why: a camera or a clip, by the id the hub knows. `operator`: the
    pseudonym of who is signed in, if somebody is."""

    action: str
    purpose: str
    case: str
    reason: str = ""
    camera: str = ""
    clip: str = ""
    operator: str = ""

    def claims(self) -> dict[str, str]:
        """What a statement of exactly this says."""
        said = {"act": self.action, "purpose": self.purpose, "case": _hash(self.case)}
        more = {"cam": self.camera, "clip": self.clip, "op": self.operator}
        more["reason"] = _hash(self.reason) if self.reason else ""
        return said | {name: value for name, value in more.items() if value}


class Statement:
    """A statement whose signature holds. Only verify() makes one. `iat`: unix s."""

    def __init__(self, proof: object, found: dict[str, Any]) -> None:
        if proof is not _VERIFIED:
            raise LocalError("a Statement comes out of verify() only")
        self.iss: str = found["iss"]
        self.aud: str = found["aud"]
        self.jti: str = found["jti"]
        self.iat: int = found["iat"]
        self._said = {name: found[name] for name in found if name not in _ABOUT_ITSELF}

    def says(self, ask: Ask) -> bool:
        """Whether it is for exactly this."""
        return self._said == ask.claims()


def signed(ask: Ask, key: Signer, host: str, *, now: int, jti: bytes) -> str:
    """The token. `host`: its thumb; `jti`: 16 random bytes. ValueError for an id, a purpose or an
    operator that cannot be signed: only printable ASCII without quotes and backslashes can."""
    jwk = key.jwk()
    thumb = names.key_thumb(b64.decode(jwk["x"]), b64.decode(jwk["y"]))
    said = {"iss": thumb, "aud": host, "jti": b64.encode(jti), "iat": now, **ask.claims()}
    text = envelope.signing_input(said, thumb, TYP)
    return envelope.assemble(text, key.sign(text)).decode()


def verify(
    token: str, keys: Mapping[str, Key], check: Callable[[Key, bytes, bytes], bool]
) -> Statement:
    """The statement in `token`, or Refused. `keys`: pinned thumb -> key, handed to `check`."""
    raw = token.encode("ascii", "replace")
    found = envelope.open_verified(raw, TYP, dict(keys), check)
    claims.check(found, _REQUIRED, _OPTIONAL)
    if ("cam" in found) == ("clip" in found):
        raise Refused("bad-value")
    return Statement(_VERIFIED, found)


def _hash(text: str) -> str:
    return b64.encode(hashlib.sha256(text.encode()).digest())
