"""What one viewer of an MJPEG stream makes of the bytes it gets: whole pictures, and how old each
was. Sans-I/O, and most of a picture may be thrown away unread.

Every part must say its Content-Length. A part whose stamp was there before is a repetition.
"""

from collections.abc import Callable

from porchkit.bench import stamped

MAX_HEAD = 16_384
_END = b"\r\n\r\n"


class NoStream(Exception):
    """Not an MJPEG stream, or one that ended; the message says what came instead."""


class Counting:
    """`frame(age_s)` is called for each whole picture; the age is None for one without a stamp."""

    def __init__(self, frame: Callable[[float | None], None], now_ns: Callable[[], int]) -> None:
        self.repeats = 0
        self._frame, self._now_ns = frame, now_ns
        self._text = bytearray()  # of a head that is not whole yet
        self._body = bytearray()  # the beginning of the picture
        self._left = 0  # bytes of the picture still to come
        self._streaming = False
        self._last_ns = 0

    @property
    def droppable(self) -> int:
        """How many of the next bytes nobody needs to see."""
        return self._left if len(self._body) >= stamped.HEAD_BYTES else 0

    def drop(self, count: int) -> None:
        """So many, at most `droppable`, came and were thrown away."""
        self._left -= count
        if not self._left:
            self._whole()

    def feed(self, data: bytes | memoryview) -> None:
        """Bytes as they came. NoStream for an answer that is no stream."""
        at = 0
        while at < len(data):
            if not self._left:
                at += self._head(bytes(data[at:]))
                continue
            part = data[at : at + self._left]
            if len(self._body) < stamped.HEAD_BYTES:
                self._body += part[: stamped.HEAD_BYTES - len(self._body)]
            at += len(part)
            self.drop(len(part))

    def _head(self, data: bytes) -> int:
        """Read on in a head; how many of these bytes were of it."""
        had = len(self._text)
        self._text += data
        end = self._text.find(_END, max(0, had - 3))
        if end < 0:
            if len(self._text) > MAX_HEAD:
                raise NoStream("a head without end")
            return len(data)
        text = bytes(self._text[:end])
        self._text.clear()
        if self._streaming:
            self._part(text)
        else:
            self._answer(text)
        return end + len(_END) - had

    def _answer(self, text: bytes) -> None:
        status = text.partition(b"\r\n")[0].split()
        if status[1:2] != [b"200"] or b"multipart/x-mixed-replace" not in text.lower():
            raise NoStream(f"answered {status[1].decode() if len(status) > 1 else 'nonsense'}")
        self._streaming = True

    def _part(self, text: bytes) -> None:
        length = _field(text, b"content-length:")
        if not length.isdigit() or int(length) == 0:
            raise NoStream("a part without Content-Length")
        self._left = int(length)
        self._body.clear()

    def _whole(self) -> None:
        sent = stamped.sent_ns(self._body)
        if sent and sent == self._last_ns:
            self.repeats += 1
            return
        self._last_ns = sent
        self._frame((self._now_ns() - sent) / 1e9 if sent else None)


def _field(text: bytes, name: bytes) -> bytes:
    at = text.lower().find(b"\n" + name)
    if at < 0:
        return b""
    return text[at + 1 + len(name) :].partition(b"\r\n")[0].strip()
