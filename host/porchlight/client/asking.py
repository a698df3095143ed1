"""A request for recordings: the hub's key signs the whole question, so that residents read its
words and nobody else's. What it may ask is in the host's README; more than that is refused there.
"""

from dataclasses import dataclass
from typing import Any, Final

from accord import b64, envelope, names
from porchlight.client.models import Area, Why
from porchlight.client.proofs import Signer

TYP: Final = "optin-request+jwt"
DAY_S: Final = 86_400
_UNIT: Final = 10_000_000  # of an angle, in a degree


@dataclass(frozen=True)
class Wanted:
    """Footage of `window` (from, until; unix s), recorded in `area`. Residents may answer for
    `open_s`. `operator`: the pseudonym of who is signed in, where the host wants one."""

    area: Area
    why: Why
    window: tuple[int, int]
    actions: tuple[str, ...] = ("clips",)
    open_s: int = DAY_S
    operator: str = ""


def signed(wanted: Wanted, key: Signer, host: str, *, now: int, jti: bytes) -> str:
    """The token. `host`: its thumb, as its list of requests says. ValueError for text that cannot
    be signed: only printable ASCII without quotes and backslashes can."""
    jwk = key.jwk()
    thumb = names.key_thumb(b64.decode(jwk["x"]), b64.decode(jwk["y"]))
    said: dict[str, Any] = {
        "iss": thumb,
        "aud": host,
        "jti": b64.encode(jti),
        "iat": now,
        "exp": now + wanted.open_s,
        "case": wanted.why.case,
        "purpose": wanted.why.purpose,
        "reason": wanted.why.reason,
        "area": _ground(wanted.area.as_json()),
        "window": list(wanted.window),
        "actions": list(wanted.actions),
    }
    if wanted.operator:
        said["op"] = wanted.operator
    text = envelope.signing_input(said, thumb, TYP)
    return envelope.assemble(text, key.sign(text)).decode()


def _ground(area: dict[str, Any]) -> dict[str, Any]:
    """GeoJSON's degrees as the integers of a signed statement."""
    if "circle" in area:
        (lon, lat), radius_m = area["circle"]["center"], area["circle"]["radius_m"]
        return {"circle": {"lat": _angle(lat), "lon": _angle(lon), "radius_m": round(radius_m)}}
    (ring,) = area["polygon"]["coordinates"]
    return {"polygon": [[_angle(lat), _angle(lon)] for lon, lat in ring[:-1]]}


def _angle(degrees: float) -> int:
    return round(degrees * _UNIT)
