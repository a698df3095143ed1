"""Readers of what the host sends without end: MJPEG parts and server-sent events. Sans-I/O.

feed() takes bytes as they come, in any pieces; next_part() / next_event() give what is whole, or
None for "not yet". Sizes are capped; StreamError means that the stream is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass

MAX_HEAD = 8_192
MAX_PICTURE = 8_000_000
MAX_EVENT = 262_144


class StreamError(Exception):
    """The stream is not what its kind promises."""


@dataclass(frozen=True)
class Part:
    """One picture with its headers, names in lower case."""

    headers: Mapping[str, str]
    jpeg: bytes

    @property
    def sequence(self) -> int:
        """The board's own count of frames; -1 where there is none (the wall)."""
        return int(self.headers.get("x-sequence", "-1"))


@dataclass(frozen=True)
class Event:
    """One server-sent event; `name` is "message" if the host gave none."""

    name: str
    text: str


class MjpegReader:
    """Parts of multipart/x-mixed-replace. Every part must say its Content-Length."""

    def __init__(self, content_type: str) -> None:
        _, _, boundary = content_type.partition("boundary=")
        if not content_type.startswith("multipart/x-mixed-replace") or not boundary:
            raise StreamError(f"not an MJPEG stream: {content_type or 'no content type'}")
        self._delimiter = b"--" + boundary.strip().strip('"').removeprefix("--").encode()
        self._buffer = bytearray()
        self._headers: dict[str, str] | None = None

    def feed(self, chunk: bytes) -> None:
        self._buffer += chunk

    def next_part(self) -> Part | None:
        if self._headers is None:
            self._headers = self._next_head()
        if self._headers is None:
            return None
        length = _length(self._headers)
        if len(self._buffer) < length:
            return None
        part = Part(self._headers, bytes(self._buffer[:length]))
        del self._buffer[:length]
        self._headers = None
        return part

    def _next_head(self) -> dict[str, str] | None:
        """Headers of the next part, once the blank line after them is here."""
        while self._buffer[:2] == b"\r\n":  # the line end after a picture
            del self._buffer[:2]
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                raise StreamError("the head of a part has no end")
            return None
        first, *lines = bytes(self._buffer[:end]).split(b"\r\n")
        if first != self._delimiter:
            raise StreamError("a part does not begin with the boundary")
        del self._buffer[: end + 4]
        return dict(_field(line) for line in lines)


class EventReader:
    """Server-sent events (WHATWG HTML §9.2): event and data lines, comments skipped."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> None:
        self._buffer += chunk.replace(b"\r", b"")

    def next_event(self) -> Event | None:
        while (end := self._buffer.find(b"\n\n")) >= 0:
            lines = self._buffer[:end].decode("utf-8", "replace").split("\n")
            del self._buffer[: end + 2]
            fields = [line.partition(":") for line in lines if line and line[0] != ":"]
            values = [(name, value.removeprefix(" ")) for name, _, value in fields]
            text = "\n".join(value for name, value in values if name == "data")
            if text:
                name = next((value for name, value in values if name == "event"), "message")
                return Event(name, text)
        if len(self._buffer) > MAX_EVENT:
            raise StreamError("an event has no end")
        return None


def _field(line: bytes) -> tuple[str, str]:
    name, colon, value = line.decode("latin-1").partition(":")
    if not colon:
        raise StreamError("a header without a colon")
    return name.strip().lower(), value.strip()


def _length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "")
    if not text.isdecimal() or int(text) > MAX_PICTURE:
        raise StreamError("a part without a sensible Content-Length")
    return int(text)
