"""The page of `porchlight gate replay` in a browser: scrubbing, jumping, painting zones."""

import asyncio
import json
from pathlib import Path

import pytest

from porchkit import zones
from porchkit.replay import page as replay_page
from porchkit.replay.labels import Labels
from porchkit.replay.run import Looks, Settings, Verdict
from porchkit.replay.source import Reel
from tests.support.standins import picture
from tests.web.tab import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

COLS, ROWS = 80, 60
BOX = (20, 15, 40, 30)
COMMAND = "porchlight gate replay '</script>.mjpg' --zones zones.txt"
SLIDER = "document.getElementById('slider')"
VERDICT = "document.getElementById('verdict').textContent"


def looks(moving: bool) -> Looks:
    mask = bytearray(COLS * ROWS)
    left, top, right, bottom = BOX
    for row in range(top, bottom if moving else top):
        mask[row * COLS + left : row * COLS + right] = bytes([2]) * (right - left)
    return Looks(COLS, ROWS, bytes([90]) * len(mask), bytes([30]) * len(mask), bytes(mask))


def judged(score: int, *, learning: bool = False) -> Verdict:
    moving = score >= 1000
    box = BOX if moving else (0, 0, 0, 0)
    return Verdict(900, score=score, learning=learning, box=box, looks=looks(moving))


VERDICTS = [
    judged(0, learning=True),
    judged(400),
    judged(2300),
    judged(5000),
    Verdict(900, "truncated"),
    judged(100),
    judged(65_535),
    judged(0),
]
LABELS = Labels((0, 0, 1, 1, 2, 0, 0, 1), ((2, 3), (7, 7)), ())


def write(folder: Path, labels: Labels | None = LABELS, given: list[str] | None = None) -> str:
    pictures = [picture(number * 20) for number in range(len(VERDICTS))]
    reel = Reel("porch <1>", Path("porch.mjpg"), pictures, labels)
    path = folder / "porch.html"
    path.write_text(replay_page.render(reel, VERDICTS, Settings(zones=given), COMMAND), "utf-8")
    return path.as_uri()


async def opened(page: Page, address: str) -> None:
    await page.goto(address)
    await page.until(
        "document.getElementById('verdict')?.textContent"
        " && document.getElementById('picture').naturalWidth === 640"
    )


async def press(page: Page, key: str, *, shift: bool = False) -> None:
    text = {"text": key} if len(key) == 1 and not shift else {}
    for kind in ("keyDown", "keyUp"):
        await page.send(
            "Input.dispatchKeyEvent", type=kind, key=key, modifiers=8 if shift else 0, **text
        )
        text = {}


async def place(page: Page) -> int:
    return int(await page.run(f"{SLIDER}.value"))


async def pixel(page: Page, canvas: str, x: float, y: float) -> list[int]:
    """Red, green, blue and opacity at a point, in shares of the canvas."""
    seen: list[int] = await page.run(
        f"(() => {{ const seen = document.getElementById({json.dumps(canvas)});"
        " const copy = new OffscreenCanvas(seen.width, seen.height);"
        " const pen = copy.getContext('2d', {willReadFrequently: true}); pen.drawImage(seen, 0, 0);"
        f" return [...pen.getImageData(Math.floor(seen.width * {x}),"
        f" Math.floor(seen.height * {y}), 1, 1).data]; }})()"
    )
    return seen


