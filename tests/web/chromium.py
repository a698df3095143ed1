"""A headless Chromium for tests: started, spoken to over its DevTools protocol, ended.

A driver package would bring a second Node and tens of megabytes for the dozen commands used here.
Nothing is fetched: the browser is whatever this machine has.
"""

import asyncio
import itertools
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from tests.web.tab import Json, Page, PageChanged, PageError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-crash-reporter",
    "--disable-extensions",
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
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
CHANGED = ("Inspected target navigated", "Execution context was destroyed", "Cannot find context")
_LISTENING = b"DevTools listening on "


def executable() -> str | None:
    """The browser of this machine, or the one PORCHLIGHT_CHROMIUM names; None if there is none."""
    named = os.environ.get("PORCHLIGHT_CHROMIUM")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


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
        error = json.dumps(message["error"])
        changed = any(words in error for words in CHANGED)
        answer.set_exception(PageChanged(error) if changed else PageError(error))
    else:
        answer.set_result(message["result"])
