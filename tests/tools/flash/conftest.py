"""Boot loaders in processes of their own, lines to them, firmware files, and the command."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from porchkit import cli
from tests.support import espimages
from tests.support.badline import BadLine
from tests.support.bootloader import Bootloader


@pytest.fixture
def chip(tmp_path: Path) -> Iterator[Callable[..., Bootloader]]:
    """Make boot loaders; they end with the test."""
    made: list[Bootloader] = []

    def make(**options: Any) -> Bootloader:
        made.append(Bootloader(tmp_path, **options))
        return made[-1]

    yield make
    for one in made:
        one.kill()


@pytest.fixture
def line() -> Iterator[Callable[..., BadLine]]:
    """Make lines between the flasher and a boot loader."""
    made: list[BadLine] = []

    def make(*ends: Bootloader, **faults: Any) -> BadLine:
        made.append(BadLine(*(end.tcp_port for end in ends), **faults))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def firmware(tmp_path: Path) -> Path:
    path = tmp_path / "firmware.bin"
    path.write_bytes(espimages.merged())
    return path


@pytest.fixture
def flash(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `porchlight flash` with these words: (exit code, stdout, stderr)."""

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(["flash", *map(str, words)])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """As large as the real ones."""
    path = tmp_path / "large.bin"
    path.write_bytes(espimages.merged(app_bytes=1_640_000))
    return path