async def downloaded(page: Page, folder: Path) -> Path:
    """What the button saves, once it is there."""
    await page.send("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    await page.click("#download")
    saved = folder / "zones.txt"
    async with asyncio.timeout(15):
        while not saved.exists():  # noqa: ASYNC110 - the browser tells only its own client
            await asyncio.sleep(0.02)
    return saved


async def test_scrubbing_shows_the_frame_and_what_the_gate_saw(page: Page, tmp_path: Path) -> None:
    await opened(page, write(tmp_path))
    assert "still learning" in await page.run(VERDICT)
    await press(page, "ArrowRight")
    assert await page.run(VERDICT) == (
        "Kept back: score 0.4 \u00d7 the threshold. Labelled quiet: right."
    )
    assert await page.run("document.getElementById('picture').alt") == "Frame 1"
    await page.run(f"{SLIDER}.value = 2; {SLIDER}.dispatchEvent(new Event('input'))")
    assert "something moved here, score 2.3 \u00d7" in await page.run(VERDICT)
    assert (await pixel(page, "thumbnail", 0.5, 0.5))[:3] == [90, 90, 90]
    assert (await pixel(page, "background", 0.5, 0.5))[:3] == [30, 30, 30]
    assert await pixel(page, "mask", 0.3, 0.3) != await pixel(page, "mask", 0.9, 0.9)
    assert (await pixel(page, "overlay", 0.25, 0.4))[3] == 255, "no box on the left edge"
    assert (await pixel(page, "overlay", 0.4, 0.4))[3] == 0, "the box hides the picture"
    assert (await pixel(page, "chart", 6.5 / 8, 0.1))[3] == 255, "no bar for the highest score"
    assert await page.run(f"{SLIDER}.ariaValueText.startsWith('frame 2: Sent')")


async def test_a_frame_that_cannot_be_read(page: Page, tmp_path: Path) -> None:
    await opened(page, write(tmp_path))
    for _ in range(4):
        await page.click("#forth")
    assert "cannot be read (truncated)" in await page.run(VERDICT)


async def test_jumping(page: Page, tmp_path: Path) -> None:
    await opened(page, write(tmp_path))
    places = []
    for button in ("#next-sent", "#next-false", "#next-event", "#next-event"):
        await page.click(button)
        places.append(await place(page))
    assert places == [2, 6, 7, 7]
    assert "None after this" in await page.text()
    await press(page, "s", shift=True)
    assert await place(page) == 6


async def test_playing_ends_at_the_end(page: Page, tmp_path: Path) -> None:
    await opened(page, write(tmp_path))
    await page.click("#play")
    await page.until(f"{SLIDER}.value === '7'")
    await page.until("document.getElementById('play').textContent === 'Play'")


async def test_without_labels_nothing_is_called_false(page: Page, tmp_path: Path) -> None:
    await opened(page, write(tmp_path, labels=None))
    assert await page.run("document.getElementById('next-false').hidden")
    assert "Labelled" not in await page.run(VERDICT)


async def test_painting_with_the_pointer_makes_a_zones_file(page: Page, tmp_path: Path) -> None:
    await opened(page, write(tmp_path))
    await page.click("#paint")
    assert await page.run("document.getElementById('paint').ariaPressed") == "true"
    await page.run("document.getElementById('overlay').scrollIntoView({block: 'center'})")
    box = await page.run(
        "(() => { const { x, y, width, height } ="
        " document.getElementById('overlay').getBoundingClientRect();"
        " return { x, y, width, height }; })()"
    )
    steps = [("mousePressed", 4), ("mouseMoved", 5), ("mouseMoved", 6), ("mouseReleased", 6)]
    for kind, col in steps:
        x, y = box["x"] + box["width"] * (col + 0.5) / 16, box["y"] + box["height"] * 3.5 / 12
        await page.send(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
        )
    assert (await pixel(page, "overlay", 4.5 / 16, 3.5 / 12))[3] > 0, "no veil"
    saved = zones.read(await downloaded(page, tmp_path))
    assert saved == ["." * 16] * 3 + ["....###........."] + ["." * 16] * 8
    assert "2 % of the picture is ignored. Of 3 frames here sent" in await page.text()


async def test_painting_with_the_keyboard(page: Page, tmp_path: Path) -> None:
    await opened(page, write(tmp_path, given=["....", "...."]))
    await page.click("#paint")
    for key in ("ArrowRight", "ArrowDown", " ", "ArrowRight", " ", "ArrowRight"):
        await press(page, key)
    assert await place(page) == 0, "the keys also scrubbed"
    assert "Row 2, column 4: watched." in await page.text()
    assert zones.read(await downloaded(page, tmp_path)) == ["....", ".##."]


async def test_given_zones_are_where_painting_goes_on(page: Page, tmp_path: Path) -> None:
    await opened(page, write(tmp_path, given=["####", "##.#"]))
    assert "Of 3 frames here sent for motion, 3 have all of their region" in await page.text()
    await page.click("#clear")
    assert "Nothing is ignored." in await page.text()


async def test_asks_the_network_nothing_and_cannot(page: Page, tmp_path: Path) -> None:
    await opened(page, write(tmp_path))
    assert {request["url"].split(":")[0] for request in page.requests} <= {"file", "data", "blob"}
    assert await page.run("document.getElementById('command').textContent") == COMMAND
    assert await page.run("document.title") == "porch <1>: what the gate saw"
    elsewhere = "fetch('http://127.0.0.1:9/x').catch((error) => error.name)"
    assert await page.run(elsewhere) == "TypeError"
    page.forgive("Content Security Policy", "http://127.0.0.1:9")


async def test_fits_any_width(page: Page, tmp_path: Path) -> None:
    await opened(page, write(tmp_path))
    for width in (360, 800, 1400):
        await page.screenshot(tmp_path / "shot.png", width=width, height=800, dark=width == 800)
        assert await page.run("document.documentElement.scrollWidth <= innerWidth"), width
    unnamed = (
        "[...document.querySelectorAll('button, input, select, canvas')].filter((it) =>"
        " !it.textContent.trim() && !it.ariaLabel && !it.labels?.length).map((it) => it.id)"
    )
    assert await page.run(unnamed) == []


async def test_jumps_land_on_frames_that_are_there(page: Page, tmp_path: Path) -> None:
    """Where the page has not all of them, the one it jumps to is the one it meant."""
    reel = Reel("porch", Path("porch.mjpg"), [picture(0)] * len(VERDICTS), LABELS)
    path = tmp_path / "some.html"
    text = replay_page.render(reel, VERDICTS, Settings(), COMMAND, [1, 3, 5, 6])
    path.write_text(text, "utf-8")
    await opened(page, path.as_uri())
    assert "Of 8 frames 4 are on this page" in await page.run(
        "document.getElementById('thinned').textContent"
    )
    assert "score 0.4" in await page.run(VERDICT)
    seen = []
    for _ in range(2):
        await page.run("document.getElementById('next-sent').click()")
        seen.append(await page.run(f"{SLIDER}.value"))
    assert seen == ["1", "3"]
    assert "more than 65" in await page.run(VERDICT)
