"""The host's own authority and the certificates it makes."""

import asyncio
import ssl
import stat
import time
from pathlib import Path

import pytest
from cryptography import x509

from porchlight import tls
from porchlight.errors import CommandError
from porchlight.tls import TlsFiles

DAY = 86_400
NOW = 1_800_000_000


@pytest.fixture
def at(tmp_path: Path) -> TlsFiles:
    files = TlsFiles(tmp_path)
    tls.create_authority(files, "oak street", NOW)
    tls.renew(files, ("porch.local", "192.168.1.5"), NOW)
    return files


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_keys_are_for_their_owner_only(at: TlsFiles) -> None:
    for key in (at.ca_key, at.key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_the_authority_can_sign_servers_and_nothing_else(at: TlsFiles) -> None:
    authority = certificate(at.ca_cert)
    basic = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = authority.extensions.get_extension_for_class(x509.KeyUsage)
    assert basic.critical
    assert (basic.value.ca, basic.value.path_length) == (True, 0)
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature
    leaf = certificate(at.cert)
    leaf.verify_directly_issued_by(authority)
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


def test_the_certificate_has_the_given_names_and_those_of_this_machine(at: TlsFiles) -> None:
    names = certificate(at.cert).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == ["porch.local", "localhost"]
    addresses = [str(ip) for ip in names.value.get_values_for_type(x509.IPAddress)]
    assert addresses == ["192.168.1.5", "127.0.0.1", "::1"]


def test_it_is_made_anew_only_when_due(at: TlsFiles) -> None:
    names = ("porch.local", "192.168.1.5")
    first = at.cert.read_bytes()
    assert not tls.renew(at, names, NOW + (tls.LEAF_DAYS - tls.RENEW_DAYS - 1) * DAY)
    assert at.cert.read_bytes() == first
    assert tls.renew(at, names, NOW + (tls.LEAF_DAYS - tls.RENEW_DAYS) * DAY)
    assert tls.renew(at, (*names, "more.local"), NOW)
    assert not tls.renew(at, (*names, "more.local"), NOW)
    assert tls.ends(at) == NOW + tls.LEAF_DAYS * DAY


@pytest.mark.parametrize("name", ["tls.pem", "tls.key"])
def test_a_lost_or_broken_certificate_is_made_anew(at: TlsFiles, name: str) -> None:
    (at.home / name).unlink()
    assert tls.renew(at, (), NOW)
    at.cert.write_text("nonsense")
    assert tls.renew(at, (), NOW)


def test_a_certificate_of_another_authority_is_replaced(at: TlsFiles, tmp_path: Path) -> None:
    other = TlsFiles(tmp_path / "other")
    other.home.mkdir()
    tls.create_authority(other, "oak street", NOW)
    tls.renew(other, (), NOW)
    at.cert.write_bytes(other.cert.read_bytes())
    at.key.write_bytes(other.key.read_bytes())
    assert tls.renew(at, (), NOW)


def test_an_authority_is_never_overwritten(at: TlsFiles) -> None:
    before = at.ca_key.read_bytes()
    with pytest.raises(CommandError, match="exists already"):
        tls.create_authority(at, "x", NOW)
    assert at.ca_key.read_bytes() == before


def test_a_key_that_others_can_read_is_not_used(at: TlsFiles) -> None:
    at.key.chmod(0o640)
    with pytest.raises(CommandError, match="chmod 600"):
        tls.server_context(at)
    at.ca_key.chmod(0o604)
    with pytest.raises(CommandError, match="chmod 600"):
        tls.renew(at, ("new.local",), NOW)


def test_a_pair_that_does_not_match_is_made_anew(at: TlsFiles) -> None:
    cert = at.cert.read_bytes()
    at.cert.unlink()
    tls.renew(at, (), NOW)
    at.cert.write_bytes(cert)
    with pytest.raises(CommandError, match="delete both"):
        tls.server_context(at)
    assert tls.renew(at, ("porch.local", "192.168.1.5"), NOW)
    tls.server_context(at)


def test_a_missing_authority_says_what_to_do(at: TlsFiles) -> None:
    at.ca_cert.unlink()
    with pytest.raises(CommandError, match="restore it"):
        tls.ca_der(at)


async def shake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    """One handshake on loopback; the TLS version."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    listening = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=server)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=client, server_hostname=name
        )
        version = writer.get_extra_info("ssl_object").version()
        writer.close()
        await writer.wait_closed()
    return str(version)


@pytest.fixture
def today(tmp_path: Path) -> TlsFiles:
    files = TlsFiles(tmp_path)
    tls.create_authority(files, "today", int(time.time()))
    tls.renew(files, ("porch.local",), int(time.time()))
    return files


@pytest.mark.parametrize("name", ["porch.local", "localhost", "127.0.0.1"])
async def test_clients_that_pin_the_authority_are_content(today: TlsFiles, name: str) -> None:
    pinned = ssl.create_default_context(cadata=tls.ca_der(today))
    assert await shake(tls.server_context(today), pinned, name) == "TLSv1.3"


async def test_other_names_and_other_authorities_are_not_believed(today: TlsFiles) -> None:
    pinned = ssl.create_default_context(cadata=tls.ca_der(today))
    for client, name in ((pinned, "evil.local"), (ssl.create_default_context(), "localhost")):
        with pytest.raises(ssl.SSLCertVerificationError):
            await shake(tls.server_context(today), client, name)
