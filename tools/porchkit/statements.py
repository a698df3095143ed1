"""Camera statements: the resident signs which camera is theirs, what it is called, where it is."""

import time
from collections.abc import Mapping
from typing import Any

from accord import b64, statement
from accord.envelope import assemble
from porchkit import keys
from porchkit.errors import UsageError

JTI_BYTES = 16


def sign(
    key: keys.PrivateKey,
    camera: str,
    label: str,
    *,
    jti: bytes,
    place: Mapping[str, int] | None = None,
    now: int | None = None,
) -> bytes:
    """The statement that `camera` (its thumb) is the signer's. `jti`: 16 random bytes; `place`:
    {"lat", "lon"} in 1e-7 degrees; `now`: unix s. UsageError for a label that cannot be signed."""
    thumb = keys.thumb(key.public_key())
    claims: dict[str, Any] = {
        "iss": thumb,
        "sub": camera,
        "jti": b64.encode(jti),
        "iat": int(time.time()) if now is None else now,
        "label": label,
    }
    if place is not None:
        claims["place"] = dict(place)
    try:
        signed = statement.signing_input(claims, thumb)
    except ValueError:
        raise UsageError('--label may hold plain ASCII without " and \\ only') from None
    return assemble(signed, keys.sign(key, signed))
