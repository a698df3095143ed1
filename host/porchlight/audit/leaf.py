"""The leaf: an entry as the resident's tree holds it, canonical JSON that never changes.

What people wrote (the case, a reason in their own words, the statement that a hub signed for its
look) is not in it, only a salted commitment:
{"sha256": base64url(SHA-256(salt || text))}. Salt and text lie beside (store.models.Words) and can
be erased; the leaf, and every proof over it, stays. Reasons that this host chose are plain words.

Every leaf has a salt of its own. Receipts and proofs hold the hashes of the leaves beside: without
one, a hub could try what those say until the hash fits, such as when a camera was paused.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from accord import b64

SALT_BYTES: Final = 16
MAX_DETAIL_BYTES: Final = 32_768  # a leaf's length is a uint16
WRITTEN: Final = ("case", "reason", "statement")
_FACTS: Final = ("camera", "hub", "hub_name", "jti", "view", "purpose")
# Here the reason is somebody's own, even where it looks like one of our words.
_SPOKEN: Final = (
    *("view.open", "search", "request.", "clip.played", "clip.released"),
    *("approval.asked", "approval.given"),
)
_WORD: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Said:
    """A text and the salt its commitment was made with."""

    salt: bytes
    text: str

    @classmethod
    def fresh(cls, text: str) -> "Said":
        """With a new random salt."""
        return cls(secrets.token_bytes(SALT_BYTES), text)

    @property
    def commitment(self) -> dict[str, str]:
        """What the leaf says of it."""
        return {"sha256": b64.encode(hashlib.sha256(self.salt + self.text.encode()).digest())}


def spoken(
    type: str, case: str | None, reason: str | None, statement: str | None = None
) -> dict[str, Said]:
    """What of an entry people wrote, by its name in WRITTEN, freshly salted."""
    found = {}
    if case is not None:
        found["case"] = Said.fresh(case)
    if reason is not None and (type.startswith(_SPOKEN) or not _WORD.fullmatch(reason)):
        found["reason"] = Said.fresh(reason)
    if statement is not None:
        found["statement"] = Said.fresh(statement)
    return found


def encode(ts_ms: int, type: str, fields: Mapping[str, Any], said: Mapping[str, Said]) -> bytes:
    """The leaf, each time with a fresh salt. `fields`: the entry's columns by name; None is left
    out."""
    leaf = {name: fields.get(name) for name in _FACTS} | {"ts": ts_ms, "type": type}
    leaf["salt"] = b64.encode(secrets.token_bytes(SALT_BYTES))
    leaf["reason"] = said["reason"].commitment if "reason" in said else fields.get("reason")
    leaf |= {name: said[name].commitment for name in ("case", "statement") if name in said}
    detail = fields.get("detail")
    if detail is not None:
        leaf |= _detail(detail)
    return canonical({name: value for name, value in leaf.items() if value is not None})


def canonical(value: object) -> bytes:
    """Compact JSON with sorted keys, in ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _detail(detail: object) -> dict[str, Any]:
    raw = canonical(detail)
    if len(raw) <= MAX_DETAIL_BYTES:
        return {"detail": detail}
    return {"detail_sha256": b64.encode(hashlib.sha256(raw).digest())}
