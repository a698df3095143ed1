"""Live pictures on the page: they move, they say how old they are, and they end with consent."""

import time

import pytest

from tests.web import looks
from tests.web.street import Street
from tests.web.tab import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

CAMERAS = ("porch", "garden", "drive")
WITHIN_MS = 1000  # the promise: a tile is dark so soon after a revocation, wherever it came from


async def shown(page: Page, street: Street, names: tuple[str, ...] = CAMERAS) -> None:
    """Open the demo's page and wait until the cameras named are live."""
    for name in names:
        await street.allow(name)
    await page.goto(street.demo)
    await page.until(looks.live(len(names)))


async def test_pictures_move_without_a_click(page: Page, street: Street) -> None:
    await shown(page, street)
    for name in CAMERAS:
        pixels = looks.pixels(looks.tile(street.camera(name)))
        before = await page.run(pixels)
        await page.until(f"{pixels} !== {before}")


async def test_a_revocation_darkens_the_tile_within_a_second(page: Page, street: Street) -> None:
    await shown(page, street)
    tile = looks.tile(street.camera("garden"))
    asked_ms = await page.run(looks.note_darkening(tile))
    await street.revoke("garden")
    darkened_ms = await page.until("window.darkened")
    assert darkened_ms - asked_ms < WITHIN_MS
    assert await page.run(looks.pixels(tile)) == 0
    await page.until(looks.says(tile, "Consent ended"))
    await page.until(looks.live(2))


async def test_consent_that_runs_out_darkens_the_tile(page: Page, street: Street) -> None:
    await street.allow("porch", lasts_s=7)
    await page.goto(street.demo)
    tile = looks.tile(street.camera("porch"))
    await page.until(looks.is_(tile, "live"))
    await page.until(looks.says(tile, "Consent ended"))
    (grant,) = [
        grant
        for grant in (await street.resident.client.get("/grants"))["grants"]
        if grant["jti"] == street.jtis["porch"]
    ]
    assert 0 <= time.time() - grant["exp"] < 2
    assert await page.run(looks.pixels(tile)) == 0


async def test_a_camera_that_pauses_is_marked_stale(page: Page, street: Street) -> None:
    await shown(page, street, ("porch",))
    tile = looks.tile(street.camera("porch"))
    street.boards["porch"].paused = True
    await page.until(looks.is_(tile, "stale"))
    await page.until(looks.says(tile, "s old"))
    street.boards["porch"].paused = False
    await page.until(looks.is_(tile, "live"))


async def test_pictures_come_back_with_consent(page: Page, street: Street) -> None:
    await shown(page, street, ("porch",))
    tile = looks.tile(street.camera("porch"))
    await street.revoke("porch")
    await page.until(looks.is_(tile, "dark"))
    await street.allow("porch")
    await page.until(looks.is_(tile, "live"))


async def test_nobody_films_for_a_page_in_the_background(page: Page, street: Street) -> None:
    await shown(page, street, ("porch",))
    tile = looks.tile(street.camera("porch"))
    await page.run(looks.hidden(True))
    await page.until(looks.says(tile, "Paused"))
    await street.boards["porch"].watched(None)
    await page.run(looks.hidden(False))
    await page.until(looks.is_(tile, "live"))


async def test_a_page_that_is_left_lets_go_and_begins_anew(page: Page, street: Street) -> None:
    """The browser keeps such pages; with their connections there would soon be none left."""
    await shown(page, street, ("porch",))
    tile = looks.tile(street.camera("porch"))
    for _ in range(2):
        await page.goto("about:blank")
        await street.boards["porch"].watched(None)
        await page.goto(street.demo)
        await page.until(looks.is_(tile, "live"))
    await page.goto("about:blank")
    await page.run("void setTimeout(() => history.back())")  # else it is gone before it answers
    await page.until(looks.is_(tile, "live"))


async def test_the_page_works_over_tls_too(page: Page, street: Street) -> None:
    await street.allow("porch")
    await page.send("Security.setIgnoreCertificateErrors", ignore=True)  # the host's own CA
    await page.goto(street.demo.replace(street.page, f"https://127.0.0.1:{street.running.https}/"))
    tile = looks.tile(street.camera("porch"))
    await page.until(looks.is_(tile, "live"))
    assert [url.partition("://")[0] for url in page.sockets] == ["wss"]
    assert not any(".mjpg" in request["url"] for request in page.requests)
    await street.revoke("porch")
    await page.until(looks.says(tile, "Consent ended"))
