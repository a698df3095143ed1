"""accord.wire: every message at every split, and what is no message."""

from portable import raises, remote, vectors

from accord import wire
from accord.errors import LocalError


def _messages():
    """(name, encoded bytes with a made-up HMAC, decoded fields) from tests/vectors/wire.json."""
    for case in vectors("wire.json")["messages"]:
        yield case["name"], bytes.fromhex(case["hex"]), case["fields"]


def _plain(value):
    return bytes(value).hex() or "" if isinstance(value, (bytes, bytearray)) else value


def _fields(message):
    return {name: _plain(getattr(message, name)) for name, _ in message.FIELDS}


def test_every_message_decodes_to_its_fields():
    for name, encoded, fields in _messages():
        parser = wire.Parser()
        parser.feed(encoded)
        message = wire.decode(parser.next())
        assert type(message).__name__ == name
        assert _fields(message) == fields, name
        assert parser.next() is None


def test_every_message_encodes_to_its_bytes():
    for name, encoded, fields in _messages():
        kind = getattr(wire, name)
        values = [fields[field] for field, _ in kind.FIELDS]
        values = [bytes.fromhex(v) if isinstance(v, str) else v for v in values]
        payload = kind(*values).payload()
        counter = int.from_bytes(encoded[8:12], "big")
        head = wire.header(kind, len(payload), counter)
        assert encoded[: len(head) + len(payload)] == head + payload, name


def test_every_split_gives_the_same_message():
    for name, encoded, fields in _messages():
        for at in range(len(encoded) + 1):
            parser = wire.Parser()
            parser.feed(encoded[:at])
            early = parser.next()
            assert early is None or at == len(encoded), (name, at)
            parser.feed(encoded[at:])
            assert _fields(wire.decode(early or parser.next())) == fields


def test_byte_by_byte_and_all_in_one():
    stream = b"".join([encoded for _, encoded, _ in _messages()])
    whole = wire.Parser()
    whole.feed(stream)
    drops = wire.Parser()
    for i in range(len(stream)):
        drops.feed(stream[i : i + 1])
        found = drops.next()
        if found is not None:
            assert found.payload == whole.next().payload
    assert whole.next() is None


def test_each_wrong_byte_of_a_header_is_named_as_soon_as_it_is_there():
    for wrong, reason in (
        (b"Q", "bad-magic"),
        (b"P\x02", "bad-version"),
        (b"P\x01\x63", "unknown-type"),
        (b"P\x01\x10\x01", "bad-version"),
    ):
        parser = wire.Parser()
        parser.feed(wrong)
        remote(reason, parser.next)


def test_lengths_outside_a_type_are_refused_before_anything_is_buffered():
    for kind in wire.UP + wire.DOWN:
        least = sum([abs(size) for _, size in kind.FIELDS])
        for length in (least - 1, least + kind.MAX_REST + 1, 2**32 - 1):
            if length < 0:
                continue
            parser = wire.Parser()
            parser.feed(wire.header(kind, length, 0))
            remote("too-long" if length > least else "bad-length", parser.next)


def test_a_watch_names_whole_wants():
    want = (b"h" * 32, b"g" * 16, 1)
    message = wire.watch(5, [want, want])
    assert message.wants == [want, want]
    remote("bad-length", wire.Watch(0, b"x").check)


def test_our_own_mistakes_are_local():
    raises(LocalError, wire.Time)
    raises(LocalError, wire.Revoke(b"short").payload)
    raises(LocalError, wire.Time(2**64).payload)
    raises(LocalError, wire.Time(-1).payload)
    assert wire.Time(2**64 - 1).payload() == b"\xff" * 8
