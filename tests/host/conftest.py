"""Fixtures of the host's tests: one running host a module, with people of one's own a test; and
its parts without a network."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from porchlight.store import Store
from porchlight.streams.tilecache import TileCache
from tests.support.databases import url_for
from tests.support.hosting import InThread, Kit, ShiftedClock, hosted
from tests.support.signing import Signer
from tests.support.stage import Stage

if TYPE_CHECKING:
    from tests.support.postgres import Server


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


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of `store`."""
    return tmp_path / "porchlight.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """A database of one's own, up to date and empty."""
    opened = Store(url_for(path))
    opened.open()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def server() -> Iterator["Server"]:
    """A PostgreSQL of this test run's own; skips where there is none."""
    from tests.support import postgres

    yield postgres.server()
    postgres.server().close()


@pytest.fixture
async def stage() -> Stage:
    """Cameras, grants and looks in the test's own loop."""
    return Stage()


@pytest.fixture
async def cache() -> AsyncIterator[TileCache]:
    """Tiles of one's own."""
    made = TileCache()
    yield made
    made.close()
