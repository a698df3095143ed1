"""The resident's recordings, their word to a camera, and the head of their log, in a browser."""

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest
import pytest_asyncio

from accord import b64, lease
from porchlight.audit.logkeys import load
from porchlight.clips.rows import Clip
from tests.support import clipping
from tests.support.asking import Block
from tests.support.hosting import SETTINGS, InThread, ShiftedClock, hosted
from tests.support.viewing import board_at
from tests.web import looks
from tests.web.records import Home, ListeningBoard
from tests.web.tab import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
ITEM = ".clip[data-clip='{}']"


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    """Another host, which is asked to witness."""
    with hosted(tmp_path_factory.mktemp("witness") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def host(witness: InThread, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    """The host of this file."""
    vkey = httpx.get(f"{witness.http}/witness", trust_env=False).text.strip()
    asked = json.dumps([f"{witness.https}/witness {vkey} {witness.ca}"])
    text = f"{SETTINGS}[witness]\nask = {asked}\nseconds = 1\n"
    with hosted(tmp_path_factory.mktemp("records") / "home", text) as running:
        yield running


@pytest.fixture
def home(host: InThread) -> Iterator[Home]:
    """A new resident with a camera, and a hub."""
    block = Block(host, ShiftedClock())
    yield Home(block, host.camera(host.resident(), "Front porch"), host.hub())
    block.close()


@pytest_asyncio.fixture(loop_scope="session")
async def tab(page: Page, home: Home) -> Page:
    """The resident's page; the notice that the other key is unknown is meant to be there."""
    await page.goto(home.page)
    await page.until(looks.says(".side .link", "live"))
    page.forgive("401")
    return page


async def kept(home: Home, *, sealed: bool = False, ago_s: int = 60) -> Clip:
    """A clip of the camera, of three seconds."""
    jti = b64.encode(bytes(16))
    shown = clipping.frames(5, (home.block.clock.unix() - ago_s) * 1000)
    reader = home.owner.key.public if sealed else None
    keep = partial(clipping.keep, home.block.host, home.kit, jti, shown, keep_s=86_400)
    return await asyncio.to_thread(keep, reader=reader)


def at(selector: str) -> str:
    """An element, in the page's words."""
    return f"document.querySelector({json.dumps(selector)})"


async def told(home: Home, path: str) -> Any:
    return await asyncio.to_thread(home.get, path)


async def test_clips_are_listed_and_played_for_their_resident(tab: Page, home: Home) -> None:
    await tab.until(looks.says(".shelf", "Nothing has been recorded."))
    clip = await kept(home)
    item = ITEM.format(clip.id)
    await tab.until(looks.says(item, "Front porch"))
    sealed = ITEM.format((await kept(home, sealed=True, ago_s=900)).id)
    await tab.until(looks.says(sealed, "open it with “porchlight unseal”"))
    assert not await asyncio.to_thread(home.block.host.entries, home.owner, "clip.played")
    await tab.click(".shelf > .row button")
    await tab.until(f"{looks.pixels(item)} !== 0")
    await tab.until(looks.says(".log", "You looked at the small picture of a clip of Front porch."))
    await tab.click(f"{item} .row button")
    await tab.until(looks.says(item, "Play again"))
    await tab.until(looks.says(".log", "You opened a clip of Front porch."))
    shown = f"[...{at(sealed)}.querySelectorAll('button, canvas')].filter((it) => !it.hidden)"
    assert await tab.run(f"{shown}.map((it) => it.textContent)") == ["Download", "Delete…"]


async def test_a_clip_is_taken_away_and_deleted(tab: Page, home: Home) -> None:
    clip, other = await kept(home), await kept(home, ago_s=900)
    item = ITEM.format(clip.id)
    await tab.run("HTMLAnchorElement.prototype.click = function () { window.saved = this.href }")
    await tab.click(f"{item} .row button:nth-of-type(2)")
    url = await tab.until("window.saved ?? ''")
    file = await asyncio.to_thread(httpx.get, url, trust_env=False)
    assert "attachment" in file.headers["content-disposition"]
    assert file.content[:4] == b"RIFF"
    await tab.click(f"{item} .row button:nth-of-type(3)")
    await tab.click("dialog .plain")
    await tab.click(f"{item} .row button:nth-of-type(3)")
    await tab.click("dialog .stop")
    await tab.until(f"!{at(item)}")
    await tab.until("!document.querySelector('dialog')")
    assert [row["id"] for row in (await told(home, "/clips"))["clips"]] == [other.id]
    await tab.until(looks.says(".log", "You deleted a clip of Front porch."))


async def test_the_rule_of_recording_is_the_residents(tab: Page, home: Home) -> None:
    rule, path = f"{home.card} .recording", f"/cameras/{home.kit.id}/recording"
    await tab.click(f"{rule} summary")
    await tab.until(looks.says(rule, "Nothing is recorded now."))
    async with board_at(home.block.host, home.kit):
        await asyncio.to_thread(clipping.clip_grant, home.block.host, home.kit, home.hub)
        await tab.until(looks.says(rule, "What moves is recorded for Fire Brigade until"))
        await tab.click(f"{rule} label:nth-of-type(2) input")
        await tab.until(f"!{at(rule + ' input')}.disabled")
        assert (await told(home, path))["reader"] == home.owner.thumb
        await tab.click(f"{rule} label:nth-of-type(1) input")
        await tab.until(looks.says(rule, "You switched recording off"))
        said = await told(home, path)
        assert (said["enabled"], said["reader"], said["now"]) == (False, home.owner.thumb, [])
    await tab.until(looks.says(".log", "You changed how Front porch records."))


async def test_pause_and_emergency_are_signed_to_the_boards_own_nonce(
    tab: Page, home: Home
) -> None:
    host, kit = home.block.host, home.kit
    await tab.click(f"{home.card} .allowed > button:last-of-type")
    await tab.until(looks.says("dialog", "It allows nothing until you open it"))
    await tab.run("document.querySelector('dialog [name=panic]').value = '1800'")
    await tab.run("document.querySelector('dialog [name=hub]').value = ''")
    await tab.type("dialog [name=other]", home.hub.thumb)
    await tab.click("dialog .allow")
    await tab.until("!document.querySelector('dialog')")
    (grant,) = (await told(home, "/grants"))["grants"]
    jti = grant["jti"]
    assert (grant["panic_s"], grant["exp"] - grant["nbf"]) == (1800, 30 * 86_400)
    await tab.click(f"{home.card} .pause")
    await tab.until(looks.says(home.card, "cannot hear you. Stop sharing instead."))
    tab.forgive("409")
    board = await ListeningBoard(host.uplink, kit.key, tls=host.tls()).open()
    try:
        await tab.click(f"{home.card} .emergency")
        await tab.until(looks.says("dialog", "They may watch live and take snapshots"))
        await tab.click("dialog .stop")
        await tab.until(looks.says(home.card, "Open to Fire Brigade for your emergency until"))
        await tab.until(looks.says(home.card, "The camera has confirmed it."))
        stands = await told(home, f"/cameras/{kit.id}/lease")
        assert stands["panic"] == [jti]
        assert 0 < stands["panic_until"][jti] - host.parts.clock.unix() <= 1800
        await tab.click(f"{home.card} .pause")
        await tab.until(looks.says(home.card, "Paused for everybody."))
        assert (await told(home, f"/cameras/{kit.id}/lease"))["paused"] is True
        await tab.click(f"{home.card} .pause")
        await tab.until(f"{at(home.card + ' .pause')}.textContent === 'Pause'")
        assert (await told(home, f"/cameras/{kit.id}/lease"))["paused"] is False
        await tab.until(looks.says(".log", "You ended the pause of Front porch."))
        opened, paused, resumed = board.said
        assert opened["open"] == jti
        assert paused["status_list"]["lst"] == lease.pack(b"\x02" + bytes(63))
        assert resumed["resume"] is True
        await tab.click(f"{home.card} .opened .stop")
        await tab.until(looks.says(home.card, "Nobody may look."))
        assert not await tab.run(f"{at(home.card + ' .again .allow')}.checkVisibility()")
        assert (await told(home, f"/grants/{jti}"))["state"] == "revoked"
    finally:
        await board.close()


async def test_the_head_of_the_log_is_amber_until_it_is_countersigned(
    tab: Page, home: Home, witness: InThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tab.until(looks.is_(".head", "amber"))
    await tab.until(looks.says(".head", "countersigned nothing yet"))
    verifier = load(home.block.host.home).signer(home.owner.thumb).verifier
    monkeypatch.setitem(witness.parts.witness._logs, verifier.name, verifier)
    await asyncio.to_thread(home.block.host.grant, home.kit, home.hub)
    await tab.until(looks.is_(".head", "green"))
    await tab.click(".head summary")
    await tab.until("document.querySelector('.head pre').textContent.split('—').length === 3")
    size = (await told(home, f"/log/{home.owner.thumb}"))["size"]
    await tab.until(looks.says(".head", f"{size} lines in your log. The other host asked"))
