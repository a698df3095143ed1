"""What the page's tests need of a machine: node for its modules, Chromium for the page."""

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.web import chromium
from tests.web.street import Street, building
from tests.web.tab import Page

MORE = ("barn", "shed")
WIDTH, HEIGHT = 1280, 3000  # pictures out of sight are not drawn, so all of a page is in sight


@pytest.fixture(scope="session")
def node() -> str:
    """The path of node, 20 or newer; skips where there is none."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("needs node")
    return found


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The path of a Chromium; skips where there is none."""
    found = chromium.executable()
    if found is None:
        pytest.skip("needs Chromium (or PORCHLIGHT_CHROMIUM with the path of one)")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(
    browser_path: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[chromium.Browser]:
    """One browser for all tests; each page of it keeps its storage to itself."""
    profile = tmp_path_factory.mktemp("profile")
    async with chromium.running(browser_path, profile) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def whole_street(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    """One host with five boards for the tests of a file; take `street` instead. Not for all: the
    boards live in the tests' loop, which stands still while a worker runs other files."""
    async with building(tmp_path_factory.mktemp("street"), MORE) as built:
        yield built


@pytest_asyncio.fixture(loop_scope="session")
async def street(whole_street: Street) -> Street:
    """The street, where nobody is allowed anything any more."""
    await whole_street.calm_down()
    return whole_street


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: chromium.Browser) -> AsyncIterator[Page]:
    """A new tab. In the end nothing may have gone wrong in it unnoticed."""
    opened = await browser.page()
    await opened.resize(WIDTH, HEIGHT)
    yield opened
    complaints = list(opened.complaints)
    await opened.close()
    assert complaints == []
