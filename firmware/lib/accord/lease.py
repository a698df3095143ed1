"""The lease: a fresh "still yes" of the resident's, or of an agent they named, to a nonce.

A Token Status List (draft-ietf-oauth-status-list, 2 bits each) that answers the nonce of whoever
asks for it. Index 0 speaks of the camera as a whole, the others of the grants and delegates that
name them. Its zlib stream is one stored block, which every reader of such lists takes, and which
needs no inflating: 78 01 01, length, ~length (2 bytes each, little-endian), bytes, Adler-32.

The delegate names an agent's key for one camera: it may keep alive or stop, and nothing else.
"""

from accord import b64, claims, envelope, names
from accord.errors import LocalError, Refused
from accord.grant import STATUS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    K = TypeVar("K")
    Check = Callable[[K, bytes, bytes], bool]

TYP, DELEGATE_TYP = "statuslist+jwt", "optin-delegate+jwt"
MAX_LEASE_S = 86400
MAX_DELEGATE_S = 90 * 86400
MAX_LIST = 64  # bytes, of four statuses each: grant.STATUS has no index beyond
VALID, INVALID, SUSPENDED = 0, 1, 2
_VERIFIED = object()
_SPAN = claims.whole(1, MAX_LEASE_S)


def pack(statuses: bytes) -> str:
    """`lst` of packed statuses, four to a byte, the first in the lowest bits."""
    low, high = 1, 0
    for byte in statuses:
        low = (low + byte) % 65521
        high = (high + low) % 65521
    head = bytes([0x78, 1, 1, len(statuses), 0, 255 - len(statuses), 255])
    return b64.encode(head + statuses + high.to_bytes(2, "big") + low.to_bytes(2, "big"))


def status(statuses: bytes, index: int) -> int:
    """The status at `index`; VALID where the list does not go so far."""
    return statuses[index // 4] >> index % 4 * 2 & 3 if index // 4 < len(statuses) else VALID


def _list(v: "Any") -> bool:
    try:
        raw = b64.decode(v if claims.text(200)(v) else "")[7:-4]
    except (ValueError, UnicodeError):
        return False
    return 0 < len(raw) <= MAX_LIST and pack(raw) == v


_LEASE = {
    "iss": claims.thumb,
    "sub": claims.text(256),
    "iat": claims.moment,
    "exp": claims.moment,
    "status_list": claims.record({"bits": claims.one_of(2), "lst": _list}, {}),
    "nonce": claims.handle,
    "lease_s": _SPAN,
    "seq_floor": claims.whole(0, 2**31 - 1),
}
_MORE = {"ttl": _SPAN, "open": claims.handle, "resume": claims.one_of(True)}
_EC = {"crv": claims.one_of("P-256"), "kty": claims.one_of("EC")}
_JWK = claims.record(dict(_EC, x=claims.thumb, y=claims.thumb), {})
_DELEGATE = {
    "iss": claims.thumb,
    "sub": claims.thumb,
    "jti": claims.handle,
    "iat": claims.moment,
    "exp": claims.moment,
    "scope": claims.some(claims.one_of("lease"), 1, 1),
    "cnf": claims.record({"jwk": _JWK}, {}),
    "lease_s": _SPAN,
    "status": STATUS,
}


class Delegate:
    """A verified one: `agent` is the thumb of the key (x, y), which may keep alive for `lease_s`
    at a time until `exp` (unix s), unless the status at `idx` says otherwise."""

    def __init__(self, proof: object, claims: "dict[str, Any]") -> None:
        if proof is not _VERIFIED:
            raise LocalError("a Delegate comes out of verify_delegate() only")
        self.jti: str = claims["jti"]
        self.agent: str = claims["sub"]
        self.exp: int = claims["exp"]
        self.lease_s: int = claims["lease_s"]
        self.uri: str = claims["status"]["status_list"]["uri"]
        self.idx: int = claims["status"]["status_list"]["idx"]
        jwk = claims["cnf"]["jwk"]
        self.x, self.y = b64.decode(jwk["x"]), b64.decode(jwk["y"])


class Lease:
    """A verified one. `by`: the delegate of the agent who signed it, None for the resident."""

    def __init__(self, proof: object, claims: "dict[str, Any]", by: "Delegate | None") -> None:
        if proof is not _VERIFIED:
            raise LocalError("a Lease comes out of verify() only")
        self.by = by
        self.uri: str = claims["sub"]
        self.nonce = b64.decode(claims["nonce"])
        self.lease_s: int = claims["lease_s"]
        self.seq_floor: int = claims["seq_floor"]
        self.statuses = b64.decode(claims["status_list"]["lst"])[7:-4]
        self.resumes = "resume" in claims  # takes back what its resident suspended; no other does
        self.opens: bytes = b64.decode(claims.get("open", ""))  # handle of a panic grant, or none


def uri(camera: str) -> str:
    """What the status list of a camera is called."""
    return "urn:optin:lease:" + camera


def verify_delegate(token: bytes, keys: "dict[str, K]", check: "Check[K]") -> Delegate:
    """The delegate in `token`, signed by its resident, whose key is one of `keys`; or Refused."""
    found = envelope.open_verified(token, DELEGATE_TYP, keys, check)
    claims.check(found, _DELEGATE, {})
    made = Delegate(_VERIFIED, found)
    named = names.key_thumb(made.x, made.y)
    lasts = 0 < made.exp - found["iat"] <= MAX_DELEGATE_S
    if not lasts or not made.idx or named != made.agent:
        raise Refused("bad-value")
    return made


def verify(
    token: bytes, keys: "dict[str, K]", check: "Check[K]", by: "Delegate | None" = None
) -> Lease:
    """The lease in `token`, or Refused. `keys`: the resident's, or that of the agent of `by`."""
    found = envelope.open_verified(token, TYP, keys, check)
    claims.check(found, _LEASE, _MORE)
    if not 0 < found["exp"] - found["iat"] <= MAX_LEASE_S:
        raise Refused("bad-value")
    return Lease(_VERIFIED, found, by)
