"""The hub's circle in a browser: searched, opened, asked for recordings; and how that stands."""

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from accord import b64
from tests.support import clipping
from tests.support.asking import Block
from tests.support.hosting import Kit, ShiftedClock, handle_of, hosted
from tests.support.signing import Signer
from tests.support.viewing import board_at, picture
from tests.web import looks
from tests.web.tab import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
CELL = {"cell": "u173z", "precision_m": 500}
GROUND = ".ground"
BEHIND_S = -600


@pytest.fixture(scope="module")
def whole_block(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Block]:
    """The host of this file, begun some minutes ago."""
    clock = ShiftedClock(BEHIND_S)
    with hosted(tmp_path_factory.mktemp("circle") / "home", clock=clock) as host:
        block = Block(host, clock)
        yield block
        block.close()


@pytest.fixture
def hub(whole_block: Block) -> Signer:
    """A new hub."""
    return whole_block.host.hub()


@pytest.fixture
def kit(whole_block: Block, hub: Signer) -> Kit:
    """A camera whose resident lets the hub ask for fire."""
    return whole_block.neighbour(hub)


@pytest_asyncio.fixture(loop_scope="session")
async def tab(page: Page, whole_block: Block, hub: Signer, tmp_path: Path) -> Page:
    """The hub's page."""
    await enter(page, whole_block, hub, tmp_path)
    return page


async def enter(page: Page, block: Block, hub: Signer, folder: Path) -> None:
    """Open the page with the hub's key file, while the host's clock is right."""
    block.clock.ahead_s = 0
    file = folder / "hub.pem"
    file.write_bytes(hub.key.pem())
    await page.goto(block.host.http)
    await page.until("document.querySelector('#key-file')")
    await page.choose_file("#key-file", file)
    await page.until(looks.says(".side .link", "live"))


async def fill(tab: Page, **fields: str) -> None:
    """Write into fields by name."""
    for name, value in fields.items():
        field = f"document.querySelector({json.dumps(f'[name={name}]')})"
        await tab.run(f"{field}.value = {json.dumps(value)}")


async def say_why(tab: Page) -> None:
    """Case, purpose and reason."""
    await fill(tab, case="26-1123", purpose="fire", reason="a fire at the corner")


async def test_a_circle_is_searched_and_opened_for_the_same_case(
    tab: Page, whole_block: Block, hub: Signer, kit: Kit
) -> None:
    host = whole_block.host
    async with board_at(host, kit) as board:
        jti = await asyncio.to_thread(host.grant, kit, hub, detail={"geo": CELL})
        await tab.click(f"{GROUND} summary")
        await fill(tab, lat="52.37", lon="4.89", radius_m="3000")
        await tab.click(f"{GROUND} .look")
        assert not await asyncio.to_thread(host.entries, kit.owner, "search")
        await say_why(tab)
        await tab.click(f"{GROUND} .look")
        await tab.until(looks.says(f"{GROUND} .finds", "porch"))
        await tab.until(looks.says(f"{GROUND} .finds", "m of 52."))
        await tab.click(f"{GROUND} .finds .look")
        await tab.until(looks.is_(looks.tile(kit.id), "waiting"))
        await board.watched(handle_of(jti))
        await board.send_frame(picture(), handle_of(jti))
        await tab.until(looks.is_(looks.tile(kit.id), "live"))
    await fill(tab, lat="-40")
    await tab.click(f"{GROUND} .look")
    await tab.until(looks.says(GROUND, "No resident in this circle allows live pictures"))
    entries = await asyncio.to_thread(host.entries, kit.owner)
    why = [(row["type"], row["case"], row["purpose"], row["reason"]) for row in entries]
    cause = ("26-1123", "fire", "a fire at the corner")
    assert ("search", *cause) in why
    assert ("view.open", *cause) in why


async def test_recordings_are_asked_for_in_a_signed_statement(
    tab: Page, whole_block: Block, hub: Signer, kit: Kit
) -> None:
    await tab.click(f"{GROUND} summary")
    await say_why(tab)
    await fill(tab, lat="52.37", lon="4.89", radius_m="5000")
    await tab.click(f"{GROUND} .plain")
    await tab.until(looks.says("dialog", "No answer and a refusal look the same."))
    await tab.click("dialog .look")
    await tab.until(looks.says("dialog", "at most half a square mile"))
    await tab.click("dialog .plain")
    await fill(tab, radius_m="300")
    await tab.click(f"{GROUND} .plain")
    await tab.click("dialog .look")
    await tab.until("!document.querySelector('dialog')")
    await tab.until(looks.says(".askings", "No answer. Open for another 24 h."))
    rows = await asyncio.to_thread(lambda: whole_block.caller(hub).get("/requests").json())
    (row,) = rows["requests"]
    assert (row["case"], row["purpose"], row["actions"]) == ("26-1123", "fire", ["clips"])
    circle = {"lat": 523_700_000, "lon": 48_900_000, "radius_m": 300}
    assert row["area"] == {"circle": circle}
    assert row["window"][1] - row["window"][0] == 3_600


async def test_an_answer_is_told_and_silence_is_not(
    page: Page, whole_block: Block, hub: Signer, kit: Kit, tmp_path: Path
) -> None:
    whole_block.clock.ahead_s = BEHIND_S
    request = await asyncio.to_thread(whole_block.asked, hub)
    began_ms = (whole_block.clock.unix() - 5_000) * 1000
    shown = clipping.frames(5, began_ms)
    keep = partial(clipping.keep, keep_s=86_400)
    clip = await asyncio.to_thread(keep, whole_block.host, kit, b64.encode(bytes(16)), shown)
    token = await asyncio.to_thread(whole_block.answer, kit, request, hub)
    answer = await asyncio.to_thread(whole_block.approve, kit, request, token)
    assert answer.is_success, answer.text
    await asyncio.to_thread(whole_block.minutes_pass, 4)
    await enter(page, whole_block, hub, tmp_path)
    await page.until(looks.says(".askings", "1 camera allowed. Open for another"))
    await page.click(".askings .shelf > button")
    await page.click(f".clip[data-clip='{clip.id}'] .row button")
    await page.until(looks.says(".clip", "Play again"))
    assert await page.run(looks.pixels(".clip")) != 0
    played = await asyncio.to_thread(whole_block.host.entries, kit.owner, "clip.played")
    assert [(row["hub"], row["case"]) for row in played] == [(hub.thumb, "26-1123")]
