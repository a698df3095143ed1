"""The release: what this host says of the files it hands over, signed. A detached JWS sidecar.

    b64(header) . b64(claims) . b64(r || s)
    header  {"alg": "ES256", "typ": "porchlight-release+jwt", "x5c": [leaf, authority]}

The authority is the host's own, as boards and clients pin it; the leaf is for evidence only. Its
life is the authority's: what it signed must outlive every server certificate.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization

from accord import b64, canon
from porchlight import files, tls
from porchlight.keys import PrivateKey
from porchlight.tls import TlsFiles

TYP: Final = "porchlight-release+jwt"
CERT: Final = "evidence.pem"
KEY: Final = "evidence.key"


@dataclass(frozen=True)
class Releaser:
    """The key of a host's evidence. `chain`: leaf and authority, PEM."""

    chain: bytes
    pem: bytes = field(repr=False)
    _key: PrivateKey = field(repr=False)

    @classmethod
    def at(cls, home: Path, now: int) -> "Releaser":
        """That of a home folder, made where it is missing; CommandError if it is damaged."""
        cert, key = home / CERT, home / KEY
        if not (cert.exists() and key.exists()):
            made = tls.evidence_leaf(TlsFiles(home), now)
            files.write(key, made.key, files.PRIVATE)
            files.write(cert, made.cert, files.PUBLIC)
        pem = files.read_secret(key)
        chain = cert.read_bytes() + TlsFiles(home).ca_cert.read_bytes()
        return cls(chain, pem, PrivateKey.from_pem(pem))

    def sign(self, claims: dict[str, Any]) -> bytes:
        """The release of these claims."""
        ders = [
            each.public_bytes(serialization.Encoding.DER) for each in tls.certificates(self.chain)
        ]
        chain = [base64.b64encode(der).decode() for der in ders]
        header = {"alg": "ES256", "typ": TYP, "x5c": chain}
        signed = b".".join(b64.encode(canon.dumps(part)).encode() for part in (header, claims))
        return signed + b"." + b64.encode(self._key.sign(signed)).encode()


def digest(content: bytes) -> str:
    """SHA-256 in hex, as the claims name files."""
    return hashlib.sha256(content).hexdigest()
