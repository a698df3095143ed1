"""When the host goes away the page says so, shows nothing old, and does not fall silent."""

import os
import signal
from pathlib import Path

import pytest

from tests.web import looks
from tests.web.street import building
from tests.web.tab import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_tiles_are_dark_when_the_host_is_gone(page: Page, tmp_path: Path) -> None:
    async with building(tmp_path) as street:
        await street.allow("porch")
        await page.goto(street.demo)
        tile = looks.tile(street.camera("porch"))
        await page.until(looks.is_(tile, "live"))
        os.kill(street.host.pid, signal.SIGKILL)
        await page.until(looks.is_(tile, "dark"))
        assert await page.run(looks.pixels(tile)) == 0
        for side in ("resident", "hub"):
            await page.until(looks.says(f"[data-side={side}]", "reconnecting"))
            await page.until(looks.says(f"[data-side={side}]", "The host does not answer."))
    page.forgive("net::ERR_")
