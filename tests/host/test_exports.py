"""Exports: a clip taken away, and what `porchlight verify` makes of it without the host."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from accord import b64
from porchkit import cli
from porchkit.errors import UsageError
from porchkit.evidence import manifests
from porchkit.evidence.bundle import Bundle
from porchkit.evidence.checks import STEPS, Known, trusted
from porchlight.client import tlog
from porchlight.clips import avi
from porchlight.clips.rows import Clip
from tests.support.bundles import Files, export, findings, granted, known, rezipped, unpacked
from tests.support.clipping import CAUSE, clip_grant, fetch, keep
from tests.support.hosting import InThread, Kit
from tests.support.signing import Signer


@pytest.fixture
def clip(host: InThread, fire: Signer, porch: Kit) -> Clip:
    """Granted to the hub, to look at and to take away."""
    return granted(host, fire, porch)


@pytest.fixture(scope="module")
def shown(host: InThread) -> tuple[Files, Known]:
    """One bundle, unpacked, and what its hub knows."""
    fire = host.hub()
    clip = granted(host, fire, host.camera(host.resident()))
    return unpacked(export(host, fire, clip)[1]), known(host, clip)


def test_a_bundle_is_trusted_without_its_host(
    host: InThread, ann: Signer, fire: Signer, clip: Clip, tmp_path: Path
) -> None:
    made, content = export(host, fire, clip)
    what = known(host, clip)
    found = findings(tmp_path, content, what)
    assert [each.name for each in found if each.holds] == list(STEPS), found
    assert trusted(found, what)
    assert not trusted(found, Known()), "a bundle that agrees with itself proves nothing"
    files = unpacked(content)
    media = next(name for name in files if name.endswith(".avi"))
    assert avi.about(files[media][: avi.HEAD_BYTES]) is not None
    entry = host.entries(ann, "clip.released")[-1]
    assert entry["detail"]["released"] == hashlib.sha256(files[media]).hexdigest()
    assert json.loads(files["log/entry.json"])["hub"] == fire.thumb
    key = tlog.Key.parse(files["log/key.txt"].decode().strip())
    assert tlog.check_receipt(made["receipt"], key, fire.thumb).size > made["receipt"]["index"]
    assert json.loads(files["consent.json"])["retention_period"] == "PT2592000S"
    assert b"30 days" in files["README.txt"]


def test_a_resident_takes_their_own(
    host: InThread, ann: Signer, clip: Clip, tmp_path: Path
) -> None:
    _, content = export(host, ann, clip)
    what = known(host, clip)
    found = findings(tmp_path, content, what)
    assert trusted(found, what), found
    assert next(value for name, value in unpacked(content).items() if name.endswith(".avi")) == (
        host.parts.clips.path(clip).read_bytes()
    )


def test_taking_away_is_a_right_of_its_own(
    host: InThread, fire: Signer, porch: Kit, tmp_path: Path
) -> None:
    before = on_disk(host)
    looking = keep(host, porch, clip_grant(host, porch, fire))
    answer = host.caller(fire).post(f"/clips/{looking.id}/exports", CAUSE)
    assert (answer.status_code, answer.json()["reason"]) == (403, "action-not-granted")
    assert on_disk(host) == before, "and nothing is left behind"


def test_a_revocation_ends_the_download(
    host: InThread, ann: Signer, fire: Signer, clip: Clip
) -> None:
    before = on_disk(host)
    made, _ = export(host, fire, clip)
    assert on_disk(host) != before
    host.caller(ann).post(f"/grants/{clip.jti}/revoke")
    assert fetch(host, made["url"]).status_code == 410
    assert on_disk(host) == before


def test_another_resident_or_another_host_is_not_trusted(
    host: InThread, fire: Signer, clip: Clip, tmp_path: Path
) -> None:
    _, content = export(host, fire, clip)
    other = Known(fire.thumb, known(host, clip).authority)
    found = findings(tmp_path, content, other)
    assert (found[-1].name, found[-1].holds) == ("resident", False)
    assert not trusted(found, other)


def on_disk(host: InThread) -> set[Path]:
    return set((host.config.home / "exports").iterdir())


def flipped(name: str) -> Callable[[Files], None]:
    """One bit in the middle of a file."""

    def change(files: Files) -> None:
        found = next(each for each in files if each.endswith(name))
        content = bytearray(files[found])
        content[len(content) // 2] ^= 1
        files[found] = bytes(content)

    return change


def without(name: str) -> Callable[[Files], None]:
    return lambda files: files.pop(name) and None


def with_more(files: Files) -> None:
    files["grants/AAAAAAAAAAAAAAAAAAAAAA.jws"] = b"a.b.c"


def unsigned(files: Files) -> None:
    head, claims, _ = files["release.jws"].split(b".")
    files["release.jws"] = b".".join((head, claims, b64.encode(bytes(64)).encode()))


@pytest.mark.parametrize(
    ("change", "step"),
    [
        (flipped(".avi"), "files"),
        (flipped(".avi.c2pa"), "files"),
        (flipped("entry.json"), "files"),
        (flipped("consent.json"), "files"),
        (flipped("resident.jwk"), "files"),
        (without("camera.jws"), "files"),
        (with_more, "files"),
        (unsigned, "release"),
    ],
)
def test_what_was_tampered_with_is_not_trusted(
    shown: tuple[Files, Known], tmp_path: Path, change: Callable[[Files], None], step: str
) -> None:
    files, what = dict(shown[0]), shown[1]
    change(files)
    found = findings(tmp_path, rezipped(files), what)
    assert (found[-1].name, found[-1].holds) == (step, False), found
    assert not trusted(found, what)


@pytest.mark.parametrize("name", ["../../etc/passwd", "media/x.sh", "media/a.avi/b"])
def test_a_zip_with_other_things_is_no_bundle(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(rezipped({"release.jws": b"a.b.c", name: b"x"}))
    with pytest.raises(UsageError, match="no bundle"):
        Bundle(path)


def test_a_compressed_zip_is_no_bundle(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("release.jws", bytes(100_000))
    with pytest.raises(UsageError, match="no bundle"):
        Bundle(path)


def test_the_command_ends_with_6_for_what_is_not_trusted(
    host: InThread, fire: Signer, clip: Clip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(export(host, fire, clip)[1])
    words = ["verify", str(path), "--home", str(tmp_path)]
    assert cli.main([*words, "--resident", clip.resident, "--ca", str(host.ca)]) == 0
    assert capsys.readouterr().out.endswith("Trusted\n")
    assert cli.main([*words, "--json"]) == 6
    assert json.loads(capsys.readouterr().out)["trusted"] is False


def test_an_ingredient_that_failed_is_found_below_a_trusted_manifest() -> None:
    fine = {
        "validation_state": "Trusted",
        "validation_results": {"activeManifest": {"failure": []}},
    }
    bad = {"activeManifest": {"failure": [{"code": "assertion.dataHash.mismatch"}]}}
    deep = fine | {"manifests": {"a": {"ingredients": [{"validation_results": bad}]}}}
    assert list(manifests.failures(fine)) == []
    assert list(manifests.failures(deep)) == ["assertion.dataHash.mismatch"]
