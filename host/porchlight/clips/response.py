"""A clip over HTTP: its file, whole or a range of it, or its frames as a stream.

Asked right before each write whether the play still holds: when its grant ends, what was not sent
yet is dropped with the connection, for a slow reader must not outlast a consent.
"""

import logging
import re
from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from porchlight.clips.dressing import frame_of
from porchlight.clips.handout import Given
from porchlight.clips.pacing import paced
from porchlight.clips.plays import Play
from porchlight.clips.reader import ClipReader
from porchlight.clips.store import Clips
from porchlight.errors import RequestError
from porchlight.racing import first
from porchlight.streams import connection, mjpeg
from porchlight.streams.connection import Connection

CHUNK_BYTES: Final = 65_536
EXPORT: Final = "export"
PRIVATE: Final = {"Cache-Control": "no-store, no-transform", "Referrer-Policy": "no-referrer"}
_log = logging.getLogger(__name__)
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})\Z")


class NotSatisfiable(RequestError):
    """416: a range that the file does not have."""

    status = 416


def span(header: str | None, size: int) -> tuple[int, int] | None:
    """(first byte, how many) that a Range header asks for; None: the whole file, also where it
    asks for several ranges or in a way that is unknown (RFC 9110 §14.2)."""
    found = None if header is None else _RANGE.match(header.strip())
    if found is None or found.group(1) == found.group(2) == "":
        return None
    if not found.group(1):
        begin, end = max(0, size - int(found.group(2))), size - 1
    else:
        begin = int(found.group(1))
        end = min(size - 1, int(found.group(2))) if found.group(2) else size - 1
        if found.group(2) and int(found.group(2)) < begin:
            return None  # no range at all
    if begin > end:
        raise NotSatisfiable(
            "bad-range", f"the file has {size} bytes", headers={"Content-Range": f"bytes */{size}"}
        )
    return begin, end - begin + 1


class _Played(Response):
    """What both have in common. `head`: only say what there would be."""

    def __init__(self, play: Play, clips: Clips, given: Given, *, head: bool) -> None:
        super().__init__()
        self._play = play
        self._clips = clips
        self._given = given
        self._head = head

    def _begin_with(self, status: int, headers: dict[str, str]) -> None:
        self.status_code = status
        self.init_headers(PRIVATE | headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand it out until the end, or until the play is over, or the caller left."""
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        if self._head:
            await send({"type": "http.response.body", "body": b""})
            return
        link = connection.of(scope)
        link.stream()
        gave, _ = await first(self._give(link, send), self._left(receive))
        if gave.cancelled() or not gave.result():
            link.abort()
            await connection.gone(receive)

    async def _left(self, receive: Receive) -> None:
        await first(self._play.over.wait(), connection.gone(receive))

    async def _give(self, link: Connection, send: Send) -> bool:
        """Whether all of it was handed out while the play held."""
        try:
            async with self._clips.reading(self._given.path) as reader:
                async for chunk in self._chunks(reader):
                    if self._play.lapse(self._clips.clock.unix()) is not None:
                        return False
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                    await link.all_sent()
        except OSError as error:  # the file went, or the disk
            _log.error("a clip could not be read: %s", error)
            return False
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return True

    def _chunks(self, reader: ClipReader) -> AsyncIterator[bytes]:
        raise NotImplementedError


class FileResponse(_Played):
    """The file that is given, or the part of it that `asked` (a Range header) names."""

    def __init__(
        self, play: Play, clips: Clips, given: Given, asked: str | None, *, head: bool = False
    ) -> None:
        super().__init__(play, clips, given, head=head)
        found = span(asked, given.size)
        self._begin, self._size = found or (0, given.size)
        kind = "attachment" if play.action == EXPORT else "inline"
        headers = {
            "Accept-Ranges": "bytes",
            "Content-Length": str(self._size),
            "Content-Type": given.type,
            "ETag": etag(given),
            "Content-Disposition": f'{kind}; filename="{given.name}"',
        }
        if found is not None:
            end = self._begin + self._size - 1
            headers["Content-Range"] = f"bytes {self._begin}-{end}/{given.size}"
        self._begin_with(200 if found is None else 206, headers)

    async def _chunks(self, reader: ClipReader) -> AsyncIterator[bytes]:
        at, end = self._begin, self._begin + self._size
        while at < end:
            chunk = await self._clips.off_loop(reader.read, at, min(CHUNK_BYTES, end - at))
            if not chunk:
                raise OSError("a clip's file is shorter than it was")
            yield chunk
            at += len(chunk)


class FramesResponse(_Played):
    """The frames as multipart MJPEG, each when its turn comes, as they were taken."""

    def __init__(self, play: Play, clips: Clips, given: Given, *, head: bool = False) -> None:
        super().__init__(play, clips, given, head=head)
        self._begin_with(200, mjpeg.HEADERS | {"Content-Type": mjpeg.CONTENT_TYPE})
        del self.headers["content-length"]

    async def _chunks(self, reader: ClipReader) -> AsyncIterator[bytes]:
        yield mjpeg.OPENING
        async for place, jpeg in paced(self._clips, reader):
            yield mjpeg.framed(frame_of(self._play.clip, place, jpeg), self._play.jti)


def etag(given: Given) -> str:
    """Of the file, which never changes."""
    return f'"{given.sha256}"'
