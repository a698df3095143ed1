"""Many cameras over one socket: all of them live, each ends by itself, and it comes back."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.web import chromium, looks
from tests.web.passage import Passage, passage
from tests.web.street import Street, building
from tests.web.tab import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

MORE = tuple(f"lane-{number}" for number in range(10))
EVERY_S = 0.25
WITHIN_MS = 1000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def long_street(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    """Thirteen cameras: twice what a browser could stream, and one."""
    async with building(tmp_path_factory.mktemp("long"), MORE) as built:
        for board in built.boards.values():
            board.every_s = EVERY_S
        yield built


@pytest_asyncio.fixture(loop_scope="session")
async def street(long_street: Street) -> Street:
    """The street, where nobody is allowed anything any more."""
    await long_street.calm_down()
    return long_street


@pytest_asyncio.fixture(loop_scope="session")
async def between(street: Street) -> AsyncIterator[Passage]:
    """What stands between the browser and the host. Take it before `page`, which is gone first."""
    async with passage(street.running.http) as made:
        yield made


async def shown(page: Page, street: Street, names: tuple[str, ...], base: str = "") -> None:
    """Open the demo's page and wait until the cameras named are live."""
    for name in names:
        await street.allow(name)
    await page.goto(street.demo_at(base or street.page))
    await page.until(looks.live(len(names)))


async def moves(page: Page, tile: str) -> None:
    """Wait until the picture in a tile changes."""
    before = await page.run(looks.pixels(tile))
    await page.until(f"{looks.pixels(tile)} !== {before}")


def streams(page: Page) -> list[str]:
    """The MJPEG streams that the page asked for."""
    return [request["url"] for request in page.requests if ".mjpg" in request["url"]]


async def test_a_wall_of_cameras_is_live_over_one_connection(page: Page, street: Street) -> None:
    names = tuple(street.boards)
    assert len(names) == 13
    await shown(page, street, names)
    for name in names:
        await moves(page, looks.tile(street.camera(name)))
    assert len(page.sockets) == 1
    assert streams(page) == []
    gone = looks.tile(street.camera("lane-3"))
    asked_ms = await page.run(looks.note_darkening(gone))
    await street.revoke("lane-3")
    assert await page.until("window.darkened") - asked_ms < WITHIN_MS
    assert await page.run(looks.pixels(gone)) == 0
    await page.until(looks.says(gone, "Consent ended"))
    await page.until(looks.live(12))
    for name in ("porch", "lane-4", "lane-9"):
        await moves(page, looks.tile(street.camera(name)))
    assert await page.run(looks.pixels(gone)) == 0
    assert len(page.sockets) == 1
    opened = {entry["view"] for entry in await street.entries("view.open")}
    assert len(opened) == 1


async def test_a_line_that_breaks_comes_back(street: Street, between: Passage, page: Page) -> None:
    await shown(page, street, ("porch", "garden"), between.page)
    tile = looks.tile(street.camera("porch"))
    await page.run(looks.note_darkening(tile))
    await between.cut(sockets_only=True)
    await page.until("window.darkened")
    await page.until(looks.live(2))
    await moves(page, tile)
    assert len(page.sockets) == 2
    assert streams(page) == []
    await street.revoke("porch")
    await page.until(looks.says(tile, "Consent ended"))
    await page.until(looks.live(1))


async def test_consent_that_ends_while_the_line_is_down_is_known_when_it_is_back(
    street: Street, between: Passage, page: Page
) -> None:
    await shown(page, street, ("porch", "garden"), between.page)
    tile = looks.tile(street.camera("porch"))
    between.open = False
    await between.cut()
    await page.until(looks.live(0))
    await page.until(looks.says(tile, "connection to the host is lost"))
    await street.revoke("porch")
    between.open = True
    await page.until(looks.says(tile, "Consent ended"))
    await page.until(looks.live(1))
    assert await page.run(looks.pixels(tile)) == 0
    page.forgive("net::ERR_", "401 (Unauthorized)")  # Chromium asks again with the same proof


async def test_a_host_without_room_is_asked_again_and_not_by_other_ways(
    page: Page, street: Street
) -> None:
    await page.send("Page.addScriptToEvaluateOnNewDocument", source=looks.no_room(times=3))
    await street.allow("porch")
    await page.goto(street.demo)
    tile = looks.tile(street.camera("porch"))
    await page.until(looks.says(tile, "no room for more viewers"))
    await page.until(looks.is_(tile, "live"))
    assert streams(page) == []


