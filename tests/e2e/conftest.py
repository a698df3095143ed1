"""What the whole-system tests share."""

from pathlib import Path

import pytest

from porchkit import footage


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated street, drawn once."""
    return footage.prepare(None, tmp_path_factory.mktemp("film"))[0]
