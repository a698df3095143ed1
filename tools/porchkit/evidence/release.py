"""The host's signature over what it released: by a certificate of its own authority."""

import base64
import binascii
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from accord import canon, envelope
from accord.errors import Refused
from porchkit import keys

TYP = "porchlight-release+jwt"
_TEXTS = ("aud", "camera", "grant", "jti", "purpose", "recorded_under", "resident")
_LAST = 1 << 33  # unix s: no certificate knows of a later time


# What reading a certificate raises that somebody made to be read.
DAMAGED = (
    *(ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm),
    *(x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)


class DoesNotHold(Exception):
    """Something does not hold; the text says what."""


@dataclass(frozen=True)
class Release:
    """`claims` as the host signed them. `chain`: the signing certificate and its authority."""

    claims: Mapping[str, Any]
    chain: tuple[x509.Certificate, x509.Certificate]

    @property
    def at(self) -> int:
        """When, unix s."""
        return int(self.claims["iat"])


def opened(token: bytes, authority: x509.Certificate | None) -> Release:
    """The release in `token`; DoesNotHold if it does not hold. `authority`: the host's, if it is
    known; a release of another one is not trusted."""
    try:
        head, body, signature = envelope.split(token)
        header, claims = canon.loads(head), canon.loads(body)
        chain = _chain(header)
    except (Refused, ValueError, TypeError, KeyError):
        raise DoesNotHold("the release is damaged") from None
    release = Release(_shaped(claims), chain)
    leaf, issuer = chain
    try:
        _certified(leaf, issuer, release.at)
        key, root = leaf.public_key(), issuer.public_key()
    except DAMAGED:
        raise DoesNotHold("the release's certificate is not of the authority it names") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not keys.check(
        key, token[: token.rfind(b".")], signature
    ):
        raise DoesNotHold("the release is not signed by the key it names")
    if authority is not None and authority.public_key() != root:
        raise DoesNotHold("the release is by another host than the one whose CA is known")
    return release


def _chain(header: Any) -> tuple[x509.Certificate, x509.Certificate]:
    if header["alg"] != "ES256" or header["typ"] != TYP or set(header) != {"alg", "typ", "x5c"}:
        raise ValueError("another kind of token")
    leaf, issuer = header["x5c"]
    try:
        ders = [base64.b64decode(each, validate=True) for each in (leaf, issuer)]
    except binascii.Error:
        raise ValueError("not base64") from None
    first, second = (x509.load_der_x509_certificate(der) for der in ders)
    return first, second


def _shaped(claims: Any) -> Mapping[str, Any]:
    """The claims, of the types that are read here."""
    good = isinstance(claims, dict) and all(isinstance(claims.get(key), str) for key in _TEXTS)
    if good:
        files, log = claims.get("files"), claims.get("log")
        at = claims.get("iat")
        good = (
            type(at) is int
            and 0 <= at < _LAST
            and isinstance(files, dict)
            and isinstance(log, dict)
        )
        good = good and all(isinstance(value, str) for value in files.values())
    if not good:
        raise DoesNotHold("the release lacks what it must say")
    found: Mapping[str, Any] = claims
    return found


def _certified(leaf: x509.Certificate, issuer: x509.Certificate, at: int) -> None:
    """DoesNotHold, or one of DAMAGED, unless the authority let this certificate sign evidence."""
    moment = datetime.datetime.fromtimestamp(at, datetime.UTC)
    leaf.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(issuer)
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    signs = leaf.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    is_ca = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    if not (signs and is_ca and ExtendedKeyUsageOID.EMAIL_PROTECTION in usage):
        raise DoesNotHold("the release's certificate is not one for evidence")
    if not leaf.not_valid_before_utc <= moment <= leaf.not_valid_after_utc:
        raise DoesNotHold("the release was signed outside of its certificate's life")
