"""One tab of a headless Chromium: opened, read, clicked, and listened to."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any, Protocol

Json = dict[str, Any]
POLL_S = 0.05  # what the page itself notes is exact; each look from here costs browser and test

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


class PageError(AssertionError):
    """What the page did not do, or the browser refused."""


class PageChanged(PageError):
    """Another page came while this one was asked."""


class Wire(Protocol):
    """The browser behind a tab."""

    async def send(self, method: str, params: Json, session: str | None = None) -> Json: ...


class Page:
    """One tab, and what it did: requests sent, sockets opened, console lines, errors and policy
    violations."""

    def __init__(self, browser: Wire, session: str) -> None:
        self._browser = browser
        self._session = session
        self.context = ""
        self.requests: list[Json] = []
        self.sockets: list[str] = []
        self.complaints: list[str] = []

    async def send(self, method: str, **params: Any) -> Json:
        return await self._browser.send(method, params, self._session)

    def hear(self, method: str, params: Json) -> None:
        """Keep what the tests judge."""
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"])
        elif method == "Network.webSocketCreated":
            self.sockets.append(params["url"])
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
        while not (value := await self._now(judged)):
            if loop.time() > end:
                raise PageError(f"not within {within_s} s: {condition}\n{await self.text()}")
            await asyncio.sleep(POLL_S)
        return value

    async def _now(self, expression: str) -> Any:
        """run(); None where another page came meanwhile, which may say more."""
        try:
            return await self.run(expression)
        except PageChanged:
            return None

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

    async def resize(self, width: int, height: int) -> None:
        """How much of the page is in sight. Pixels."""
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip

    async def screenshot(self, path: Path, *, width: int, height: int, dark: bool) -> None:
        """A picture of the page at this size, for a person to look at."""
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},  # no half-done transitions
        ]
        await self.send("Emulation.setEmulatedMedia", features=features)
        await self.resize(width, height)
        shot = await self.send("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))
