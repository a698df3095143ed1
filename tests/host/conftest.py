"""Fixtures of the host's tests: one running host a module, with people of one's own a test."""

from collections.abc import Iterator

import pytest

from tests.support.hosting import InThread, Kit, ShiftedClock, hosted
from tests.support.signing import Signer


@pytest.fixture(scope="module")
def clock() -> ShiftedClock:
    """The clock of `host`; whoever shifts it shifts it back."""
    return ShiftedClock()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, clock: ShiftedClock) -> Iterator[InThread]:
    """A running host, shared by the tests of a module."""
    with hosted(tmp_path_factory.mktemp("host") / "home", clock=clock) as running:
        yield running


@pytest.fixture
def ann(host: InThread) -> Signer:
    """A resident of one's own."""
    return host.resident()


@pytest.fixture
def fire(host: InThread) -> Signer:
    """A hub of one's own."""
    return host.hub()


@pytest.fixture
def porch(host: InThread, ann: Signer) -> Kit:
    """Ann's camera."""
    return host.camera(ann)
