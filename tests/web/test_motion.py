"""The resident's page shows what moved: bars, the threshold, the words; live, or of a day."""

import pytest

from accord import b64, wire
from tests.web import looks
from tests.web.street import ObedientBoard, Street, pictures
from tests.web.tab import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOTION, PRE_ROLL = 1, 3


async def sharing(page: Page, street: Street) -> tuple[str, ObedientBoard, bytes]:
    """The page with one camera looked at whose board says nothing of itself any more."""
    await street.allow("porch")
    await page.goto(street.demo)
    camera = street.camera("porch")
    await page.until(looks.is_(looks.tile(camera), "live"))
    board = street.boards["porch"]
    board.paused = True
    return f"{looks.card(camera)} .motion", board, b64.decode(street.jtis["porch"])


def status(quiet: int, score: int) -> wire.Status:
    return wire.Status(2, 1, 3, 1, 0, 0, 0, quiet, 0, score, bytes(16), b"ok")


def drawn(figure: str, kind: str) -> str:
    """Whether bars of a kind are drawn, and seen."""
    path = f"document.querySelector({figure + f' path[data-kind={kind}]'!r})"
    return f"{path}?.getAttribute('d') && {path}.getBoundingClientRect().height > 0"


async def test_what_moves_is_shown_as_it_happens(page: Page, street: Street) -> None:
    figure, board, handle = await sharing(page, street)
    await page.until(looks.says(figure, "What moved in"))
    await board.say(status(0, 0))
    for reason, score in ((PRE_ROLL, 90), (MOTION, 5200)):
        await board.send_frame(pictures(2)[0], handle, reason=reason, score=score)
    await board.say(status(1234, 3100))
    await page.until(looks.says(figure, "1 motion"))
    await page.until(looks.says(figure, "1 just before motion"))
    await page.until(looks.says(figure, "Kept back 1,234 frames ("))
    await page.until(drawn(figure, "motion"))
    await page.until(looks.says(f"{figure} .legend", "kept back"))
    await page.click(f"{figure} summary")
    await page.until(looks.says(f"{figure} .moments", "score 5200"))


async def test_the_threshold_is_a_line_where_a_score_of_1000_stands(
    page: Page, street: Street
) -> None:
    await page.goto(street.demo)
    figure = f"{looks.card(street.camera('drive'))} .motion"
    await street.boards["drive"].say(status(0, 1000))
    await page.until(drawn(figure, "kept-back"))
    tops = (
        "(() => { const top = (query) => document.querySelector(query).getBoundingClientRect().top;"
        f" const line = top({figure + ' .threshold'!r});"
        f" const bars = document.querySelectorAll({figure + ' path'!r});"
        " return [line, ...[...bars].map((bar) => bar.getBoundingClientRect())"
        ".filter(({height}) => height > 0).map(({top}) => top)]; })()"
    )
    line, *bars = await page.run(tops)
    assert abs(min(bars) - line) < 1.5


async def test_a_longer_span_is_asked_of_the_host(page: Page, street: Street) -> None:
    figure, board, _ = await sharing(page, street)
    await board.say(status(0, 4321))
    await page.until(looks.says(figure, "What moved in"))
    choose = (
        f"(() => {{ const field = document.querySelector({figure + ' select'!r});"
        " field.value = '86400'; field.dispatchEvent(new Event('change')); })()"
    )
    await page.run(choose)
    await page.until(looks.says(f"{figure} .kept", "the last day"))
    asked = [request["url"] for request in page.requests if "/motion?" in request["url"]]
    assert asked[-1].endswith("&step=240")
    assert "step=10" in asked[0]


async def test_the_chart_has_words_for_who_does_not_see_it(page: Page, street: Street) -> None:
    figure, _, _ = await sharing(page, street)
    label = f"document.querySelector({figure + ' svg'!r}).getAttribute('aria-label')"
    assert await page.run(label) == (
        "Motion score at Front porch over time; the words beside say the same"
    )
    choice = f"document.querySelector({figure + ' select'!r}).getAttribute('aria-label')"
    assert await page.run(choice) == "What moved at Front porch, in"
    assert (
        await page.run(f"document.querySelector({figure + ' svg'!r}).getAttribute('role')") == "img"
    )
