"""Grants for tests of searches: by the real parser, with a signature that nobody checks."""

import hashlib
import itertools
from typing import Any

from accord import b64, envelope, grant
from accord.grant import Grant

NOW = 1_800_000_000  # a Friday, 08:00 UTC
_serial = itertools.count(1)


def thumb(name: str) -> str:
    """43 characters that stand for a key."""
    return b64.encode(hashlib.sha256(name.encode()).digest())


def granted(
    camera: str,
    resident: str,
    *hubs: str,
    actions: tuple[str, ...] = ("live",),
    purposes: tuple[str, ...] = ("fire",),
    geo: tuple[str, int] | None = ("u173z", 1000),
    seq: int | None = None,
    **more: Any,
) -> Grant:
    """A grant that was verified; names become thumbs. `more`: other claims, or `windows`, `tz`."""
    number = next(_serial) if seq is None else seq
    detail: dict[str, Any] = {
        "type": grant.DETAIL_TYPE,
        "actions": list(actions),
        "purposes": list(purposes),
    }
    if geo is not None:
        detail["geo"] = {"cell": geo[0], "precision_m": geo[1]}
    terms = ("windows", "tz", "mask", "approve")
    detail |= {name: more.pop(name) for name in terms if name in more}
    if "cnf" in more:
        more["cnf"] = {"jkt": thumb(more["cnf"])}
    claims: dict[str, Any] = {
        "iss": thumb(resident),
        "sub": thumb(camera),
        "aud": [thumb(hub) for hub in hubs],
        "jti": b64.encode(number.to_bytes(16, "big")),
        "iat": NOW - 100,
        "nbf": NOW - 100,
        "exp": NOW + 3600,
        "seq": number,
        "authorization_details": [detail],
    }
    claims |= more
    signed = grant.signing_input(claims, claims["iss"])
    token = envelope.assemble(signed, bytes(64))
    return grant.verify(token, {claims["iss"]: None}, lambda *_: True)
