"""Somebody's own server that webhooks are sent to: a real uvicorn on a free port, in a thread."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

PATIENCE_S = 20.0


@dataclass(frozen=True)
class Post:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers with the next of `answers`, else with 204; `posts`: what came so far."""

    port: int = 0
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, extra = self.answers.pop(0) if self.answers else (204, {})
        headers = [(name.encode(), value.encode()) for name, value in extra.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        named = {name.decode(): value.decode() for name, value in scope["headers"]}
        raw = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        with self.news:
            self.posts.append(Post(raw.decode(), named, body))
            self.news.notify_all()

    def wait(self, so: Callable[[list[Post]], Any]) -> None:
        """Until that is true of what came."""
        with self.news:
            assert self.news.wait_for(lambda: so(self.posts), PATIENCE_S), self.posts


@contextlib.contextmanager
def receiving(**tls: Any) -> Iterator[Receiver]:
    """A receiver that runs; `tls`: uvicorn's ssl_certfile and ssl_keyfile."""
    receiver = Receiver()
    ready = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            receiver.port = self.servers[0].sockets[0].getsockname()[1]
            ready.set()

    config = uvicorn.Config(receiver, "127.0.0.1", 0, log_config=None, lifespan="off", **tls)
    server = Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert ready.wait(PATIENCE_S)
        yield receiver
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
