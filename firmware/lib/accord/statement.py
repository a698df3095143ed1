"""The camera statement: a resident says which camera is theirs, what it is called, where it is.

Signed so that neither hub nor host can move the pin or take the camera over.
"""

from accord import claims, envelope
from accord.errors import LocalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    K = TypeVar("K")

TYP = "optin-camera+jwt"
_VERIFIED = object()
_PLACE = {
    "lat": claims.whole(-900_000_000, 900_000_000),  # 1e-7 degrees: integers only
    "lon": claims.whole(-1_800_000_000, 1_800_000_000),
}
_REQUIRED = {
    "iss": claims.thumb,
    "sub": claims.thumb,
    "jti": claims.handle,
    "iat": claims.moment,
    "label": claims.text(64),
}
_OPTIONAL = {"place": claims.record(_PLACE, {}), "host": claims.thumb}


class Statement:
    def __init__(self, proof: object, token: bytes, claims: "dict[str, Any]") -> None:
        if proof is not _VERIFIED:
            raise LocalError("a Statement comes out of verify() only")
        self.token = token
        self.iss: str = claims["iss"]
        self.sub: str = claims["sub"]
        self.jti: str = claims["jti"]
        self.iat: int = claims["iat"]
        self.label: str = claims["label"]
        self.place: "dict[str, int] | None" = claims.get("place")


def signing_input(claims: "dict[str, Any]", kid: str) -> bytes:
    return envelope.signing_input(claims, kid, TYP)


def verify(
    token: bytes, keys: "dict[str, K]", check: "Callable[[K, bytes, bytes], bool]"
) -> Statement:
    found = envelope.open_verified(token, TYP, keys, check)
    claims.check(found, _REQUIRED, _OPTIONAL)
    return Statement(_VERIFIED, bytes(token), found)
