"""Footage for boards: one generated street, made once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from porchkit import footage
from porchkit.flashroot import FrameSettings
from tests.support import passing
from tests.support.porch import Porch
from tests.support.runtimes import find_micropython


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A street of 320x240."""
    street = footage.prepare(None, tmp_path_factory.mktemp("film"))[0]
    return footage.resized(street, 320, 240)


@pytest.fixture
def porch(tmp_path: Path, film: Path) -> Callable[..., Porch]:
    """porch(**options) -> Porch; skips where there is no MicroPython."""
    find_micropython()

    def build(*, film: Path = film, **options: Any) -> Porch:
        return Porch(tmp_path, film, **options)

    return build


@pytest.fixture
def passing_porch(porch: Callable[..., Porch], tmp_path: Path) -> Callable[..., Porch]:
    """A porch in motion mode: nobody passes until the test says so."""
    frame = FrameSettings(width=320, height=240, fps=10, mode="motion")

    def build(**options: Any) -> Porch:
        made = porch(film=passing.film(tmp_path), frame=frame, **options)
        made.board.set_knob(footage_part=passing.STILL)
        return made

    return build
