"""The request: a hub's signed question to residents of an area. Caps are refusals, not warnings.

In the manner of accord.grant, from which it differs in who signs and who reads: boards never see
one, so it lives here. verify() is the only way to a Request. Unknown means no. There is no claim
for a reminder, for a list of people, or for anything but footage that is recorded already.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from accord import claims, envelope
from accord.errors import LocalError, Refused
from accord.grant import PURPOSES as ALL_PURPOSES
from porchlight.cases import case_key
from porchlight.requests import area

TYP: Final = "optin-request+jwt"
ACTIONS: Final = ("clips", "export")
MIN_WINDOW_S: Final = 15 * 60
MAX_WINDOW_S: Final = 12 * 3600
MAX_OPEN_S: Final = 7 * 86_400
PURPOSES: Final = tuple(word for word in ALL_PURPOSES if word != "own-use")  # residents' own
_VERIFIED: Final = object()
Key = TypeVar("Key")


def _window(value: Any) -> bool:
    return type(value) is list and len(value) == 2 and all(claims.moment(v) for v in value)


_REQUIRED: Final = {
    "iss": claims.thumb,
    "aud": claims.thumb,
    "jti": claims.handle,
    "iat": claims.moment,
    "exp": claims.moment,
    "case": claims.text(64),
    "purpose": claims.one_of(*PURPOSES),
    "reason": claims.text(280),
    "area": area.shape,
    "window": _window,
    "actions": claims.some(claims.one_of(*ACTIONS), 1, len(ACTIONS)),
}
_OPTIONAL: Final = {"op": claims.handle}


class Request:
    """A verified request. Times in unix seconds UTC; `window` is what was recorded then."""

    def __init__(self, proof: object, token: bytes, claims: dict[str, Any]) -> None:
        if proof is not _VERIFIED:
            raise LocalError("a Request comes out of verify() only")
        self.token = token
        self.iss: str = claims["iss"]
        self.aud: str = claims["aud"]
        self.jti: str = claims["jti"]
        self.iat: int = claims["iat"]
        self.exp: int = claims["exp"]
        self.op: str | None = claims.get("op")
        self.case: str = claims["case"]
        self.case_key = case_key(self.case)
        self.purpose: str = claims["purpose"]
        self.reason: str = claims["reason"]
        self.place: dict[str, Any] = claims["area"]
        self.area = area.of(self.place)
        self.window: tuple[int, int] = (claims["window"][0], claims["window"][1])
        self.actions: tuple[str, ...] = tuple(claims["actions"])


def signing_input(said: dict[str, Any], kid: str) -> bytes:
    """What the hub signs; ValueError for what has no canonical form."""
    return envelope.signing_input(said, kid, TYP)


def verify(
    token: bytes, keys: dict[str, Key], check: Callable[[Key, bytes, bytes], bool]
) -> Request:
    """The request in `token`, or Refused. `keys`: pinned thumb -> key, handed to `check`."""
    found = envelope.open_verified(token, TYP, keys, check)
    claims.check(found, _REQUIRED, _OPTIONAL)
    _check_together(found)
    return Request(_VERIFIED, bytes(token), found)


def _check_together(found: dict[str, Any]) -> None:
    start, end = found["window"]
    for against, reason in (
        (not case_key(found["case"]), "no-case"),
        (found["exp"] <= found["iat"], "bad-value"),
        (found["exp"] - found["iat"] > MAX_OPEN_S, "open-too-long"),
        (end - start < MIN_WINDOW_S, "window-too-short"),
        (end - start > MAX_WINDOW_S, "window-too-long"),
        (end > found["iat"], "window-in-future"),
    ):
        if against:
            raise Refused(reason)
