"""How the page is served: what it may load, what a cache may keep, what is not there."""

import httpx
import pytest

from tests.web.street import Street
from tests.web.tab import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def fetched(street: Street, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=street.page, trust_env=False) as http:
        return await http.request(method, path, headers=headers)


async def test_the_page_may_load_its_own_files_and_nothing_else(street: Street) -> None:
    for path in ("/", "/web/app.mjs", "/web/page.css", "/web/lib/keys.mjs"):
        headers = (await fetched(street, path)).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["connect-src"] == policy["style-src"] == "'self'"
        assert policy["require-trusted-types-for"] == "'script'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


async def test_a_browser_asks_each_time_and_gets_only_what_changed(street: Street) -> None:
    first = await fetched(street, "/web/app.mjs")
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-type"].startswith("text/javascript")
    again = await fetched(street, "/web/app.mjs", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await fetched(street, "/web/app.mjs", **{"If-None-Match": '"x"'})
    assert other.content == first.content


async def test_head_answers_without_the_file(street: Street) -> None:
    answer = await fetched(street, "/", "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    ["/web/", "/web/none.mjs", "/web/../app.py", "/web/%2e%2e/app.py", "/web//etc/passwd",
     "/web/lib", "/web/..%2fapp.py", "/web/app.mjs/"],
)  # fmt: skip
async def test_only_files_of_the_page_are_served(street: Street, path: str) -> None:
    answer = await fetched(street, path)
    assert answer.status_code == 404
    assert answer.json()["reason"] in ("no-such-page", "not-found")


async def test_the_policy_holds_in_the_browser(page: Page, street: Street) -> None:
    await page.goto(street.page)
    await page.until("document.querySelector('.welcome')")
    assert page.complaints == []
    made = (
        "(() => { try { document.body.innerHTML = '<b>x</b>'; } catch (e) { return e.name; } })()"
    )
    assert await page.run(made) == "TypeError"
    elsewhere = "fetch('http://127.0.0.1:9/x').catch((e) => e.name)"
    assert await page.run(elsewhere) == "TypeError"
    assert sum("Content Security Policy" in complaint for complaint in page.complaints) >= 2
    page.forgive("Content Security Policy", "TrustedHTML")
