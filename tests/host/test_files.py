"""Files that are whole or absent, and secrets that only their owner may read."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from porchlight import files
from porchlight.errors import CommandError


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    files.write(tmp_path / "key", b"secret", files.PRIVATE)
    files.write(tmp_path / "cert", b"public", files.PUBLIC)
    files.private_folder(tmp_path / "a" / "b")
    assert (mode(tmp_path / "key"), mode(tmp_path / "cert")) == (0o600, 0o644)
    assert mode(tmp_path / "a" / "b") == 0o700


def test_writing_again_tightens_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"old")
    path.chmod(0o644)
    files.write(path, b"new", files.PRIVATE)
    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)


def test_a_write_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.write(path, b"new", files.PRIVATE)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_create_overwrites_nothing(tmp_path: Path) -> None:
    path = tmp_path / "key"
    files.create(path, b"one", files.PRIVATE)
    with pytest.raises(CommandError, match="exists already"):
        files.create(path, b"two", files.PRIVATE)
    assert path.read_bytes() == b"one"


def test_a_secret_that_others_can_read_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    files.write(path, b"secret", files.PRIVATE)
    assert files.read_secret(path) == b"secret"
    for loose in (0o640, 0o604, 0o620):
        path.chmod(loose)
        with pytest.raises(CommandError, match="chmod 600"):
            files.read_secret(path)
    with pytest.raises(CommandError, match="cannot read"):
        files.read_secret(tmp_path / "none")
