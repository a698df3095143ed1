"""accord.canon: canonical JSON, the same on every runtime."""

from portable import raises

from accord import canon

SAME = (
    b"0",
    b"-7",
    b"[]",
    b"{}",
    b"null",
    b"true",
    b'""',
    b'{"a":[1,{"b":false}],"c":"x y"}',
)
REFUSED = (
    b"",
    b" 1",
    b"1 ",
    b"01",
    b"-0",
    b"1.0",
    b"1e3",
    b"1e400",
    b"NaN",
    b"Infinity",
    b'{"b":1,"a":2}',
    b'{"a":1,"a":2}',
    b'{"a":1,}',
    b'{"a" 1}',
    b"[1 2]",
    b"[1,]",
    b'"\\u0041"',
    b'"\x7f"',
    b'"\n"',
    b'"\xc3\xa9"',
    b"'a'",
    b"tru",
    b"{1:2}",
    b'{1:2,"a":3}',
    b'{"a":3,null:2}',
    b"{[]:2}",
    b"1]",
    b"[" * 8 + b"]" * 8,
    b"[" * 900,
    b'{"a":' * 900,
)


def test_canonical_bytes_come_back_as_they_were():
    for raw in SAME:
        assert canon.dumps(canon.loads(raw)) == raw


def test_everything_else_is_refused():
    for raw in REFUSED:
        raises(ValueError, canon.loads, raw)


def test_keys_are_sorted_whatever_order_the_dict_has():
    assert canon.dumps({"b": 1, "a": 2, "aa": 3}) == b'{"a":2,"aa":3,"b":1}'


def test_what_has_no_canonical_form():
    for value in (1.5, b"bytes", ("tuple",), {"a": float("inf")}, {1: 2}, "\u00e9", 'quote"'):
        raises(ValueError, canon.dumps, value)


def test_booleans_are_not_numbers():
    assert canon.dumps([True, 1, False, 0]) == b"[true,1,false,0]"
