"""What a user gets: the wheel carries all it needs, and every dependency has an exact version."""

import re
import tomllib
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+")


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(root)).build(directory=str(folder), versions=["standard"])
    with ZipFile(built) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return found


@pytest.fixture(scope="module")
def pins(root: Path) -> dict[str, str]:
    lines = (root / "constraints.txt").read_text("utf-8").splitlines()
    rows = [line for line in lines if not line.startswith("#")]
    assert [row for row in rows if not PIN.fullmatch(row)] == []
    return {
        canonicalize_name(name): version for name, _, version in (r.partition("==") for r in rows)
    }


def below(root: Path, folder: str) -> set[str]:
    """Every file of a folder of ours, but what Python leaves there."""
    found = (root / folder).rglob("*")
    return {
        path.relative_to(root).as_posix()
        for path in found
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_has_every_file_of_the_packages(root: Path, wheel: set[str]) -> None:
    for folder in ("host/porchlight", "tools/porchkit", "firmware/lib/accord"):
        above = Path(folder).parent
        wanted = {Path(name).relative_to(above).as_posix() for name in below(root, folder)}
        assert wanted <= wheel, wanted - wheel


def test_wheel_has_what_a_board_needs(root: Path, wheel: set[str]) -> None:
    wanted = below(root, "firmware/agent") | below(root, "firmware/lib") | below(root, "boards")
    wanted |= {"firmware/main.py", "firmware/manifest.py", "firmware/package.json"}
    assert {f"porchkit/_data/{name}" for name in wanted} <= wheel


def test_wheel_has_nothing_else(wheel: set[str]) -> None:
    packages = ("accord/", "porchlight/", "porchkit/", "porchlight_cam-")
    assert [name for name in wheel if not name.startswith(packages)] == []
    assert [
        name for name in wheel if name.endswith((".pyc", ".key", "ruff.toml", "mypy.ini"))
    ] == []


def test_every_dependency_is_pinned_within_its_range(
    project: dict[str, Any], pins: dict[str, str]
) -> None:
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    wanted = [Requirement(line) for line in [*project["dependencies"], *extras]]
    wanted = [one for one in wanted if one.name != project["name"]]
    assert len(wanted) > 20
    missing = [one.name for one in wanted if canonicalize_name(one.name) not in pins]
    assert missing == []
    outside = [one.name for one in wanted if pins[canonicalize_name(one.name)] not in one.specifier]
    assert outside == []
