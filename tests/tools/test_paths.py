"""Firmware and board data are found in a checkout and in a wheel."""

from pathlib import Path

import pytest

from porchkit import paths
from porchkit.errors import CommandError


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No checkout; the data folder of an installed wheel."""
    monkeypatch.setattr(paths, "_CHECKOUT", tmp_path / "none")
    monkeypatch.setattr(paths, "_WHEEL", tmp_path / "_data")
    return tmp_path / "_data"


def test_checkout(root: Path) -> None:
    assert paths.firmware_root() == root / "firmware"
    assert paths.boards_root() == root / "boards"
    assert (paths.standins_root() / "camera.py").is_file()


def test_wheel(elsewhere: Path) -> None:
    for name in ("firmware/main.py", "boards/ai_thinker.toml"):
        (elsewhere / name).parent.mkdir(parents=True)
        (elsewhere / name).touch()
    assert paths.firmware_root() == elsewhere / "firmware"
    assert paths.boards_root() == elsewhere / "boards"


def test_nowhere(elsewhere: Path) -> None:
    with pytest.raises(CommandError, match="the firmware folder is missing; install"):
        paths.firmware_root()
