"""The host's own Ed25519 keys: one signs its residents' logs, one cosigns the logs of others.

They are made once, in the home folder, and never leave it. A log is called HOST/RESIDENT, both
thumbs: whoever pinned a log's key needs nothing else of this host.
"""

import functools
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accord import b64, canon
from porchlight import files
from porchlight.audit.note import COSIGNATURE, Signer
from porchlight.errors import CommandError

LOG_KEY: Final = "log.key"
WITNESS_KEY: Final = "witness.key"
MOST_SIGNERS: Final = 1_024


@dataclass(frozen=True)
class LogKeys:
    """`host`: the RFC 7638 thumb of the key that signs logs."""

    host: str
    witness: Signer
    _key: Ed25519PrivateKey = field(repr=False)

    @functools.lru_cache(maxsize=MOST_SIGNERS)  # noqa: B019 - one LogKeys a process
    def signer(self, resident: str) -> Signer:
        """Who signs this resident's log; its name is the log's origin."""
        return Signer(f"{self.host}/{resident}", self._key)


def load(home: Path) -> LogKeys:
    """The keys of a home folder, made where they are missing; CommandError if one is damaged."""
    key, own = _key(home / LOG_KEY), _key(home / WITNESS_KEY)
    host = _thumb(key)
    return LogKeys(host, Signer(f"{_thumb(own)}/witness", own, COSIGNATURE), key)


def _key(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        files.create(path, _pem(made), files.PRIVATE)
        return made
    try:
        key = serialization.load_pem_private_key(files.read_secret(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise CommandError(f"{path} is no Ed25519 key; restore it from a copy of the folder")
    return key


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _thumb(key: Ed25519PrivateKey) -> str:
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": b64.encode(raw)}
    return b64.encode(hashlib.sha256(canon.dumps(jwk)).digest())
