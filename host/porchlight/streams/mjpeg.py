"""Multipart MJPEG: the bytes of a stream. Pure.

    --BOUNDARY CRLF
    Content-Type, Content-Length, X-...  CRLF CRLF  JPEG  CRLF --BOUNDARY CRLF     per part

The boundary follows each part at once: browsers show a part when they see its end.
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

_CRLF: Final = "\r\n"
_AFTER: Final = f"\r\n--{BOUNDARY}\r\n".encode()


def frame_headers(frame: Frame, jti: str) -> dict[str, str]:
    """What is said of a frame, in a part and in a snapshot alike. `jti`: the viewer's own grant."""
    return {
        "X-Timestamp": rfc3339(frame.captured_ms),
        "X-Sequence": str(frame.sequence),
        "X-Motion": str(frame.score),
        "X-Grant": jti,
    }


def part(jpeg: bytes, headers: dict[str, str]) -> bytes:
    """One whole part, the boundary after it included."""
    lines = {"Content-Type": "image/jpeg", "Content-Length": str(len(jpeg)), **headers}
    head = "".join(f"{name}: {value}{_CRLF}" for name, value in lines.items())
    return b"".join((head.encode("latin-1"), b"\r\n", jpeg, _AFTER))
