"""Bundles that a host forges with its own keys, and ZIPs that show each program something else."""

import base64
import datetime
import io
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from accord import b64, canon
from porchkit import cli
from porchkit.errors import UsageError
from porchkit.evidence import manifests
from porchkit.evidence.bundle import Bundle
from porchkit.evidence.checks import Known, trusted
from porchlight.exports import provenance
from porchlight.exports.release import Releaser, digest
from porchlight.keys import PrivateKey
from porchlight.tls import TlsFiles
from tests.support.bundles import Files, export, findings, granted, known, rezipped, unpacked
from tests.support.hosting import InThread

Change = Callable[[Files, dict[str, Any], Releaser], None]


@pytest.fixture(scope="module")
def shown(host: InThread) -> tuple[Files, Known]:
    """One bundle, unpacked, and what its hub knows."""
    fire = host.hub()
    clip = granted(host, fire, host.camera(host.resident()))
    return unpacked(export(host, fire, clip)[1]), known(host, clip)


def claims_of(files: Files) -> dict[str, Any]:
    said: dict[str, Any] = canon.loads(b64.decode(files["release.jws"].split(b".")[1].decode()))
    return said


def forged(files: Files, releaser: Releaser, change: Change) -> Files:
    """What the host itself signs of changed files and claims."""
    files = dict(files)
    claims = claims_of(files)
    change(files, claims, releaser)
    del files["release.jws"]
    claims.setdefault("files", {name: digest(content) for name, content in files.items()})
    return {"release.jws": releaser.sign(claims), **files}


def said_otherwise(**other: Any) -> Change:
    """The release says something else than the log does. No sidecar: it is optional."""

    def change(files: Files, claims: dict[str, Any], _: Releaser) -> None:
        claims.update(other)
        if "jti" in other:
            files[f"media/{other['jti']}.avi"] = files.pop(media_of(files))
        del files[next(name for name in files if name.endswith(".c2pa"))], claims["files"]

    return change


def media_of(files: Files) -> str:
    return next(name for name in files if name.endswith(".avi"))


def with_another_recording(files: Files, claims: dict[str, Any], _: Releaser) -> None:
    files["media/AAAA.avi"] = files[media_of(files)]
    del claims["files"]


def with_a_sidecar_of_another_release(
    files: Files, claims: dict[str, Any], releaser: Releaser
) -> None:
    """The host's own, for the same recording, but to somebody else."""
    name = media_of(files)
    other = {key: said for key, said in claims.items() if key != "files"} | {"aud": "B" * 43}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "again.avi"
        path.write_bytes(files[name])
        made = provenance.sidecar(path, name, other, releaser)
    assert made is not None
    files[f"{name}.c2pa"] = made
    del claims["files"]


def with_an_endless_sidecar(files: Files, claims: dict[str, Any], _: Releaser) -> None:
    files[next(each for each in files if each.endswith(".c2pa"))] = bytes((1 << 20) + 1)
    del claims["files"]


def with_key(content: bytes) -> Change:
    def change(files: Files, claims: dict[str, Any], _: Releaser) -> None:
        files["resident.jwk"] = content
        del claims["files"]

    return change


@pytest.mark.parametrize(
    ("change", "step"),
    [
        (said_otherwise(grant="A" * 22), "consent"),
        (said_otherwise(jti="A" * 22), "log"),
        (said_otherwise(purpose="own-use"), "log"),  # the grant allows both
        (said_otherwise(log={"index": 0, "origin": "a/b"}), "log"),
        (said_otherwise(iat=(1 << 33) - 1), "release"),
        (said_otherwise(iat=1 << 40), "release"),
        (said_otherwise(recorded_under=7), "release"),
        (with_another_recording, "files"),
        (with_a_sidecar_of_another_release, "c2pa"),
        (with_an_endless_sidecar, "c2pa"),
        (with_key(b"[" * 100_000), "resident"),
        (with_key(b"[]"), "resident"),
    ],
)
def test_what_a_host_signs_is_held_against_the_rest(
    host: InThread, shown: tuple[Files, Known], tmp_path: Path, change: Change, step: str
) -> None:
    files, what = shown
    releaser = Releaser.at(host.home, claims_of(files)["iat"])
    content = rezipped(forged(files, releaser, change))
    found = findings(tmp_path, content, what)
    assert (found[-1].name, found[-1].holds) == (step, False), found
    assert not trusted(found, what)


def test_a_release_of_the_future_is_not_trusted(shown: tuple[Files, Known], tmp_path: Path) -> None:
    files, what = shown
    early = Known(what.resident, what.authority, now=claims_of(files)["iat"] - 3_600)
    found = findings(tmp_path, rezipped(files), early)
    assert found[-1].says == "the release is dated in the future"


def test_the_key_of_the_server_signs_no_evidence(
    host: InThread, shown: tuple[Files, Known], tmp_path: Path
) -> None:
    at = TlsFiles(host.home)
    server = Releaser(
        at.cert.read_bytes() + at.ca_cert.read_bytes(),
        b"",
        PrivateKey.from_pem(at.key.read_bytes()),
    )
    content = rezipped(forged(shown[0], server, lambda *_: None))
    found = findings(tmp_path, content, shown[1])
    assert found[-1].says == "the release's certificate is not one for evidence"


