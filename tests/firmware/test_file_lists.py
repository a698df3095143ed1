"""package.json and manifest.py bring every file to a board, and none that is not there."""

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def firmware(root: Path) -> Path:
    return root / "firmware"


def flash_files(firmware: Path) -> list[str]:
    """Where the agent's files stand on flash, main.py included."""
    files = [*(firmware / "agent").rglob("*.py"), *(firmware / "lib" / "accord").rglob("*.py")]
    return sorted(["main.py", *(path.relative_to(firmware).as_posix() for path in files)])


def test_package_lists_every_file_where_it_stands(firmware: Path) -> None:
    urls = json.loads((firmware / "package.json").read_text("utf-8"))["urls"]
    assert sorted(place for place, _ in urls) == flash_files(firmware)
    assert [place for place, source in urls if place != source] == []


def test_manifest_freezes_every_file(firmware: Path) -> None:
    """Run as MicroPython's build runs it, with its three words recorded."""
    frozen: list[str] = []

    def package(name: str, base_path: str = ".") -> None:
        files = (firmware / base_path / name).rglob("*.py")
        frozen.extend(path.relative_to(firmware).as_posix() for path in files)

    words: dict[str, Any] = {"include": lambda _: None, "package": package, "module": frozen.append}
    exec((firmware / "manifest.py").read_text("utf-8"), words)
    assert sorted(frozen) == flash_files(firmware)
