"""TLS of the host: its own certificate authority, pinned on boards, and a server certificate.

The authority is made once at `porchlight init`; the server certificate is renewed by itself.
P-256 throughout: what the ESP32 verifies fastest.
"""

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from porchlight import files
from porchlight.errors import CommandError

CA_DAYS: Final = 3_650
LEAF_DAYS: Final = 365
RENEW_DAYS: Final = 60
_BACKDATED: Final = datetime.timedelta(days=1)  # boards whose clock runs a little late
ALWAYS: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class TlsFiles:
    """Where the certificates and keys of one home folder are."""

    home: Path

    @property
    def ca_cert(self) -> Path:
        """The authority's certificate: public, pinned on boards and clients."""
        return self.home / "ca.pem"

    @property
    def ca_key(self) -> Path:
        """The authority's private key."""
        return self.home / "ca.key"

    @property
    def cert(self) -> Path:
        """The server's certificate."""
        return self.home / "tls.pem"

    @property
    def key(self) -> Path:
        """The server's private key."""
        return self.home / "tls.key"


def create_authority(at: TlsFiles, name: str, now: int) -> None:
    """Make the authority's key and certificate; CommandError if there is one already."""
    key = ec.generate_private_key(ec.SECP256R1())
    # The random serial in the name tells two authorities of hosts with one name apart.
    serial = x509.random_serial_number()
    subject = _name(f"{name} authority {serial & 0xFFFFFFFF:08x}"[-64:])
    builder = _builder(subject, subject, key.public_key(), now, CA_DAYS)
    certificate = (
        builder.serial_number(serial)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    files.create(at.ca_key, _key_pem(key), files.PRIVATE)
    files.create(at.ca_cert, _cert_pem(certificate), files.PUBLIC)


def renew(at: TlsFiles, names: tuple[str, ...], now: int) -> bool:
    """Make a server certificate if there is no good one with these names; True if made.

    Good: of this authority, with its key beside it, and with RENEW_DAYS to go.
    """
    wanted = _alternatives(names)
    if at.cert.exists() and at.key.exists() and _still_good(at, wanted, now):
        return False
    authority_key = _load_key(at.ca_key)
    authority = _load_cert(at.ca_cert)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name("porchlight"), authority.subject, key.public_key(), now, LEAF_DAYS)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectAlternativeName(wanted), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_authority_id(authority), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    files.write(at.key, _key_pem(key), files.PRIVATE)
    files.write(at.cert, _cert_pem(certificate), files.PUBLIC)
    return True


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, PEM."""

    cert: bytes
    key: bytes


def evidence_leaf(at: TlsFiles, now: int) -> Pair:
    """A certificate of the authority for signing evidence, good for as long as the authority is.

    The least that C2PA trusts: digitalSignature, emailProtection, the authority's key id.
    """
    authority = _load_cert(at.ca_cert)
    key = ec.generate_private_key(ec.SECP256R1())
    left = authority.not_valid_after_utc - _moment(now)
    days = max(1, left.days)
    certificate = (
        _builder(_name("porchlight evidence"), authority.subject, key.public_key(), now, days)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
        .add_extension(_authority_id(authority), critical=False)
        .sign(_load_key(at.ca_key), hashes.SHA256())
    )
    return Pair(_cert_pem(certificate), _key_pem(key))


def certificates(pem: bytes) -> list[x509.Certificate]:
    """Those in a PEM file, in order."""
    return x509.load_pem_x509_certificates(pem)


def server_context(at: TlsFiles) -> ssl.SSLContext:
    """A context for the TLS listener: TLS 1.2 or newer. load_cert_chain() on it renews live."""
    files.read_secret(at.key)  # refuses a key that others can read
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    try:
        context.load_cert_chain(at.cert, at.key)
    except (OSError, ssl.SSLError) as error:
        raise CommandError(
            f"{at.cert} and {at.key} do not go together ({error.strerror}); "
            "delete both: they are made anew at the next start"
        ) from None
    return context


def check_authority(at: TlsFiles) -> None:
    """CommandError unless the authority's certificate and key are there and go together."""
    if _load_key(at.ca_key).public_key() != _load_cert(at.ca_cert).public_key():
        raise CommandError(
            f"{at.ca_key} is not the key of {at.ca_cert}; restore both from one copy"
        )


def ends(at: TlsFiles) -> int:
    """When the server certificate stops being valid, unix seconds."""
    return int(_load_cert(at.cert).not_valid_after_utc.timestamp())


def ca_der(at: TlsFiles) -> bytes:
    """The authority's certificate in DER, as boards keep it."""
    return _load_cert(at.ca_cert).public_bytes(serialization.Encoding.DER)


def _still_good(at: TlsFiles, wanted: list[x509.GeneralName], now: int) -> bool:
    try:
        certificate = _load_cert(at.cert)
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        certificate.verify_directly_issued_by(_load_cert(at.ca_cert))
        matches = _load_key(at.key).public_key() == certificate.public_key()
    except (CommandError, ValueError, TypeError, x509.ExtensionNotFound, InvalidSignature):
        return False
    left = certificate.not_valid_after_utc - _moment(now)
    due = left <= datetime.timedelta(days=RENEW_DAYS)
    return matches and not due and list(found.value) == wanted


def _alternatives(names: tuple[str, ...]) -> list[x509.GeneralName]:
    unique = dict.fromkeys((*names, *ALWAYS))
    return [_general_name(name) for name in unique]


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: int, days: int
) -> x509.CertificateBuilder:
    begins = _moment(now) - _BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .not_valid_before(begins)
        .not_valid_after(_moment(now) + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_id(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    key_id = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _moment(unix_s: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(unix_s, datetime.UTC)


def _load_cert(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        raise CommandError(
            f"{path} is missing or no certificate; restore it from a copy of the home folder"
        ) from None


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    pem = files.read_secret(path)
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CommandError(f"{path} holds no EC key; restore it from a copy of the home folder")
    return key


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _cert_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
