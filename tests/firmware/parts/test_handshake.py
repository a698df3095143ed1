"""agent.handshake: opening a WebSocket, the answer at every split."""

from agent.errors import LinkLost
from agent.handshake import MAX_ANSWER_BYTES, Handshake
from tests.firmware.parts.fakes import raises

# RFC 6455 §1.3
NONCE = b"the sample nonce"
ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


def answered(pieces, nonce=NONCE):
    handshake = Handshake("porch.test:8443", "/uplink", nonce)
    for piece in pieces:
        rest = handshake.receive(piece)
    return rest


def test_the_request():
    request = Handshake("porch.test:8443", "/uplink", NONCE).request
    lines = request.split(b"\r\n")
    assert lines[0] == b"GET /uplink HTTP/1.1"
    assert b"Host: porch.test:8443" in lines
    assert b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" in lines
    assert b"Sec-WebSocket-Version: 13" in lines
    assert request.endswith(b"\r\n\r\n")


def test_the_answer_at_every_split():
    data = ANSWER + b"\x82\x00"
    assert answered([data]) == b"\x82\x00"
    for at in range(len(ANSWER)):
        assert answered([data[:at], data[at:]]) == b"\x82\x00"
    assert answered([ANSWER[:-1]]) is None


def test_answers_that_are_no_yes():
    cases = (
        ("http-403", ANSWER.replace(b"101", b"403")),
        ("bad-handshake", ANSWER.replace(b"HTTP/1.1", b"HTTP/1.0")),
        ("bad-handshake", ANSWER.replace(b"xOo=", b"xOp=")),
        ("bad-handshake", ANSWER.replace(b"Upgrade: websocket", b"Upgrade: h2c")),
        ("bad-handshake", ANSWER.replace(b"Connection: Upgrade", b"Connection: close")),
        ("bad-handshake", ANSWER.replace(b"Upgrade: websocket\r\n", b"")),
        ("bad-handshake", ANSWER[:-2] + b"Sec-WebSocket-Extensions: x\r\n\r\n"),
        ("bad-handshake", ANSWER[:-2] + b"Sec-WebSocket-Protocol: x\r\n\r\n"),
        ("bad-handshake", ANSWER[:-2] + b": no name\r\n\r\n"),
        ("bad-handshake", b"\r\n\r\n"),
        ("bad-handshake", b"x" * (MAX_ANSWER_BYTES + 1)),
        ("bad-handshake", ANSWER[:-2] + b"A: " + b"x" * MAX_ANSWER_BYTES + b"\r\n\r\n"),
    )
    for reason, data in cases:
        assert raises(LinkLost, answered, [data]).reason == reason, data[:60]
        pieces = [data[i : i + 100] for i in range(0, len(data), 100)]
        assert raises(LinkLost, answered, pieces).reason == reason, data[:60]
