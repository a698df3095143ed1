"""A headless Chromium for tests: started, spoken to over its DevTools protocol, ended.

A driver package would bring a second Node and tens of megabytes for the dozen commands used here.
Nothing is fetched: the browser is whatever this machine has.
"""

import asyncio
import base64
import itertools
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--remote-debugging-port=0",
)
START_S = 60.0
COMMAND_S = 30.0
MAX_MESSAGE = 64 * 1024 * 1024
_LISTENING = b"DevTools listening on "

# The middle of an element that did not move for two frames; false while it is not to be clicked.
_STILL = """(async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const element = document.querySelector(SELECTOR);
  if (!element?.getClientRects().length || element.ariaBusy) return false;
  element.scrollIntoView({ block: "center", behavior: "instant" });
  const before = element.getBoundingClientRect();
  await frame();
  await frame();
  const { x, y, width, height } = element.getBoundingClientRect();
  const note = ({ target }) => { window.hit = element.contains(target); };
  window.hit = false;
  addEventListener("click", note, { capture: true, once: true });
  const still = element.isConnected && x === before.x && y === before.y;
  return still && { x: x + width / 2, y: y + height / 2 };
})()"""

Json = dict[str, Any]


def executable() -> str | None:
    """The browser of this machine, or the one PORCHLIGHT_CHROMIUM names; None if there is none."""
    named = os.environ.get("PORCHLIGHT_CHROMIUM")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


class PageError(AssertionError):
    """What the page did not do, or the browser refused."""


class Browser:
    """One running browser. Use running(); its pages come from page()."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self._pages: dict[str, Page] = {}

    async def page(self) -> "Page":
        """A new blank tab of its own, with storage shared with no other."""
        context = await self.send("Target.createBrowserContext", {})
        target = await self.send(
            "Target.createTarget",
            {"url": "about:blank", "browserContextId": context["browserContextId"]},
        )
        attached = await self.send(
            "Target.attachToTarget", {"targetId": target["targetId"], "flatten": True}
        )
        page = self._pages[attached["sessionId"]] = Page(self, attached["sessionId"])
        page.context = context["browserContextId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            await page.send(f"{domain}.enable")
        return page

    async def send(self, method: str, params: Json, session: str | None = None) -> Json:
        """One command and its answer."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params}
        await self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        async with asyncio.timeout(COMMAND_S):
            return await answer

    async def listen(self) -> None:
        """Hand answers and events to whom they belong, until the socket closes."""
        async for raw in self._socket:
            message = json.loads(raw)
            if "id" in message:
                _settle(self._answers.pop(message["id"]), message)
            elif page := self._pages.get(message.get("sessionId", "")):
                page.hear(message["method"], message["params"])


class Page:
    """One tab, and what it did: requests sent, console lines, errors and policy violations."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.context = ""
        self.requests: list[Json] = []
        self.complaints: list[str] = []

    async def send(self, method: str, **params: Any) -> Json:
        return await self._browser.send(method, params, self._session)

    def hear(self, method: str, params: Json) -> None:
        """Keep what the tests judge."""
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(json.dumps(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")

    async def close(self) -> None:
        """End the tab and all that it stored."""
        context = {"browserContextId": self.context}
        await self._browser.send("Target.disposeBrowserContext", context)

    def forgive(self, *words: str) -> None:
        """These complaints were meant to happen."""
        kept = [it for it in self.complaints if not any(word in it for word in words)]
        self.complaints = kept

    async def goto(self, url: str) -> None:
        """Open an address; the page may still be loading."""
        answer = await self.send("Page.navigate", url=url)
        if "errorText" in answer:
            raise PageError(f"{url}: {answer['errorText']}")

    async def run(self, expression: str) -> Any:
        """The value of an expression in the page; a promise is awaited."""
        answer = await self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise PageError(f"{expression}: {json.dumps(answer['exceptionDetails'])}")
        return answer["result"].get("value")

    async def until(self, condition: str, within_s: float = 15.0) -> Any:
        """The value of an expression once it is true; looked at whenever a task of ours runs."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        judged = f"Promise.resolve({condition}).then((it) => it instanceof Node || it)"
        while not (value := await self.run(judged)):
            if loop.time() > end:
                raise PageError(f"not within {within_s} s: {condition}\n{await self.text()}")
            await asyncio.sleep(0.02)
        return value

    async def text(self) -> str:
        """All words on the page, and its complaints: what a failed test shows."""
        words = await self.run("document.body?.innerText ?? ''")
        return "\n".join([words, *self.complaints])

    async def click(self, selector: str) -> None:
        """Click an element as a hand would, once it is there, takes clicks and stands still."""
        hit = False
        while not hit:  # it may move away between the look and the click
            spot = await self.until(_STILL.replace("SELECTOR", json.dumps(selector)))
            for kind in ("mousePressed", "mouseReleased"):
                await self.send(
                    "Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **spot
                )
            hit = await self.run("window.hit")

    async def type(self, selector: str, text: str) -> None:
        """Type into a field."""
        await self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.send("Input.insertText", text=text)

    async def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file, as through the dialog."""
        document = await self.send("DOM.getDocument")
        node = await self.send(
            "DOM.querySelector", nodeId=document["root"]["nodeId"], selector=selector
        )
        await self.send("DOM.setFileInputFiles", files=[str(path)], nodeId=node["nodeId"])

    async def screenshot(self, path: Path, *, width: int, height: int, dark: bool) -> None:
        """A picture of the page at this size, for a person to look at."""
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},  # no half-done transitions
        ]
        await self.send("Emulation.setEmulatedMedia", features=features)
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        shot = await self.send("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))


@asynccontextmanager
async def running(path: str, profile: Path) -> AsyncIterator[Browser]:
    """A browser with a new profile, ended with all of its processes."""
    process = await asyncio.create_subprocess_exec(
        path, *FLAGS, f"--user-data-dir={profile}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        address = await _address(process.stderr)
        draining = asyncio.create_task(_drain(process.stderr))
        async with connect(address, max_size=MAX_MESSAGE, compression=None) as socket:
            browser = Browser(socket)
            listening = asyncio.create_task(browser.listen())
            try:
                yield browser
            finally:
                listening.cancel()
                draining.cancel()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _address(stderr: asyncio.StreamReader) -> str:
    said = b""
    async with asyncio.timeout(START_S):
        while line := await stderr.readline():
            said += line
            if line.startswith(_LISTENING):
                return line.removeprefix(_LISTENING).decode().strip()
    raise PageError(f"the browser did not start: {said.decode(errors='replace')}")


async def _drain(stderr: asyncio.StreamReader) -> None:
    while await stderr.read(65_536):
        pass


def _settle(answer: "asyncio.Future[Json]", message: Json) -> None:
    if answer.done():
        return
    if "error" in message:
        answer.set_exception(PageError(json.dumps(message["error"])))
    else:
        answer.set_result(message["result"])
