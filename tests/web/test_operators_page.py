"""Operators on the hub's page, in a real browser that a real provider signs in."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.desks import Hub, hub_at
from tests.support.hosting import InThread, Kit, ShiftedClock, hosted
from tests.support.provider import Provider, providing
from tests.web import looks
from tests.web.tab import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
BAR = ".operator"


@dataclass
class Desk:
    """A host, a hub with an issuer, and a camera that two operators have to agree on."""

    host: InThread
    provider: Provider
    hub: Hub
    kit: Kit
    key_file: Path

    async def open(self, page: Page) -> None:
        """The page with the hub's key, chosen as a person would."""
        await page.goto(self.host.http + "/")
        await page.until("document.querySelector('#key-file')")
        await page.choose_file("#key-file", self.key_file)
        await page.until("document.querySelector('.sign-in button')")

    async def sign_in(self, page: Page, *roles: str, **claims: Any) -> str:
        """Somebody with these roles comes to the page and signs in; their pseudonym."""
        self.provider.sitting = self.provider.person(*roles, **claims)
        await page.click(".sign-in button")
        await page.until(f"document.querySelector('{BAR}')")
        return str(await page.run(f"document.querySelector('{BAR}').dataset.operator"))

    def approvals(self) -> list[dict[str, Any]]:
        """What waits, or is approved."""
        return [vars(one) for one in self.host.call(lambda: self._asked())]

    def _asked(self) -> list[Any]:
        party = self.host.parts.registry.party(self.hub.key.thumb)
        assert party is not None
        return self.host.parts.approvals.of(party)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One for the tests of this file."""
    folder, clock = tmp_path_factory.mktemp("operators"), ShiftedClock()
    with contextlib.ExitStack() as stack:
        host = stack.enter_context(hosted(folder / "home", clock=clock))
        provider = stack.enter_context(providing())
        hub = hub_at(host, provider, clock)
        provider.clients[hub.client_id].callback = host.http + "/"
        kit = host.camera(host.resident())
        host.grant(kit, hub.key, detail={"approve": "two"})
        key_file = folder / "hub.pem"
        key_file.write_bytes(hub.key.key.pem())
        yield Desk(host, provider, hub, kit, key_file)


async def test_an_operator_signs_in_through_the_provider_and_out_again(
    desk: Desk, page: Page
) -> None:
    await desk.open(page)
    assert not await page.run("document.querySelector('form.case')")
    who = await desk.sign_in(page, "viewer")
    await page.until(looks.says(BAR, f"You are operator {who[:6]}: viewer."))
    assert await page.run("location.search + location.hash") == ""
    assert {ask["url"].split("?")[0] for ask in page.requests if "authorize" in ask["url"]} == {
        desk.provider.url + "/authorize"
    }
    assert not [ask for ask in page.requests if "/token" in ask["url"]]  # the host asks for that
    await page.goto(desk.host.http + "/")  # still signed in after a reload
    await page.until(looks.says(BAR, who[:6]))
    await page.click(f"{BAR} button")
    await page.until("document.querySelector('.sign-in button')")
    assert await page.run("JSON.stringify({...sessionStorage})") == "{}"
    signed = await asyncio.to_thread(desk.hub.sign_in, "admin")
    operators = await asyncio.to_thread(signed.ask, "GET", "/operators")
    assert who not in operators.text


async def test_what_a_role_lacks_is_not_offered(desk: Desk, page: Page) -> None:
    offered = """[...document.querySelectorAll('form.case button, .ground button')]
        .filter((it) => it.checkVisibility?.() || !it.closest('[hidden]')).map((it) => it.innerText
        || it.textContent)"""
    await desk.open(page)
    found = {}
    for role in ("viewer", "investigator", "auditor"):
        await desk.sign_in(page, role)
        found[role] = await page.run(offered)
        said = "There is nothing for your role to do on this page."
        assert await page.run(looks.says(BAR, said)) == (role == "auditor")
        await page.click(f"{BAR} button")
        await page.until("document.querySelector('.sign-in button')")
    assert found["viewer"] == ["Find cameras"]
    assert found["investigator"] == ["Find cameras", "Search here", "Ask for recordings…"]
    assert found["auditor"] == []


async def test_a_sign_in_that_was_not_begun_here_is_none(desk: Desk, page: Page) -> None:
    await desk.open(page)
    await page.run("sessionStorage.clear()")
    await page.goto(f"{desk.host.http}/?code=stolen&state=another")
    await page.until("document.querySelector('.sign-in button')")
    assert await page.run("location.search") == ""
    assert not [ask for ask in page.requests if ask["url"].endswith("/operators/code")]
    desk.provider.sitting = ""  # nobody: the provider says access_denied
    await page.click(".sign-in button")
    await page.until(looks.says("#notice", "Your agency did not sign you in (access_denied)."))


async def test_a_sign_in_that_is_over_is_told(desk: Desk, page: Page) -> None:
    await desk.open(page)
    who = await desk.sign_in(page, "viewer")
    admin = await asyncio.to_thread(desk.hub.sign_in, "admin")
    await asyncio.to_thread(admin.ask, "DELETE", f"/operators/{who}")
    await page.type("[name=case]", "C-7")
    await page.run("document.querySelector('[name=purpose]').value = 'fire'")
    await page.click("form.case button")
    await page.until(looks.says("#notice", "You are not signed in any more."))
    await page.until("document.querySelector('.sign-in button')")
    page.forgive("401")


async def test_two_operators_agree_on_a_view(desk: Desk, page: Page) -> None:
    await desk.open(page)
    first = desk.provider.person("viewer")
    desk.provider.sitting = first
    await page.click(".sign-in button")
    await page.until(f"document.querySelector('{BAR}')")
    await page.type("[name=case]", "C-8")
    await page.type("[name=reason]", "smoke over the roof")
    await page.run("document.querySelector('[name=purpose]').value = 'fire'")
    await page.click("form.case button")
    await page.until(looks.says(".found", "1 camera for case C-8."))
    await page.click(f"{looks.tile(desk.kit.id)} button")
    await page.until(looks.says(".side > .problem", "Another operator has to approve this first."))
    await page.until(looks.says(".approvals", "Waiting for an approver, until"))
    assert not await page.run("document.querySelector('.approvals button')")
    assert desk.host.parts.views.of(desk.hub.key.thumb) == []
    await page.click(f"{BAR} button")
    await page.until("document.querySelector('.sign-in button')")

    await desk.sign_in(page, "approver")
    await page.until(looks.says(".approvals", "Case C-8, fire: “smoke over the roof”"))
    assert await page.run("document.querySelector('form.case').checkVisibility()") is False
    await page.click(".approvals li button")
    await page.until(looks.says(".approvals", "Approved by operator"))
    await page.click(f"{BAR} button")
    await page.until("document.querySelector('.sign-in button')")

    desk.provider.sitting = first
    await page.click(".sign-in button")
    await page.until(looks.says(".approvals", "to be opened until"))
    await page.click(".approvals li button")
    await page.until(looks.says(looks.tile(desk.kit.id), "Close"))
    (view,) = desk.host.parts.views.of(desk.hub.key.thumb)
    assert (view.intent.case, view.intent.reason) == ("C-8", "smoke over the roof")
    assert desk.approvals() == []
