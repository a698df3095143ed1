"""Pseudonyms: what a hub calls a camera whose resident it may only ask, through this host.

Each hub has its own for a camera, so two hubs cannot compare lists; each camera its own, so nobody
sees which belong to one household. They are computed, not kept: the same tomorrow, and worthless
without the secret.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from accord import b64
from porchlight import files
from porchlight.errors import CommandError

FILE_NAME: Final = "pseudonyms.key"
_SECRET_BYTES: Final = 32
_BYTES: Final = 16  # 22 characters: never as long as a thumb


class Pseudonyms:
    """`secret`: 32 random bytes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, hub: str, camera: str) -> str:
        """What `hub` (thumb) calls `camera` (thumb)."""
        said = f"porchlight-pseudonym {hub} {camera}".encode()
        return b64.encode(hmac.digest(self._secret, said, hashlib.sha256)[:_BYTES])

    def find(self, hub: str, pseudonym: str, cameras: Iterable[str]) -> str | None:
        """Which of these cameras it is, for whoever carries a message to its resident."""
        return next((camera for camera in cameras if self.of(hub, camera) == pseudonym), None)


def load(home: Path) -> Pseudonyms:
    """With the secret of a home folder, made when there is none; CommandError if it is damaged or
    others can read it. Hosts of one cluster share a copy of the file."""
    path = home / FILE_NAME
    if not path.exists():
        files.write(path, secrets.token_bytes(_SECRET_BYTES), files.PRIVATE)
    secret = files.read_secret(path)
    if len(secret) != _SECRET_BYTES:
        raise CommandError(f"{path} has not {_SECRET_BYTES} bytes; restore it from a copy")
    return Pseudonyms(secret)
