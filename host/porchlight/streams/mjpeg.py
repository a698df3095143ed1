"""Multipart MJPEG: the bytes of a stream. Pure.

    --BOUNDARY CRLF
    Content-Type, Content-Length, X-...  CRLF CRLF  JPEG  CRLF --BOUNDARY CRLF     per part

The boundary follows each part at once: browsers show a part when they see its end. In a pause the
last part comes again, with X-Repeat (1, 2, ...) and X-Age (seconds since it came to this host).
"""

from typing import Final

from porchlight.clock import rfc3339
from porchlight.frames import Frame

BOUNDARY: Final = "porchlight-frame"
CONTENT_TYPE: Final = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
HEADERS: Final = {
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the URL carries the ticket
    "Connection": "close",
}
OPENING: Final = f"--{BOUNDARY}\r\n".encode()
# How every part begins, whatever picture it brings: may be sent before that is decided.
PREFIX: Final = b"Content-Type: image/jpeg\r\nContent-Length: "

_CRLF: Final = "\r\n"
_AFTER: Final = f"\r\n--{BOUNDARY}\r\n".encode()
_SAID: Final = ("X-Timestamp", "X-Sequence", "X-Motion", "X-Grant")
# The head of a new frame's part at one stroke: its length and what is said of it.
_HEAD: Final = PREFIX.decode() + "%d" + _CRLF + "".join(f"{name}: %s{_CRLF}" for name in _SAID)


def frame_headers(frame: Frame, jti: str) -> dict[str, str]:
    """What is said of a frame, in a part and in a snapshot alike. `jti`: the viewer's own grant."""
    said = rfc3339(frame.captured_ms), frame.sequence, frame.score, jti
    return dict(zip(_SAID, map(str, said), strict=True))


def part(jpeg: bytes, headers: dict[str, str]) -> bytes:
    """One whole part, the boundary after it included."""
    lines = "".join(f"{name}: {value}{_CRLF}" for name, value in headers.items())
    head = b"%b%d\r\n%b\r\n" % (PREFIX, len(jpeg), lines.encode("latin-1"))
    return b"".join((head, jpeg, _AFTER))


def framed(frame: Frame, jti: str) -> bytes:
    """The frame as a part: one for all who look under this grant, made once."""
    made = frame.framed.get(jti)
    if made is None:
        when = rfc3339(frame.captured_ms)
        head = _HEAD % (len(frame.jpeg), when, frame.sequence, frame.score, jti) + _CRLF
        made = frame.framed[jti] = b"".join((head.encode("latin-1"), frame.jpeg, _AFTER))
    return made


def repetition(frame: Frame, jti: str, times: int, age_s: float) -> bytes:
    """The frame once more, and marked as such: nothing newer came, for so many seconds."""
    return part(frame.jpeg, frame_headers(frame, jti) | repeat_headers(times, age_s))


def repeat_headers(times: int, age_s: float) -> dict[str, str]:
    """What is said of a picture that is no news. Without them it is new."""
    return {"X-Repeat": str(times), "X-Age": f"{age_s:.1f}"}
