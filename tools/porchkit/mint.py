"""Mints grants: plain words become claims, the resident's key signs them.

What leaves here has passed `accord.grant.verify`, the very check of the host and the board, so a
grant that could not hold never reaches them. Key, clock and randomness are handed in.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from accord import b64, grant, lease
from accord.errors import Refused
from porchkit import keys, leasing
from porchkit.errors import CommandError, ConsentRefused

JTI_BYTES = 16
SEQ_EPOCH = 1_577_836_800  # 2020-01-01: seconds since then fit a seq until 2088

_WHY = {
    "too-long": "it would be over 2,048 bytes; name fewer windows",
    "bad-value": "it lasts 90 days at most, and an hour for an incident (bad-value)",
    "live-too-long": (
        "live pictures for more than 24 h need --windows and --day-limit, "
        'such as --windows "mon-fri 18:00-23:00" --day-limit 1h'
    ),
}


@dataclass(frozen=True)
class Wish:
    """What a resident wants to allow. Thumbs name camera and audience; times are unix seconds;
    `limits` as in the grant (fps, w, h, session_s, day_s). `lease`: holds only while one does;
    `panic_s`: not before its resident opens it, and then so long. `geo`: where it may be found;
    `req`: the request that it answers. `taken`: places of the status list that it must not have.
    `mask`: what is covered, [x, y, width, height] per mille. `notify`: each, or digest: how its
    resident is told of looks."""

    camera: str
    audience: tuple[str, ...]
    actions: tuple[str, ...]
    purposes: tuple[str, ...]
    starts: int
    ends: int
    windows: list[list[int]] = field(default_factory=list)
    tz: str = ""
    limits: dict[str, int] = field(default_factory=dict)
    lease: bool = False
    incident: str = ""
    panic_s: int = 0
    geo: dict[str, Any] = field(default_factory=dict)
    req: str = ""
    taken: frozenset[int] = frozenset()
    mask: list[list[int]] = field(default_factory=list)
    notify: str = "each"


def next_seq(highest: int, now: int) -> int:
    """A sequence number that no grant of this camera has reached.

    One more than the highest the host knows, and never less than the seconds since 2020: a grant
    made offline (`highest` 0) cannot be overtaken by an older one made online, nor the reverse.
    """
    return max(highest + 1, now - SEQ_EPOCH)


def claims(wish: Wish, *, issuer: str, seq: int, now: int, jti: bytes) -> dict[str, Any]:
    """The claims of a grant, nothing checked yet; `jti` is 16 random bytes."""
    detail: dict[str, Any] = {
        "type": grant.DETAIL_TYPE,
        "actions": list(wish.actions),
        "purposes": list(wish.purposes),
    }
    if wish.windows:
        detail |= {"windows": wish.windows, "tz": wish.tz}
    if wish.limits:
        detail["limits"] = wish.limits
    if wish.geo:
        detail["geo"] = wish.geo
    if wish.mask:
        detail["mask"] = wish.mask
    if wish.notify != "each":
        detail["notify"] = wish.notify
    return _conditions(wish, seq) | {
        "iss": issuer,
        "sub": wish.camera,
        "aud": list(wish.audience),
        "jti": b64.encode(jti),
        "iat": now,
        "nbf": wish.starts,
        "exp": wish.ends,
        "seq": seq,
        "authorization_details": [detail],
    }


def _conditions(wish: Wish, seq: int) -> dict[str, Any]:
    """The claims that are there only where they are wanted."""
    found: dict[str, Any] = {}
    if wish.lease:
        idx = leasing.grant_idx(seq, wish.taken)
        found["status"] = {"status_list": {"idx": idx, "uri": lease.uri(wish.camera)}}
    if wish.incident:
        found["incident"] = wish.incident
    if wish.panic_s:
        found["panic"] = wish.panic_s
    if wish.req:
        found["req"] = wish.req
    return found


def sign(claims: dict[str, Any], key: keys.PrivateKey) -> bytes:
    """The token of `claims`, whatever they say; tests sign nonsense with it on purpose."""
    signed = grant.signing_input(claims, keys.thumb(key.public_key()))
    return grant.assemble(signed, keys.sign(key, signed))


def mint(
    wish: Wish, key: keys.PrivateKey, *, seq: int, now: int, random: Callable[[int], bytes]
) -> grant.Grant:
    """A verified grant; ConsentRefused with what to change if its own rules forbid it."""
    issuer = keys.thumb(key.public_key())
    wanted = claims(wish, issuer=issuer, seq=seq, now=now, jti=_jti(random))
    try:
        token = sign(wanted, key)
    except ValueError as error:
        raise CommandError(f"no grant can say that: {error}") from None
    try:
        return grant.verify(token, {issuer: key.public_key()}, keys.check)
    except Refused as refused:
        why = _WHY.get(refused.reason, f"the rules of grants refuse it ({refused.reason})")
        raise ConsentRefused(f"this grant would not hold: {why}", refused.reason) from None


def _jti(random: Callable[[int], bytes]) -> bytes:
    """16 random bytes whose text does not begin with "-": people type it after a command."""
    while b64.encode(jti := random(JTI_BYTES)).startswith("-"):
        pass
    return jti
