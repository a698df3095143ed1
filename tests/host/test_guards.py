"""The cap on bodies, without a server: what the app sees, and how long it waits."""

import asyncio
import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from porchlight.api.guards import BodyCap


class Echo:
    """An app that answers with the body it got; `asked` counts its calls."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


async def ask(
    app: Echo, messages: list[Message], *, seconds: float = 10, **headers: str
) -> tuple[int, bytes]:
    """(status, body); (0, b"") if nothing was answered. Runs dry: the client sends no more."""
    queue, sent = list(messages), list[Message]()

    async def receive() -> Message:
        if not queue:
            await asyncio.Event().wait()
        return queue.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/x", "headers": named}
    await BodyCap(app, most_bytes=8, seconds=seconds)(scope, receive, send)
    status = sent[0]["status"] if sent else 0
    return status, b"".join(message.get("body", b"") for message in sent)


def body(data: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": data, "more_body": more}


async def test_a_body_within_the_cap_arrives_whole() -> None:
    parts = [body(b"1234", more=True), body(b"", more=True), body(b"5678")]
    assert await ask(Echo(), parts, content_length="8") == (200, b"12345678")
    assert await ask(Echo(), parts, transfer_encoding="chunked") == (200, b"12345678")


@pytest.mark.parametrize("headers", [{"content_length": "9"}, {"transfer_encoding": "chunked"}])
async def test_a_byte_more_is_too_large(headers: dict[str, str]) -> None:
    app = Echo()
    status, answer = await ask(app, [body(b"1234", more=True), body(b"56789")], **headers)
    assert (status, json.loads(answer)["reason"]) == (413, "too-large")
    assert app.asked == 0


@pytest.mark.parametrize("length", ["-1", "x", "1" * 5000, "+8", "\u00b2", " 8"])
async def test_a_length_that_is_none_is_refused(length: str) -> None:
    status, _ = await ask(Echo(), [body(b"")], content_length=length)
    assert status in (400, 413)


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    app = Echo()
    status, answer = await ask(app, [body(b"1", more=True)], content_length="8", seconds=0.01)
    assert (status, json.loads(answer)["reason"]) == (408, "slow-body")
    assert app.asked == 0


async def test_a_client_that_leaves_gets_no_answer() -> None:
    app = Echo()
    parts = [body(b"1", more=True), {"type": "http.disconnect"}]
    assert await ask(app, parts, content_length="8") == (0, b"")
    assert app.asked == 0


async def test_without_a_body_nothing_is_waited_for() -> None:
    assert await ask(Echo(), [body(b"")]) == (200, b"")
    assert await ask(Echo(), [body(b"")], content_length="0") == (200, b"")
