"""Connection: what a stream may ask of the TCP connection below it, where the server offers it.

ASGI has no word for "the viewer can take more now" or "let go at once". The server puts an object
with these methods into scope["extensions"]; under another server a stream does without.
"""

from typing import Final, Protocol

from starlette.types import Receive, Scope

from porchlight.streams.sinks import Sink

Headers = list[tuple[bytes, bytes]]

EXTENSION: Final = "porchlight.connection"


class Watcher(Protocol):
    """Who has to know of a connection that was handed over."""

    def room(self) -> None:
        """It can take more."""

    def gone(self) -> None:
        """It is lost."""


class Connection(Protocol):
    """One viewer's connection. `hands_over`: whether it can be had for good."""

    hands_over: bool

    def stream(self) -> None:
        """From now on only the newest matters: keep next to nothing buffered for the viewer."""

    async def all_sent(self) -> None:
        """Return once nothing written waits on this machine, or once the viewer is gone."""

    def abort(self) -> None:
        """Close at once, dropping what was not sent yet: what was is beyond recall."""

    def hand_over(self, headers: Headers, opening: bytes) -> Sink | None:
        """Answer 200 with these headers, then `opening`: what comes after is the caller's.

        For the server the request is done. None: the viewer is gone already.
        """

    def tell(self, watcher: Watcher) -> None:
        """From now on; after hand_over()."""


class Unknown:
    """Stands in under a server that offers nothing: never waits, cannot abort."""

    hands_over = False

    def stream(self) -> None:
        """Nothing to be done."""

    async def all_sent(self) -> None:
        """send() itself waits."""

    def abort(self) -> None:
        """The response just ends."""

    def hand_over(self, headers: Headers, opening: bytes) -> Sink | None:
        """Nothing to be had."""

    def tell(self, watcher: Watcher) -> None:
        """Nothing to be told."""


async def gone(receive: Receive) -> None:
    """Return when the peer left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def of(scope: Scope) -> Connection:
    """The connection of a request."""
    found: Connection = scope.get("extensions", {}).get(EXTENSION) or Unknown()
    return found
