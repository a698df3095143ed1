"""The resident's side: the light, what is allowed, the buttons, and the log as it happens."""

from typing import Any

import pytest

from accord import b64, canon, wire
from tests.web import looks
from tests.web.street import Street
from tests.web.tab import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def opened(page: Page, street: Street) -> tuple[str, str]:
    """The demo's page with one camera shared: the selectors of its card and tile."""
    await street.allow("porch")
    await page.goto(street.demo)
    camera = street.camera("porch")
    await page.until(looks.is_(looks.tile(camera), "live"))
    return looks.card(camera), looks.tile(camera)


async def test_the_light_is_lit_while_pictures_leave(page: Page, street: Street) -> None:
    card, _ = await opened(page, street)
    await page.until(looks.says(card, "Sharing now"))
    await page.until(looks.says(".log [data-type='view.open']", "Signed by the hub."))
    await page.until(looks.says(card, "Fire Brigade may watch live and take snapshots"))
    await page.until(looks.says(looks.card(street.camera("drive")), "Nobody may look."))
    await street.revoke("porch")
    await page.until(f"document.querySelector({card!r}).dataset.lamp === 'dark'")


async def test_the_stop_button_ends_it_at_once(page: Page, street: Street) -> None:
    card, tile = await opened(page, street)
    asked_ms = await page.run(looks.note_darkening(tile))
    await page.click(f"{card} .stop")
    assert await page.until("window.darkened") - asked_ms < 1000
    await page.until(looks.says(tile, "Consent ended"))
    await page.until(looks.says(card, "Nobody may look. Last: Fire Brigade, stopped by you."))
    newest, *_ = await grants_of(street, "porch", "revoked")
    assert newest["jti"] == street.jtis["porch"]


async def test_a_grant_made_in_the_page_is_accepted(page: Page, street: Street) -> None:
    card, tile = await opened(page, street)
    await page.click(f"{card} .stop")
    await page.until(looks.is_(tile, "dark"))
    await page.click(f"{card} .allow")
    await page.until(looks.is_(tile, "live"))
    (grant,) = await grants_of(street, "porch", "active")
    assert grant["jti"] != street.jtis["porch"]
    assert grant["exp"] - grant["nbf"] == 3600
    heard = await street.boards["porch"].heard(
        wire.GrantToken, lambda told: _claims(told)["jti"] == grant["jti"]
    )
    assert _claims(heard)["iss"] == street.resident.thumb


async def test_a_new_permission_says_who_what_and_for_how_long(page: Page, street: Street) -> None:
    card, _ = await opened(page, street)
    drive = looks.card(street.camera("drive"))
    await page.until(looks.says(drive, "New permission"))
    await page.click(f"{drive} .allowed > button")
    await page.until("document.querySelector('dialog[open]')")
    await page.run("document.querySelector(\"dialog [value='snapshot']\").click()")
    await page.run("document.querySelector('dialog [name=lasts]').value = '14400'")
    await page.click("dialog .allow")
    await page.until("!document.querySelector('dialog')")
    await page.until(looks.says(drive, "Fire Brigade may watch live until"))
    (grant,) = await grants_of(street, "drive", "active")
    assert (grant["actions"], grant["exp"] - grant["nbf"]) == (["live"], 14_400)
    assert "own-use" not in grant["purposes"]
    assert "theft" in grant["purposes"]
    await page.until(looks.says(card, "Sharing now"))


async def test_entries_appear_as_they_happen(page: Page, street: Street) -> None:
    await opened(page, street)
    story = "Fire Brigade opened a live view of Front porch, case demo, purpose burglary"
    await page.until(looks.says(".log", story))
    await street.allow("drive")
    await page.until(looks.says(".log li:first-child", "You allowed Fire Brigade to use Driveway."))
    await street.revoke("drive")
    await page.until(
        looks.says(".log li:first-child", "You stopped sharing Driveway with Fire Brigade.")
    )
    numbers = await page.run("[...document.querySelectorAll('.log li')].map((li) => +li.dataset.n)")
    assert numbers == sorted(set(numbers), reverse=True)


async def test_the_command_line_and_the_page_see_the_same(page: Page, street: Street) -> None:
    card, tile = await opened(page, street)
    await street.command("revoke", "porch")
    await page.until(looks.says(tile, "Consent ended"))
    await page.until(looks.says(card, "stopped by you"))


def _claims(told: wire.GrantToken) -> dict[str, Any]:
    claims: dict[str, Any] = canon.loads(b64.decode(told.token.decode().split(".")[1]))
    return claims


async def grants_of(street: Street, name: str, state: str) -> list[dict[str, Any]]:
    """The host's list of one camera's grants, newest first."""
    rows = (await street.resident.client.get("/grants"))["grants"]
    return [row for row in rows if row["camera"] == street.camera(name) and row["state"] == state]
