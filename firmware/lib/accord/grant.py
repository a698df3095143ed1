"""The grant: a resident's signed opt-in. Who may do what with which camera, when, until when.

verify() is the only way to a Grant: whoever holds one holds a checked one. The profile narrows
RFC 9396 / RFC 7519; unknown means no. Reasons of refusal are the words raised here, in claims.py
and in envelope.py.
"""

from accord import b64, claims, envelope, tz
from accord.errors import LocalError, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    K = TypeVar("K")

TYP = "optin-grant+jwt"
DETAIL_TYPE = "urn:optin:camera:1"
ACTIONS = ("live", "snapshot", "clips", "export", "register")
_PURPOSES = "burglary emergency fire medical missing-person own-use theft traffic-accident violence"
PURPOSES = tuple(_PURPOSES.split(" "))
MAX_SPAN_S = 90 * 86400
MAX_LIVE_S = 86400  # longer only inside windows and with a daily limit
MAX_INCIDENT_S = 3600  # for a panic grant too, from each opening
_VERIFIED = object()


def _window(v: "Any") -> bool:
    minute = claims.whole(0, tz.WEEK)
    return type(v) is list and len(v) == 2 and minute(v[0]) and minute(v[1]) and v[0] < v[1]


def _rectangle(v: "Any") -> bool:
    per_mille = claims.whole(0, 1000)
    return type(v) is list and len(v) == 4 and all(per_mille(n) for n in v)


def _zone(v: "Any") -> bool:
    try:
        tz.local_minutes(v if claims.text(48)(v) else "", claims.EARLIEST)
    except ValueError:
        return False
    return True


_LIMITS = {
    "fps": claims.whole(1, 30),
    "w": claims.whole(16, 1600),
    "h": claims.whole(16, 1200),
    "session_s": claims.whole(1, 86400),
    "day_s": claims.whole(1, 86400),
    "retain_s": claims.whole(0, 365 * 86400),
}
_GEO = {"cell": claims.text(16), "precision_m": claims.whole(1, 100_000)}
_DETAIL = {
    "type": claims.one_of(DETAIL_TYPE),
    "actions": claims.some(claims.one_of(*ACTIONS), 0, len(ACTIONS)),
    "purposes": claims.some(claims.one_of(*PURPOSES), 1, 8),
}
_DETAIL_MORE = {
    "windows": claims.some(_window, 1, 16),
    "tz": _zone,
    "limits": claims.record({}, _LIMITS),
    "mask": claims.some(_rectangle, 1, 16),
    "geo": claims.record(_GEO, {}),
    "notify": claims.one_of("each", "digest"),
    "approve": claims.one_of("one", "two"),
    "onward": claims.one_of(False),
}
# As far as the list of a lease goes: what stands behind it could never hold, nor be stopped.
_LISTED = claims.record({"idx": claims.whole(0, 255), "uri": claims.text(256)}, {})
STATUS = claims.record({"status_list": _LISTED}, {})
_REQUIRED = {
    "iss": claims.thumb,
    "sub": claims.thumb,
    "aud": claims.some(claims.thumb, 1, 4),
    "jti": claims.handle,
    "iat": claims.moment,
    "nbf": claims.moment,
    "exp": claims.moment,
    "seq": claims.whole(1, 2**31 - 1),
    "authorization_details": claims.some(claims.record(_DETAIL, _DETAIL_MORE), 1, 1),
}
_OPTIONAL = {
    "cnf": claims.record({"jkt": claims.thumb}, {}),
    "incident": claims.text(64),
    "req": claims.handle,
    "status": STATUS,
    "panic": claims.whole(60, MAX_INCIDENT_S),
    "crh": claims.thumb,
}


class Grant:
    """A verified grant. Times in unix seconds UTC; `handle` is the jti's 16 raw bytes."""

    def __init__(self, proof: object, token: bytes, claims: "dict[str, Any]") -> None:
        if proof is not _VERIFIED:
            raise LocalError("a Grant comes out of verify() only")
        detail = claims["authorization_details"][0]
        self.token = token
        self.claims = claims
        self.revoked = False  # set by the Book that holds it
        self.iss: str = claims["iss"]
        self.sub: str = claims["sub"]
        self.aud: "tuple[str, ...]" = tuple(claims["aud"])
        self.jti: str = claims["jti"]
        self.handle = b64.decode(self.jti)
        self.iat: int = claims["iat"]
        self.nbf: int = claims["nbf"]
        self.exp: int = claims["exp"]
        self.seq: int = claims["seq"]
        self.cnf: "str | None" = claims["cnf"]["jkt"] if "cnf" in claims else None
        self.incident: "str | None" = claims.get("incident")
        self.req: "str | None" = claims.get("req")
        # Signed ahead: allows nothing until its resident opens it, and then for so long.
        self.panic_s: "int | None" = claims.get("panic")
        self.needs_lease = "status" in claims
        status: "dict[str, Any]" = claims["status"]["status_list"] if self.needs_lease else {}
        self.status_uri: "str | None" = status.get("uri")
        self.status_idx: int = status.get("idx", 0)
        # Why it does not hold at this moment, "" if it does: the Book that holds it knows.
        why = "no-lease" if self.needs_lease else "not-opened" if self.panic_s else ""
        self.lapsed: "Callable[[], str]" = lambda: why
        self.actions: "tuple[str, ...]" = tuple(detail["actions"])
        self.purposes: "tuple[str, ...]" = tuple(detail["purposes"])
        windows = detail.get("windows", [])
        self.windows: "tuple[tuple[int, int], ...]" = tuple([(w[0], w[1]) for w in windows])
        self.tz: "str | None" = detail.get("tz")
        self.limits: "dict[str, int]" = detail.get("limits", {})
        self.mask = tuple([tuple(box) for box in detail.get("mask", [])])
        self.notify: str = detail.get("notify", "each")
        self.approve: str = detail.get("approve", "one")


def signing_input(claims: "dict[str, Any]", kid: str) -> bytes:
    return envelope.signing_input(claims, kid, TYP)


assemble = envelope.assemble


def verify(token: bytes, keys: "dict[str, K]", check: "Callable[[K, bytes, bytes], bool]") -> Grant:
    """The grant in `token`, or Refused. `keys`: pinned thumb -> key, handed to `check`."""
    found = envelope.open_verified(token, TYP, keys, check)
    claims.check(found, _REQUIRED, _OPTIONAL)
    _check_together(found, found["authorization_details"][0])
    return Grant(_VERIFIED, bytes(token), found)


def _check_together(found: "dict[str, Any]", detail: "dict[str, Any]") -> None:
    """The rules that need more than one claim."""
    span = found["exp"] - found["nbf"]
    if not found["iat"] <= found["nbf"] < found["exp"] or span > MAX_SPAN_S:
        raise Refused("bad-value")
    if "incident" in found and span > MAX_INCIDENT_S:
        raise Refused("bad-value")
    if ("windows" in detail) != ("tz" in detail):
        raise Refused("missing-claim")
    bounded = "panic" in found or ("windows" in detail and "day_s" in detail.get("limits", {}))
    if "live" in detail["actions"] and span > MAX_LIVE_S and not bounded:
        raise Refused("live-too-long")
