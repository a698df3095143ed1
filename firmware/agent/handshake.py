"""Opening a WebSocket, client side: the request's bytes, the check of the answer (RFC 6455 §4)."""

from binascii import b2a_base64
from hashlib import sha1

from agent.errors import LinkLost

MAX_ANSWER_BYTES = 2048
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Handshake:
    """`nonce`: 16 fresh random bytes."""

    def __init__(self, host: str, path: str, nonce: bytes) -> None:
        key = b2a_base64(nonce).strip()
        self._accept = b2a_base64(sha1(key + _GUID).digest()).strip()  # noqa: S324  the RFC's own
        self.request = (
            b"GET " + path.encode() + b" HTTP/1.1\r\n"
            b"Host: " + host.encode() + b"\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
        )
        self._answer = b""

    def receive(self, data: bytes) -> bytes | None:
        """None until the answer is whole, then what came after it; LinkLost if it is no yes."""
        self._answer += data
        end = self._answer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._answer) > MAX_ANSWER_BYTES:
                raise LinkLost("bad-handshake")
            return None
        if end > MAX_ANSWER_BYTES:
            raise LinkLost("bad-handshake")
        self._check(self._answer[:end].split(b"\r\n"))
        rest, self._answer = self._answer[end + 4 :], b""
        return rest

    def _check(self, lines: list[bytes]) -> None:
        status = lines[0].split(b" ")
        if len(status) < 2 or status[0] != b"HTTP/1.1":
            raise LinkLost("bad-handshake")
        if status[1] != b"101":
            raise LinkLost("http-" + _digits(status[1]))
        headers = dict([_header(line) for line in lines[1:]])
        if headers.get(b"upgrade", b"").lower() != b"websocket":
            raise LinkLost("bad-handshake")
        if b"upgrade" not in headers.get(b"connection", b"").lower():
            raise LinkLost("bad-handshake")
        if headers.get(b"sec-websocket-accept") != self._accept:
            raise LinkLost("bad-handshake")
        if b"sec-websocket-extensions" in headers or b"sec-websocket-protocol" in headers:
            raise LinkLost("bad-handshake")  # we offered none


def _header(line: bytes) -> tuple[bytes, bytes]:
    at = line.find(b":")
    if at < 1:
        raise LinkLost("bad-handshake")
    return line[:at].lower(), line[at + 1 :].strip()


def _digits(raw: bytes) -> str:
    return "".join([chr(c) for c in raw[:3] if 48 <= c < 58])
