"""P-256 keys of residents and hubs, named by their RFC 7638 thumbs.

Signatures are raw r || s, 64 bytes, as in JWS ES256 (RFC 7518 §3.4).
"""

from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from accord import b64, names

_ES256: Final = ec.ECDSA(hashes.SHA256())
_JWK_MEMBERS: Final = {"kty", "crv", "x", "y"}
COORDINATE_BYTES: Final = 32


@dataclass(frozen=True)
class PublicKey:
    """A point on P-256. Equal keys have equal thumbs."""

    x: bytes
    y: bytes
    thumb: str
    _key: ec.EllipticCurvePublicKey = field(repr=False, compare=False)

    @classmethod
    def from_coordinates(cls, x: bytes, y: bytes) -> Self:
        """Coordinates of 32 big-endian bytes each; ValueError off the curve."""
        if len(x) != COORDINATE_BYTES or len(y) != COORDINATE_BYTES:
            raise ValueError("coordinates have 32 bytes")
        point = ec.EllipticCurvePublicNumbers(
            int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1()
        )
        return cls(x, y, names.key_thumb(x, y), point.public_key())

    @classmethod
    def from_jwk(cls, jwk: object) -> Self:
        """A JWK of exactly kty, crv, x, y; ValueError for anything else, a private key included."""
        if not isinstance(jwk, dict) or set(jwk) != _JWK_MEMBERS:
            raise ValueError("a public P-256 JWK has kty, crv, x, y and nothing else")
        if jwk["kty"] != "EC" or jwk["crv"] != "P-256":
            raise ValueError("not a P-256 key")
        if not isinstance(jwk["x"], str) or not isinstance(jwk["y"], str):
            raise ValueError("coordinates are base64url text")
        return cls.from_coordinates(b64.decode(jwk["x"]), b64.decode(jwk["y"]))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """A PEM "PUBLIC KEY"; ValueError if it is none, or not on P-256."""
        try:
            key = serialization.load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError("not a PEM public key") from None
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            raise ValueError("not a P-256 key")
        point = key.public_numbers()
        return cls.from_coordinates(
            point.x.to_bytes(COORDINATE_BYTES, "big"), point.y.to_bytes(COORDINATE_BYTES, "big")
        )

    def jwk(self) -> dict[str, str]:
        """The JWK of this key."""
        return {"kty": "EC", "crv": "P-256", "x": b64.encode(self.x), "y": b64.encode(self.y)}

    def pem(self) -> bytes:
        """PEM "PUBLIC KEY"."""
        return self._key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made the 64-byte signature over the message."""
        if len(signature) != 2 * COORDINATE_BYTES:
            return False
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        try:
            self._key.verify(utils.encode_dss_signature(r, s), message, _ES256)
        except InvalidSignature:
            return False
        return True


class PrivateKey:
    """A key that signs. It never leaves the machine it was made on, and never shows in a repr."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.public = PublicKey.from_pem(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )

    @classmethod
    def generate(cls) -> Self:
        """A new random key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """An unencrypted PEM private key; ValueError if it is none, or not on P-256."""
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ValueError("not an unencrypted PEM private key") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise ValueError("not a P-256 key")
        return cls(key)

    def pem(self) -> bytes:
        """PEM PKCS #8, unencrypted: write it to a file of mode 0600 only."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def jwk(self) -> dict[str, str]:
        """The JWK of its public half."""
        return self.public.jwk()

    def sign(self, message: bytes) -> bytes:
        """ES256 signature, 64 bytes."""
        r, s = utils.decode_dss_signature(self._key.sign(message, _ES256))
        return r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")


def check(key: PublicKey, message: bytes, signature: bytes) -> bool:
    """What accord.grant and accord.statement are handed to verify with."""
    return key.verify(message, signature)
