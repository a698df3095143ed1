"""accord.b64: one text for one byte string."""

from portable import raises

from accord import b64


def test_round_trip_of_every_length():
    for size in range(70):
        raw = bytes([(i * 37 + size) & 255 for i in range(size)])
        assert b64.decode(b64.encode(raw)) == raw


def test_uses_the_url_alphabet_without_padding():
    assert b64.encode(b"\xfb\xff") == "-_8"


def test_refuses_every_other_way_to_write_the_same_bytes():
    for text in ("-_9", "-_8=", "-_8\n", "+/8", "-_ 8", "-", "-_8 ", "-_8.", "=", "A"):
        raises(ValueError, b64.decode, text)
