"""Hub: a command center's way into one host. Asynchronous and typed.

    async with Hub("https://porch.example:8443", key, ca=ca) as hub:
        why = Why(case="24-117", purpose="missing-person")
        for found in await hub.search(Circle(52.52, 13.40, 300), why):
            async with hub.view([found.camera], why) as view:
                async for picture in view.pictures(found.camera): ...

Whatever a resident did not sign comes as Refused, with the word that stands in their log too.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from porchlight.client import asking, proofs, recordings
from porchlight.client.asking import Wanted
from porchlight.client.errors import BadAnswer, Pending
from porchlight.client.making import API, QUIET
from porchlight.client.models import Area, Clip, Found, Why
from porchlight.client.proofs import Signer
from porchlight.client.readers import Event, EventReader
from porchlight.client.receipts import Look, Receipts
from porchlight.client.session import Session
from porchlight.client.view import View


class Hub:
    """One hub at one host; `async with` closes it. See Session for the arguments."""

    def __init__(self, base: str, key: Signer, *, ca: Path | None = None) -> None:
        self._begin(Session(base, key, ca=ca))

    @classmethod
    def over(cls, session: Session) -> Self:
        """A hub that asks through a session of one's own."""
        hub = cls.__new__(cls)
        hub._begin(session)
        return hub

    def _begin(self, session: Session) -> None:
        self._session = session
        self._receipts = Receipts(session)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def name(self) -> str:
        """What this host calls the hub."""
        return str((await self._session.ask("GET", "/me"))["name"])

    def acts_for(self, token: str) -> None:
        """From now on requests are an operator's: `token` is their session at this host; "" for
        the hub alone."""
        self._session.make.token = token

    async def search(self, area: Area, why: Why, *, action: str = "live") -> list[Found]:
        """The cameras there whose residents let this hub do `action` now. An entry in the log of
        each of them."""
        asked = why.as_json() | area.as_json() | {"action": action}
        answer = await self._session.ask("POST", "/search", asked)
        try:
            return [Found.from_feature(feature) for feature in answer["features"]]
        except (KeyError, TypeError, ValueError):
            raise BadAnswer("a search that is no FeatureCollection") from None

    @asynccontextmanager
    async def view(
        self, cameras: Sequence[str], why: Why, *, action: str = "live", approval: str = ""
    ) -> AsyncIterator[View]:
        """A view that is open while entered, and stands in each resident's log: Unproven if the
        host does not prove that. One camera that may not be shown refuses all. Pending:
        another operator has to approve first; then ask again with that `approval`. The hub's key
        signs each look; ValueError for an id or a purpose that cannot be signed."""
        asked: dict[str, Any] = {"cameras": list(cameras), "action": action} | why.as_json()
        asked |= {"approval": approval} if approval else {}
        opened = await self._session.open_view(asked)
        if "approval" in opened:
            raise Pending(str(opened["approval"]))
        view = View(self._session, opened)
        try:
            look = Look("view.open", view.id, why.purpose)
            await self._receipts.of_cameras(view.receipts, look, cameras)
            yield view
        finally:
            await view.close()

    async def request(self, wanted: Wanted) -> str:
        """Ask the residents of an area for recordings; the request's id. Whether anybody was asked
        is not told. ValueError: the words cannot be signed."""
        make = self._session.make
        if make.key is None:
            raise ValueError("a request is signed: a hub without a key cannot make one")
        host = (await self._session.ask("GET", "/requests"))["host"]
        jti = make.random(proofs.JTI_BYTES)
        token = asking.signed(wanted, make.key, host, now=int(make.now()), jti=jti)
        return str((await self._session.ask("POST", "/requests", {"token": token}))["id"])

    async def approvals(self, request: str) -> dict[str, str]:
        """Who said yes so far: camera -> the grant that answers. No answer and a no look alike."""
        said = await self._session.ask("GET", f"/requests/{request}")
        try:
            return {str(yes["camera"]): str(yes["grant"]) for yes in said["approvals"]}
        except (KeyError, TypeError):
            raise BadAnswer("a request without approvals") from None

    async def clips(self, camera: str, why: Why) -> list[Clip]:
        """The recordings of a camera that this hub may be told of now, newest first; none looks
        like no such camera. An entry in its resident's log."""
        return await recordings.listed(self._session, camera, why)

    async def export(self, clip: str, why: Why, folder: Path, *, approval: str = "") -> Path:
        """Take a clip away: a bundle in `folder` that `porchlight verify` checks. Pending: another
        operator has to approve first; then ask again with that `approval`. Unproven as for view."""
        made = await recordings.made(self._session, clip, why, approval)
        look = Look("clip.released", str(made.get("id")), why.purpose)
        await self._receipts.of_clip(made.get("receipt"), look, clip)
        return await recordings.saved(self._session, clip, str(made["url"]), folder)

    async def events(self) -> AsyncGenerator[Event, None]:
        """What happens to this hub's views, as it happens; ends when the host stops."""
        async with self._session.opened(f"{API}/events", signed=True, patience=QUIET) as answer:
            reader = EventReader()
            async for chunk in answer.aiter_bytes():
                reader.feed(chunk)
                while (event := reader.next_event()) is not None:
                    yield event

    async def ask(self, method: str, path: str, value: object = None) -> Any:
        """Anything else of the API, below /api/v1."""
        return await self._session.ask(method, path, value)