def test_a_certificate_made_to_be_stumbled_over_is_one_that_does_not_hold(
    host: InThread, shown: tuple[Files, Known], tmp_path: Path
) -> None:
    files = dict(shown[0])
    head, claims, signature = files["release.jws"].split(b".")
    header = canon.loads(b64.decode(head.decode()))
    header["x5c"] = [base64.b64encode(each).decode() for each in twice_extended()]
    files["release.jws"] = b".".join((b64.encode(canon.dumps(header)).encode(), claims, signature))
    found = findings(tmp_path, rezipped(files), Known())
    assert (found[-1].name, found[-1].holds) == ("release", False)


def twice_extended() -> tuple[bytes, bytes]:
    """A leaf that holds one extension twice, and its authority."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    noon = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
    odd = x509.CertificateBuilder(name, name, key.public_key(), 1, noon, noon)
    authority = odd.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    for last in (37, 99):
        what = x509.UnrecognizedExtension(x509.ObjectIdentifier(f"2.5.29.{last}"), b"0\0")
        odd = odd.add_extension(what, critical=False)
    told = odd.sign(key, hashes.SHA256()).tbs_certificate_bytes
    told = told.replace(b"\x55\x1d\x63", b"\x55\x1d\x25")
    signature = der(3, b"\0" + key.sign(told, ec.ECDSA(hashes.SHA256())))
    return der(0x30, told + bytes.fromhex("300a06082a8648ce3d040302") + signature), authority


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def test_what_a_manifest_calls_a_failure_may_be_anything() -> None:
    store = {"assertions": [{"failure": 5}, {"failure": ["x", {"code": "a"}]}, {"failure": []}]}
    assert list(manifests.failures(store)) == ["unknown failure", "a"]


def test_nothing_of_a_bundle_moves_the_cursor(
    shown: tuple[Files, Known],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """C2PA's own words quote what somebody else wrote."""
    monkeypatch.setattr(manifests, "wrong", lambda *_: "\x1b[2JTrusted\x07")
    path, ca = tmp_path / "bundle.zip", tmp_path / "ca.pem"
    path.write_bytes(rezipped(shown[0]))
    assert shown[1].authority is not None
    ca.write_bytes(shown[1].authority.public_bytes(serialization.Encoding.PEM))
    words = ["verify", str(path), "--resident", str(shown[1].resident), "--ca", str(ca)]
    assert cli.main(words) == 6
    told = capsys.readouterr()
    assert "?[2JTrusted?" in told.out
    assert not {"\x1b", "\x07"} & set(told.out + told.err)


# ZIPs that show each program something else


def behind(content: bytes) -> bytes:
    return content + b"more"


def before(content: bytes) -> bytes:
    return b"#!/bin/sh\n" + content


def commented(content: bytes) -> bytes:
    return content[:-2] + struct.pack("<H", 4) + b"more"


def twice(content: bytes) -> bytes:
    """Another ZIP lies before it, for programs that read from the beginning."""
    return rezipped({"release.jws": b"a.b.c"}) + content


def named_otherwise(content: bytes) -> bytes:
    return content.replace(b"README.txt", b"README.exe", 1)


def sized_otherwise(content: bytes) -> bytes:
    return content[:18] + struct.pack("<2L", 1, 1) + content[26:]


def with_a_second_of_a_name(content: bytes) -> bytes:
    out = io.BytesIO(content)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as file:
        file.writestr("README.txt", b"other")
    return out.getvalue()


def cut_short(content: bytes) -> bytes:
    return content[:-40]


@pytest.mark.parametrize(
    "trick",
    [
        *(behind, before, commented, twice, named_otherwise, sized_otherwise),
        *(with_a_second_of_a_name, cut_short),
    ],
)
def test_a_zip_that_can_be_read_in_two_ways_is_no_bundle(
    shown: tuple[Files, Known], tmp_path: Path, trick: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "x.zip"
    whole = rezipped(shown[0])
    path.write_bytes(whole)
    Bundle(path).__exit__(None, None, None)
    path.write_bytes(trick(whole))
    with pytest.raises(UsageError, match="no bundle"):
        Bundle(path)


def test_a_zip_of_a_million_names_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    count, length = 0xFFFF, 46 * 0xFFFF
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, length, 0, 0)
    path.write_bytes(bytes(length) + end)
    with pytest.raises(UsageError, match="no bundle"):
        Bundle(path)


@settings(max_examples=60, deadline=None)
@given(near=st.booleans(), at=st.integers(0, 1 << 20), flip=st.integers(1, 255))
def test_what_is_trusted_after_a_change_unpacks_to_the_same(
    shown: tuple[Files, Known],
    tmp_path_factory: pytest.TempPathFactory,
    near: bool,
    at: int,
    flip: int,
) -> None:
    """Dates and rights are nobody's word."""
    content = bytearray(rezipped(shown[0]))
    content[-1 - at % 1_200 if near else at % len(content)] ^= flip
    try:
        found = findings(tmp_path_factory.getbasetemp(), bytes(content), shown[1])
    except UsageError:
        return
    assert not trusted(found, shown[1]) or unpacked(bytes(content)) == shown[0]
