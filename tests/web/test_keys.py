"""Keys stay in the browser: from the demo's address or a file into WebCrypto, and nowhere else."""

import json
from pathlib import Path

import pytest

from porchkit import keys
from tests.web import looks
from tests.web.street import Street
from tests.web.tab import Page, PageError

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEPT = """new Promise((done) => {
  const request = indexedDB.open("porchlight", 1);
  request.onsuccess = () => {
    const kept = request.result.transaction("kept").objectStore("kept").get(%s);
    kept.onsuccess = () => done(kept.result?.privateKey);
  };
})"""


def secrets_of(street: Street) -> list[str]:
    """The private halves as they would show up in text: JWK member, and the PEM's body."""
    halves = [keys.private_jwk(key)["d"] for key in (street.house.resident, street.house.hub)]
    files = [street.key_file(kind).read_text("ascii") for kind in ("resident", "hub")]
    return halves + [line for file in files for line in file.splitlines()[1:-1]]


async def test_a_key_from_the_address_leaves_it_and_never_travels(
    page: Page, street: Street
) -> None:
    await street.allow("porch")
    await page.goto(street.demo)
    await page.until(looks.live(1))
    await page.click(f"{looks.card(street.camera('porch'))} .stop")
    await page.until(looks.live(0))
    assert await page.run("location.href") == street.page
    sent = json.dumps([[r["url"], r["headers"], r.get("postData")] for r in page.requests])
    assert "dpop" in sent.lower()
    for secret in secrets_of(street):
        assert secret not in sent
        assert secret not in street.host_log()


async def test_no_script_can_read_a_kept_key(page: Page, street: Street) -> None:
    await page.goto(street.demo)
    await page.until("document.querySelectorAll('.side').length === 2")
    for kind in ("resident", "hub"):
        key = KEPT % json.dumps(kind)
        assert await page.run(f"{key}.then((key) => key.extractable)") is False
        exported = f"{key}.then((key) => crypto.subtle.exportKey('jwk', key))"
        with pytest.raises(PageError, match="not extractable"):
            await page.run(exported)


async def test_a_resident_comes_with_a_file(page: Page, street: Street) -> None:
    await page.goto(street.page)
    await page.until("document.querySelector('.welcome')")
    assert await page.run("document.querySelectorAll('.side').length") == 0
    await page.choose_file("#key-file", street.key_file("resident"))
    await page.until(looks.says("[data-side=resident]", "Front porch"))
    sent = json.dumps([[r["url"], r["headers"], r.get("postData")] for r in page.requests])
    assert not any(secret in sent for secret in secrets_of(street))
    await page.goto(street.page)  # kept for the next time
    await page.until(looks.says("[data-side=resident]", "Front porch"))
    await page.click(".keys button")
    await page.until("document.querySelector('.welcome')")
    assert await page.run(KEPT % '"resident"') is None


async def test_an_operator_names_case_and_purpose_first(page: Page, street: Street) -> None:
    await street.allow("porch")
    await page.goto(street.page)
    await page.until("document.querySelector('.welcome')")
    await page.choose_file("#key-file", street.key_file("hub"))
    await page.until("document.querySelector('.case')")
    await page.click(".case button")  # the browser itself asks for what is missing
    assert await page.run("document.querySelectorAll('.tile').length") == 0
    assert not any("/api/v1/cameras" in request["url"] for request in page.requests)
    await page.type("[name=case]", "24-117")
    await page.run("document.querySelector('[name=purpose]').value = 'theft'")
    await page.click(".case button")
    tile = looks.tile(street.camera("porch"))
    await page.until(looks.says(tile, "Not open"))
    await page.click(f"{tile} button")
    await page.until(looks.is_(tile, "live"))
    await page.click(f"{tile} button")
    await page.until(looks.says(tile, "You closed this view."))
    *_, opened = await street.entries("view.open")
    assert (opened["case"], opened["purpose"]) == ("24-117", "theft")
    *_, closed = await street.entries("view.close")
    assert (closed["view"], closed["reason"]) == (opened["view"], "closed")


async def test_a_purpose_nobody_allows_finds_nothing(page: Page, street: Street) -> None:
    await street.allow("porch")
    await page.goto(street.page)
    await page.until("document.querySelector('.welcome')")
    await page.choose_file("#key-file", street.key_file("hub"))
    await page.until("document.querySelector('.case')")
    await page.type("[name=case]", "24-118")
    await page.run("document.querySelector('[name=purpose]').value = 'fire'")
    await page.click(".case button")
    await page.until(looks.says(".found", "No resident allows live pictures for this purpose now."))


NO_KEYS = [  # what a file says, what the page says; no two in a row the same
    ("holiday photos", "This is not a key file (PEM or JWK)."),
    ('{"kty":"oct","k":"AAAA"}', "This file holds no private P-256 key."),
    ("{", "This is not a key file (PEM or JWK)."),
    ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "the public half of a key"),
    ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n", "locked with a password"),
    ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "no private P-256 key"),
]


async def test_a_file_that_is_no_key_is_told_so(page: Page, street: Street, tmp_path: Path) -> None:
    await page.goto(street.page)
    await page.until("document.querySelector('.welcome')")
    for number, (text, sentence) in enumerate(NO_KEYS):
        assert not await page.run(looks.says(".welcome", sentence))
        file = tmp_path / f"key{number}.pem"
        file.write_text(text, "ascii")
        await page.choose_file("#key-file", file)
        await page.until(looks.says(".welcome", sentence))
    assert not any("/api/" in request["url"] for request in page.requests)


async def test_a_key_this_host_does_not_know_is_told_so(
    page: Page, street: Street, tmp_path: Path
) -> None:
    file = tmp_path / "stranger.pem"
    keys.save_private(keys.generate(), file)
    await page.goto(street.page)
    await page.until("document.querySelector('.welcome')")
    await page.choose_file("#key-file", file)
    await page.until(looks.says(".welcome", "This host does not know this key."))
    assert await page.run(KEPT % '"resident"') is None
    page.forgive("401 (Unauthorized)")
