"""View: pictures of some cameras, for as long as their residents allow it."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from porchlight.client.errors import BadAnswer, Problem
from porchlight.client.readers import MjpegReader, Part
from porchlight.client.session import Session

_GONE = 404  # closed already: it ended by itself


@dataclass(frozen=True)
class Picture:
    """`jpeg` and what the host says of it. `taken`: RFC 3339. `grant`: its jti; none of a wall.
    `repeated`: the last picture once more, because nothing newer came."""

    jpeg: bytes
    taken: str
    sequence: int
    grant: str
    repeated: bool

    @classmethod
    def of(cls, part: Part) -> "Picture":
        """A part of a stream."""
        said = part.headers
        return cls(
            jpeg=part.jpeg,
            taken=said.get("x-timestamp", ""),
            sequence=part.sequence,
            grant=said.get("x-grant", ""),
            repeated="x-repeat" in said,
        )


class View:
    """One opened view. `cameras`: what it shows; `receipts`: the host's signed word that the
    look stands in each resident's log; keep them."""

    def __init__(self, session: Session, opened: dict[str, Any]) -> None:
        self._session = session
        try:
            self.id: str = opened["id"]
            self.expires: int = opened["expires"]
            self._urls: dict[str, Any] = opened["urls"]
            self.cameras: tuple[str, ...] = tuple(self._urls["cameras"])
            self.receipts: list[dict[str, Any]] = opened.get("receipts", [])
        except (KeyError, TypeError):
            raise BadAnswer("a view without id, expires or urls") from None

    def pictures(
        self, camera: str, *, fps: float | None = None, width: int | None = None
    ) -> AsyncGenerator[Picture, None]:
        """One camera as it comes, until it ends: by the resident, by its time, or close().
        `fps`, `width`: less than there is, for a thin line."""
        return self._parts(self._urls["cameras"][camera]["stream"], fps=fps, width=width)

    def wall(self, *, width: int | None = None) -> AsyncGenerator[Picture, None]:
        """All cameras in one picture."""
        return self._parts(self._urls["wall"], width=width)

    async def snapshot(self, camera: str) -> bytes:
        """One picture: a JPEG."""
        url = self._urls["cameras"][camera]["snapshot"]
        async with self._session.opened(url, signed=False) as answer:
            return await answer.aread()

    async def close(self) -> None:
        """The hub is done looking; the residents' logs say so. Harmless if it ended already."""
        try:
            await self._session.ask("DELETE", f"/views/{self.id}")
        except Problem as problem:
            if problem.status != _GONE:
                raise

    async def _parts(self, url: str, **limits: float | None) -> AsyncGenerator[Picture, None]:
        params = {name: value for name, value in limits.items() if value is not None}
        async with self._session.opened(url, signed=False, params=params) as answer:
            reader = MjpegReader(answer.headers.get("content-type", ""))
            async for chunk in answer.aiter_bytes():
                reader.feed(chunk)
                while (part := reader.next_part()) is not None:
                    yield Picture.of(part)
