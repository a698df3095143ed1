"""`porchlight demo` as a person meets it: the command, the address it prints, the page."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.web import looks
from tests.web.tab import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATIENCE_S = 60.0
PROMISE_S = 15.0  # from the command to moving pictures, on a machine where all is installed
SHARED = 2  # a machine that runs tests is busy with other things too


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The running command, its temporary files in `folder`, and the address it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "porchkit.cli", "demo"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield process, await _address(process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await process.wait()


async def test_the_demo_shows_three_boards_and_obeys_the_page(page: Page, tmp_path: Path) -> None:
    began = time.monotonic()
    async with demo(tmp_path) as (process, address):
        await page.goto(address)
        await page.until(looks.live(3), PATIENCE_S)
        assert time.monotonic() - began < PROMISE_S * SHARED
        cameras = await page.run(
            "[...document.querySelectorAll('.card')].map((c) => c.dataset.camera)"
        )
        for camera in cameras:
            pixels = looks.pixels(looks.tile(camera))
            before = await page.run(pixels)
            await page.until(f"{pixels} !== {before}")
        card, tile = looks.card(cameras[0]), looks.tile(cameras[0])
        asked_ms = await page.run(looks.note_darkening(tile))
        await page.click(f"{card} .stop")
        assert await page.until("window.darkened") - asked_ms < 1000
        await page.until(f"document.querySelector({card!r}).dataset.lamp === 'dark'")
        await page.click(f"{card} .allow")
        await page.until(looks.is_(tile, "live"))
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
    await page.until(looks.live(0))
    await page.goto("about:blank")  # it asks again and again for a host that is gone
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []
    page.forgive("net::ERR_")


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    said = b""
    while line := await process.stdout.readline():
        said += line
        if line.startswith(b"http"):
            return line.decode().strip()
    raise AssertionError(f"no address: {said.decode()}")
