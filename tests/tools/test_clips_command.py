"""`porchlight clips` and `porchlight unseal`, typed against a real host."""

from collections.abc import Callable
from pathlib import Path

import pytest

from porchkit import cli
from porchlight.keys import PrivateKey
from tests.support.clipping import clip_grant, keep
from tests.support.hosting import InThread, Kit, hosted
from tests.support.signing import Signer

Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory):
    with hosted(tmp_path_factory.mktemp("clips") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def sam(host: InThread) -> Signer:
    return host.resident("sam")


@pytest.fixture(scope="module")
def porch(host: InThread, sam: Signer) -> Kit:
    return host.camera(sam)


@pytest.fixture
def typed(host: InThread, sam: Signer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Run one command line as Sam: its code, what it said, and what it complained of."""
    key = tmp_path / "sam.pem"
    key.touch(0o600)
    key.write_bytes(sam.key.pem())
    where = ("--home", str(host.home), "--host", host.http, "--key", str(key))

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main([*words, *(where if words[0] == "clips" else ())])
        return code, *capsys.readouterr()

    return run


def test_a_clip_is_listed_copied_and_deleted(
    host: InThread, sam: Signer, porch: Kit, typed: Typed, tmp_path: Path
) -> None:
    assert typed("clips", "list") == (0, "Nothing was recorded.\n", "")
    clip = keep(host, porch, clip_grant(host, porch, sam))
    code, said, _ = typed("clips", "list")
    assert (code, said.splitlines()[1].split()[:2]) == (0, [clip.id, "porch"])
    out = tmp_path / "copy.avi"
    assert typed("clips", "get", clip.id, "--out", str(out)) == (0, f"wrote {out}\n", "")
    assert out.read_bytes() == host.parts.clips.path(clip).read_bytes()
    assert host.entries(sam, "clip.released")[-1]["detail"]["clip"] == clip.id
    code, _, told = typed("clips", "get", clip.id, "--out", str(out))
    assert (code, "exists already" in told) == (1, True)
    assert typed("clips", "delete", clip.id)[:2] == (0, "deleted\n")
    assert not host.parts.clips.path(clip).exists()
    code, _, told = typed("clips", "delete", clip.id)
    assert (code, "no such clip" in told) == (1, True)


def test_recording_is_turned_off_and_on(host: InThread, porch: Kit, typed: Typed) -> None:
    assert "records nothing now" in typed("clips", "record", "porch")[1]
    assert "you turned it off" in typed("clips", "record", "porch", "off")[1]
    assert not host.parts.clips.rule(porch.id).enabled
    assert typed("clips", "record", "porch", "on")[0] == 0
    assert host.parts.clips.rule(porch.id).enabled
    assert typed("clips", "record", "attic")[0] == 1


def test_a_sealed_clip_opens_with_its_key_alone(
    host: InThread, sam: Signer, porch: Kit, typed: Typed, tmp_path: Path
) -> None:
    reader, other = PrivateKey.generate(), PrivateKey.generate()
    for name, pem in (("reader", reader.pem()), ("other", other.pem())):
        (tmp_path / f"{name}.pem").touch(0o600)
        (tmp_path / f"{name}.pem").write_bytes(pem)
    public = tmp_path / "public.pem"
    public.write_bytes(reader.public.pem())
    said = typed("clips", "record", "porch", "on", "--sealed-to", str(public))[1]
    assert f"sealed to {reader.public.thumb}" in said
    rule = host.parts.clips.rule(porch.id)
    clip = keep(host, porch, clip_grant(host, porch, sam), reader=rule.reader)
    copy, out = tmp_path / "copy.sealed", tmp_path / "copy.avi"
    assert typed("clips", "get", clip.id, "--out", str(copy))[0] == 0
    code, _, told = typed("unseal", str(copy), "--key", str(tmp_path / "other.pem"))
    assert (code, "not for this key" in told, out.exists()) == (1, True, False)
    assert typed("unseal", str(copy), "--key", str(tmp_path / "reader.pem"))[0] == 0
    content = out.read_bytes()
    assert content[:4] == b"RIFF"
    assert len(content) == int.from_bytes(content[4:8], "little") + 8