async def test_where_no_socket_passes_a_few_cameras_get_a_stream_each(
    street: Street, between: Passage, page: Page
) -> None:
    between.sockets = False
    await shown(page, street, ("porch", "garden", "drive"), between.page)
    assert len(streams(page)) == 3
    opened = len(await street.entries("view.open"))
    tile = looks.tile(street.camera("garden"))
    await street.revoke("garden")
    await page.until(looks.says(tile, "Consent ended"))
    await page.until(looks.live(2))
    assert len(await street.entries("view.open")) == opened
    page.forgive("WebSocket connection")


async def test_where_no_socket_passes_many_cameras_share_the_wall(
    street: Street, between: Passage, page: Page
) -> None:
    between.sockets = False
    names = ("porch", "garden", "drive", "lane-0", "lane-1")
    await shown(page, street, names[:1], between.page)
    for name in names[1:]:
        await street.allow(name)
    await page.click(".case button")
    await page.until("document.querySelectorAll('.tile').length === 5")
    await page.click(".found + button")
    await page.until(looks.live(6))
    wall = looks.tile("wall")
    await moves(page, wall)
    assert sum("wall.mjpg" in url for url in streams(page)) == 1
    await street.revoke("lane-0")
    await page.until(looks.says(looks.tile(street.camera("lane-0")), "Consent ended"))
    await page.until(looks.live(5))
    for name in ("garden", "drive"):
        await street.revoke(name)
    await page.until(looks.live(3))  # two on the wall
    await street.allow("garden")
    await page.until(f"!document.querySelector({wall!r})")  # few enough for a stream each
    await page.until(looks.live(3))
    for name in ("porch", "garden", "lane-1"):
        await street.revoke(name)
    await page.until(looks.live(0))
    between.sockets = True
    await page.run(looks.later(60))
    await street.allow("porch")  # with nothing shown, the page tries a socket again
    await page.until(looks.live(1))
    assert between.open_sockets == 1
    page.forgive("WebSocket connection")


async def test_what_nobody_can_see_is_not_decoded(page: Page, street: Street) -> None:
    await shown(page, street, ("porch",))
    tile = looks.tile(street.camera("porch"))
    await page.run(looks.count_decoding())
    await page.until("window.decoded > 2")
    await page.run(looks.out_of_sight(".tile"))
    frames = street.boards["porch"].sequence
    decoded = await page.run("window.decoded")
    while street.boards["porch"].sequence < frames + 5:  # noqa: ASYNC110 - the board films
        await asyncio.sleep(0.05)
    assert await page.run("window.decoded") == decoded
    await page.until(looks.is_(tile, "live"))  # it is known to move
    await page.run("document.querySelector('.tile').style.marginTop = ''")
    await page.until(f"window.decoded > {decoded}")
    await moves(page, tile)


async def test_a_tab_that_stands_still_slows_no_other_and_is_fresh_afterwards(
    page: Page, browser: chromium.Browser, street: Street
) -> None:
    names = ("porch", "garden", "drive")
    await shown(page, street, names)
    other = await browser.page()
    await other.goto(street.demo)
    await other.until(looks.live(3))
    await page.run(looks.count_decoding())
    busy = "const end = performance.now() + 3000; while (performance.now() < end);"
    standing = asyncio.create_task(other.run(f"(() => {{ {busy} }})()"))
    began = time.monotonic()
    before = await page.run("window.decoded")
    await page.until(f"window.decoded >= {before} + 24")
    assert time.monotonic() - began < 24 / 3 * EVERY_S * 2
    await standing
    await other.until("document.querySelector('.tile .chip').textContent.startsWith('0.')")
    await other.close()


async def test_a_paused_page_lets_go_of_its_socket(
    street: Street, between: Passage, page: Page
) -> None:
    await shown(page, street, ("porch",), between.page)
    assert between.open_sockets == 1
    await page.run(looks.hidden(True))
    await page.until(looks.says(looks.tile(street.camera("porch")), "Paused"))
    await street.boards["porch"].watched(None)
    assert between.open_sockets == 0
    await page.run(looks.hidden(False))
    await page.until(looks.is_(looks.tile(street.camera("porch")), "live"))
