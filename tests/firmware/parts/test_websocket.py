"""agent.websocket and agent.masking: at every split, and with garbage."""

from agent.errors import LinkLost
from agent.masking import xor, xor_plain
from agent.websocket import MAX_MESSAGE, WebSocket
from tests.firmware.parts.fakes import raises

MASK = b"\x11\x22\x33\x44"


def frame(opcode, payload, final=True):
    head = bytes([(0x80 if final else 0) | opcode])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    if len(payload) < 65536:
        return head + b"\x7e" + len(payload).to_bytes(2, "big") + payload
    return head + b"\x7f" + len(payload).to_bytes(8, "big") + payload


def outcome(pieces):
    """(messages, what it wants to send, why it ended)."""
    socket = WebSocket(lambda n: MASK[:n])
    messages, out = [], b""
    try:
        for piece in pieces:
            socket.receive(piece)
            message = socket.next_message()
            while message is not None:
                messages.append(message)
                message = socket.next_message()
            out += socket.take_outgoing()
    except LinkLost as lost:
        return messages, out + socket.take_outgoing(), lost.reason
    return messages, out, ""


STREAMS = (
    ([b"abc", b"", b"z" * 200], frame(2, b"abc") + frame(2, b"") + frame(2, b"z" * 200), ""),
    ([b"abcdef"], frame(2, b"ab", False) + frame(0, b"cd", False) + frame(0, b"ef"), ""),
    (
        [b"abcd"],
        frame(2, b"ab", False) + frame(9, b"?") + frame(10, b"x") + frame(0, b"cd"),
        "",
    ),
    ([b"x" * MAX_MESSAGE], frame(2, b"x" * MAX_MESSAGE), ""),
    ([b"a"], frame(2, b"a") + frame(8, b"\x03\xe8bye") + frame(2, b"late"), "closed-by-host"),
    ([b"a"], frame(2, b"a") + frame(1, b"text"), "bad-frame"),
    ([], frame(2, b"x" * (MAX_MESSAGE + 1)), "too-long"),
    ([], b"\x82\x7f" + b"\xff" * 8, "too-long"),
    ([], frame(2, b"x" * 4000, False) + frame(0, b"x" * 200), "too-long"),
    ([], frame(0, b"nothing before"), "bad-frame"),
    ([], frame(2, b"a", False) + frame(2, b"b"), "bad-frame"),
    ([], frame(9, b"x", False), "bad-frame"),
    ([], frame(9, b"x" * 126), "bad-frame"),
    ([], frame(3, b"x"), "bad-frame"),
    ([], b"\xc2\x00", "bad-frame"),
    ([], b"\x82\x81", "masked"),
)


def test_every_stream_whole():
    for messages, data, reason in STREAMS:
        found = outcome([data])
        assert (found[0], found[2]) == (messages, reason), data[:20]


def test_every_stream_byte_by_byte():
    for _messages, data, _reason in STREAMS:
        pieces = [data[i : i + 1] for i in range(len(data))]
        assert outcome(pieces) == outcome([data]), data[:20]


def test_every_stream_cut_in_two_anywhere():
    for _messages, data, _reason in STREAMS:
        whole = outcome([data])
        for at in range(min(len(data), 300)):
            assert outcome([data[:at], data[at:]]) == whole, (data[:20], at)


def test_a_ping_is_answered_masked():
    _, out, _ = outcome([frame(9, b"abcd")])
    assert out == b"\x8a\x84" + MASK + bytes([97 ^ 0x11, 98 ^ 0x22, 99 ^ 0x33, 100 ^ 0x44])


def test_pings_do_not_pile_up():
    _, out, _ = outcome([frame(9, b"x" * 125) * 250])
    assert len(out) == 131


def test_a_close_is_answered():
    _, out, reason = outcome([frame(8, b"")])
    assert (out, reason) == (
        b"\x88\x82" + MASK + bytes([0x03 ^ 0x11, 0xE8 ^ 0x22]),
        "closed-by-host",
    )


def test_after_the_end_nothing_goes():
    socket = WebSocket(lambda n: MASK)
    socket.receive(b"\x00")
    raises(LinkLost, socket.next_message)
    assert raises(LinkLost, socket.receive, b"x").reason == "closed"


def test_heads_of_our_messages():
    socket = WebSocket(lambda n: MASK)
    for length, head in (
        (0, b"\x82\x80"),
        (125, b"\x82\xfd"),
        (126, b"\x82\xfe\x00\x7e"),
        (65535, b"\x82\xfe\xff\xff"),
        (65536, b"\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00"),
    ):
        assert socket.head(length) == (head + MASK, MASK)


def test_every_mask_is_fresh():
    count = [0]

    def random(n):
        count[0] += 1
        return bytes([count[0]]) * n

    socket = WebSocket(random)
    assert socket.head(9)[1] != socket.head(9)[1]


def garbage(seed, length):
    """Bytes that repeat on every runtime."""
    out = bytearray(length)
    for at in range(length):
        seed = (seed * 1103515245 + 12345) & 0x3FFFFFFF
        out[at] = seed >> 16 & 255
    return bytes(out)


def test_garbage_ends_it_by_name_and_nothing_else():
    reasons = ("", "bad-frame", "masked", "too-long", "closed-by-host")
    for seed in range(300):
        data = garbage(seed, 40)
        if seed % 3 == 0:  # begin like a frame
            data = frame(2, data[:9], seed % 2 == 0) + data
        whole = outcome([data])
        assert whole[2] in reasons
        assert outcome([data[:7], data[7:20], data[20:]]) == whole


def test_masking_is_the_same_in_all_its_forms():
    original = garbage(7, 333)
    for start, end in ((0, 333), (0, 0), (1, 2), (5, 70), (64, 128), (3, 332)):
        for phase in range(4):
            plain, fast = bytearray(original), bytearray(original)
            xor_plain(plain, start, end, MASK, phase)
            xor(fast, start, end, MASK, phase)
            expected = bytearray(original)
            for at in range(start, end):
                expected[at] ^= MASK[(at - start + phase) % 4]
            assert plain == expected
            assert fast == expected
