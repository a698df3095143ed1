"""P-256 keys of residents and hubs: PEM files, names, signatures in the form tokens carry.

A private key leaves this module only as the object that signs, or as the JWK of a throw-away
demo. Files are made with mode 0600 and never overwritten.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from accord import b64, names
from porchkit.errors import CommandError

PrivateKey = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey

_HASH = ec.ECDSA(hashes.SHA256())
_SIZE = names.KEY_BYTES


def generate() -> PrivateKey:
    """A new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def save_private(key: PrivateKey, path: Path) -> None:
    """Write PKCS#8 PEM with mode 0600; CommandError if the file exists: a key is never replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CommandError(f"{path} exists; a key is never replaced: move it away first") from None
    with os.fdopen(handle, "wb") as file:
        file.write(pem)


def load_private(path: Path) -> PrivateKey:
    """The P-256 private key in a PEM file; CommandError says what is wrong with the file."""
    pem = _read(path)
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError:
        raise CommandError(f"{path} is locked with a password; save it without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise CommandError(f"{path} holds no private key; give the resident's .pem file") from None
    if not isinstance(key, PrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CommandError(f"{path} is not a P-256 key; make one with: porchlight resident new")
    return key


def load_public(path: Path) -> PublicKey:
    """The P-256 public key in a PEM file that holds it, or its private half."""
    pem = _read(path)
    if b"PRIVATE KEY" in pem:
        return load_private(path).public_key()
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise CommandError(f"{path} holds no public key; give a .pem file") from None
    if not isinstance(key, PublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CommandError(f"{path} is not a P-256 key; porchlight knows no other kind")
    return key


def is_private(path: Path) -> bool:
    """Whether a PEM file says that it holds a private key."""
    return b"PRIVATE KEY" in _read(path)


def coordinates(key: PublicKey) -> tuple[bytes, bytes]:
    """x and y, 32 bytes each, big-endian."""
    point = key.public_numbers()
    return point.x.to_bytes(_SIZE), point.y.to_bytes(_SIZE)


def thumb(key: PublicKey) -> str:
    """The name of a resident or hub: RFC 7638 thumbprint, 43 characters."""
    return names.key_thumb(*coordinates(key))


def public_jwk(key: PublicKey) -> dict[str, str]:
    """The key as RFC 7517 wants it."""
    x, y = coordinates(key)
    return {"crv": "P-256", "kty": "EC", "x": b64.encode(x), "y": b64.encode(y)}


def from_jwk(jwk: Mapping[str, str]) -> PublicKey:
    """The key in a public JWK, from whoever; ValueError, KeyError or TypeError if there is none."""
    if jwk["kty"] != "EC" or jwk["crv"] != "P-256":
        raise ValueError("not a P-256 key")
    if not all(isinstance(jwk[name], str) for name in ("x", "y")):
        raise ValueError("coordinates are base64url text")
    x, y = (int.from_bytes(b64.decode(jwk[name])) for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def private_jwk(key: PrivateKey) -> dict[str, str]:
    """The private key as a JWK. For the throw-away keys of a demo only: it is the secret."""
    d = key.private_numbers().private_value.to_bytes(_SIZE)
    return {**public_jwk(key.public_key()), "d": b64.encode(d)}


def sign(key: PrivateKey, message: bytes) -> bytes:
    """ES256 (RFC 7518 §3.4): r || s, 64 bytes."""
    r, s = utils.decode_dss_signature(key.sign(message, _HASH))
    return r.to_bytes(_SIZE) + s.to_bytes(_SIZE)


class Signing:
    """A key as porchlight.client takes it: see its Signer."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key

    def jwk(self) -> dict[str, str]:
        """The public half."""
        return public_jwk(self._key.public_key())

    def sign(self, message: bytes) -> bytes:
        """r || s, 64 bytes."""
        return sign(self._key, message)


def check(key: PublicKey, message: bytes, signature: bytes) -> bool:
    """Whether a 64-byte r || s holds; the `check` that accord's verifiers are handed."""
    r, s = int.from_bytes(signature[:_SIZE]), int.from_bytes(signature[_SIZE:])
    try:
        key.verify(utils.encode_dss_signature(r, s), message, _HASH)
    except InvalidSignature:
        return False
    return len(signature) == 2 * _SIZE


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from None
