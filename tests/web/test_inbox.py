"""The resident's inbox in a real browser: asked, looked at in private, allowed, put aside.

The host's clock is behind while requests are made and put before residents, and right once the page
is open: no test waits for a minute to pass.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from accord import b64, canon
from porchkit import keys
from porchkit.demo import page as pages
from porchlight.requests.spread import SLOT_S
from tests.support import clipping
from tests.support.asking import Block
from tests.support.hosting import InThread, Kit, ShiftedClock, hosted
from tests.support.signing import Signer
from tests.web import looks
from tests.web.tab import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
BEHIND_S = -2 * SLOT_S


@pytest.fixture(scope="module")
def whole_block(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Block]:
    """A running host for the tests of this file."""
    clock = ShiftedClock(BEHIND_S)
    home = tmp_path_factory.mktemp("inbox") / "home"
    with hosted(home, clock=clock) as host, contextlib.closing(Block(host, clock)) as block:
        yield block


@pytest_asyncio.fixture(loop_scope="session")
async def block(whole_block: Block) -> AsyncIterator[Block]:
    """It, two minutes behind."""
    whole_block.clock.ahead_s = BEHIND_S
    yield whole_block


@pytest_asyncio.fixture(loop_scope="session")
async def tab(page: Page) -> AsyncIterator[Page]:
    """A tab in which the hub of the address may be unknown to the host."""
    yield page
    page.forgive("401")


def opened(block: Block, kit: Kit, hub: Signer) -> str:
    """The page's address with this resident's key; the hub's is one that the host does not know."""
    sam = serialization.load_pem_private_key(kit.owner.key.pem(), None)
    assert isinstance(sam, ec.EllipticCurvePrivateKey)
    names = {kit.owner.thumb: "sam", hub.thumb: "fire-brigade"}
    return pages.address(block.host.http + "/", sam, keys.generate(), names)


async def asked(block: Block, tab: Page, **changes: Any) -> tuple[Kit, Signer, str, str]:
    """A resident with one request before them, and the page open; (camera, hub, id, selector)."""
    hub = block.host.hub()
    kit = block.neighbour(hub)
    request = await asyncio.to_thread(block.asked, hub, **changes)
    await tab.goto(opened(block, kit, hub))
    item = f"[data-request='{request}']"
    await tab.until(looks.says(item, "Fire Brigade asks to see recorded clips"))
    return kit, hub, request, item


async def test_a_request_is_allowed_by_a_grant_made_in_the_page(block: Block, tab: Page) -> None:
    kit, hub, request, item = await asked(block, tab, actions=["clips", "export"])
    await tab.until(looks.says(item, "Case 26-1123, fire: “a fire at the corner”"))
    await tab.until(looks.says(item, "no answer and a refusal look the same"))
    await tab.click(f"{item} .answer .allow")
    await tab.until(f"document.querySelector({item!r}).dataset.state === 'approved'")
    await tab.until(looks.says(".log", "You allowed Fire Brigade recordings of porch"))
    (row,) = block.caller(kit.owner).get("/grants").json()["grants"]
    token = block.caller(kit.owner).get(f"/grants/{row['jti']}").json()["token"]
    claims = canon.loads(b64.decode(token.split(".")[1]))
    assert (claims["req"], claims["aud"], claims["sub"]) == (request, [hub.thumb], kit.id)
    (detail,) = claims["authorization_details"]
    assert (detail["actions"], detail["purposes"]) == (["clips"], ["fire"])
    assert claims["nbf"] % SLOT_S == 0
    assert claims["exp"] - claims["nbf"] == 3_600


async def test_a_request_is_put_aside(block: Block, tab: Page) -> None:
    kit, hub, request, item = await asked(block, tab)
    before = block.caller(hub).get(f"/requests/{request}").content
    await tab.click(f"{item} .deny")
    await tab.until(f"document.querySelector({item!r}).dataset.state === 'denied'")
    await tab.until(looks.says(item, "To them that is the same as no answer."))
    assert block.caller(hub).get(f"/requests/{request}").content == before
    assert block.caller(kit.owner).get("/grants").json()["grants"] == []


async def test_clips_are_played_for_the_resident_alone(block: Block, tab: Page) -> None:
    hub = block.host.hub()
    kit = block.neighbour(hub)
    # Those two are kept back until the page's own time: a grant signed now begins in its past.
    now = block.clock.unix()
    clip = await asyncio.to_thread(record, block.host, kit, now - 5_000)
    other = await asyncio.to_thread(record, block.host, kit, now - 20_000)
    request = await asyncio.to_thread(block.asked, hub)
    await tab.goto(opened(block, kit, hub))
    item = f"[data-request='{request}']"
    await tab.click(f"{item} .row button.plain")
    await tab.click(f"{item} [data-clip='{clip}'] button")
    await tab.until(f'document.querySelector("{item} img").naturalWidth === 160')
    assert not await tab.run(f"document.querySelector(\"{item} [data-clip='{other}']\")")
    told = block.caller(hub).get("/clips", case="26-1123", purpose="fire").json()
    assert told["clips"] == []
    assert block.caller(hub).get(f"/requests/{request}").json()["approvals"] == []


async def test_who_may_ask_is_said_here(block: Block, tab: Page) -> None:
    kit, hub, _, _ = await asked(block, tab)
    await tab.until(looks.says(".inbox", "May ask you for recordings: Fire Brigade (fire)."))
    await tab.click(".inbox > .row button")
    await tab.until("document.querySelector('dialog[open]')")
    await tab.run("document.querySelector(\"dialog [value='fire']\").click()")
    await tab.click("dialog .allow")
    await tab.until("!document.querySelector('dialog')")
    await tab.until(looks.says(".inbox", "Nobody may ask you for recordings."))
    assert block.caller(kit.owner).get("/me/asked").json() == {"asked": []}
    await tab.until(looks.says(".log", "You said what Fire Brigade may ask you about: nothing."))
    assert hub.thumb


def record(host: InThread, kit: Kit, at_s: int) -> str:
    """The id of a clip of this camera that began then."""
    jti = b64.encode(bytes(16))
    return clipping.keep(host, kit, jti, clipping.frames(30, at_s * 1000), keep_s=86_400).id
