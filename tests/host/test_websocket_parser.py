"""What a WebSocket client may send (RFC 6455), at every split, and what it may not."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets import utils
from websockets.frames import Frame, Opcode

from porchlight.websocket import frames
from porchlight.websocket.parser import BINARY, CLOSE, CONTINUATION, PING, PONG, Broken, Parser

MOST = 70_000
PAYLOADS = [b"", b"x", bytes(125), bytes(126), b"y" * 1_000, b"z" * 65_536]


def framed(opcode: Opcode, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """A masked frame, by somebody else's code."""
    return Frame(opcode, payload, fin=fin).serialize(mask=True)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """`data`, cut at these places."""
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def parsed(data: bytes, cuts: list[int] | None = None, *, most: int = MOST) -> list[Any]:
    """What comes out, and the code of the error that ended it, with every piece in one place that
    is overwritten by the next: what a message holds must be its own."""
    parser, found = Parser(most), []
    inbox = bytearray(len(data) + 1)
    try:
        for piece in pieces(data, cuts or []):
            inbox[:] = bytes(len(inbox))
            inbox[: len(piece)] = piece
            whole = parser.whole(memoryview(inbox)[: len(piece)])
            if whole is not None:
                found.append((BINARY, whole))
                continue
            parser.feed(memoryview(inbox)[: len(piece)])
            while (message := parser.next()) is not None:
                if message[0] != CONTINUATION:
                    found.append(message)
            parser.keep()
    except Broken as broken:
        found.append(broken.code)
    return found


def conversation() -> tuple[bytes, list[Any]]:
    """Whole messages, one in fragments, control frames in between; and what it means."""
    said = [
        framed(Opcode.BINARY, b"one"),
        framed(Opcode.PING, b"p"),
        framed(Opcode.BINARY, b"t", fin=False),
        framed(Opcode.PONG, b"q"),
        framed(Opcode.CONT, b"", fin=False),
        framed(Opcode.PING),
        framed(Opcode.CONT, b"wo"),
        framed(Opcode.BINARY, b"3" * 130),
        framed(Opcode.CLOSE, b"\x03\xe8bye"),
    ]
    means = [
        (BINARY, b"one"),
        (PING, b"p"),
        (PONG, b"q"),
        (PING, b""),
        (BINARY, b"two"),
        (BINARY, b"3" * 130),
        (CLOSE, b"\x03\xe8bye"),
    ]
    return b"".join(said), means


@pytest.mark.parametrize("payload", PAYLOADS, ids=len)
def test_a_message_of_any_length(payload: bytes) -> None:
    assert parsed(framed(Opcode.BINARY, payload)) == [(BINARY, payload)]


def test_a_conversation_at_every_two_splits() -> None:
    said, means = conversation()
    assert parsed(said, list(range(1, len(said)))) == means
    for first in range(len(said)):
        assert parsed(said, [first, min(first + 5, len(said))]) == means


@pytest.mark.parametrize("payload", PAYLOADS, ids=len)
def test_a_message_cut_anywhere_in_its_head_or_end(payload: bytes) -> None:
    said = framed(Opcode.BINARY, payload) + framed(Opcode.PING, b"!")
    means = [(BINARY, payload), (PING, b"!")]
    for cut in [*range(16), len(said) // 2, *range(len(said) - 9, len(said))]:
        assert parsed(said, [min(max(0, cut), len(said))]) == means


def test_it_needs_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    said, means = conversation()
    monkeypatch.setattr("porchlight.websocket.parser.apply_mask", utils.apply_mask)
    assert parsed(said, [3, 70]) == means


WRONG = {
    "an unmasked frame": (b"\x82\x01x", 1002),
    "reserved bits": (b"\xf2\x80" + bytes(4), 1002),
    "an unknown opcode": (b"\x83\x80" + bytes(4), 1002),
    "an unknown control opcode": (b"\x8b\x80" + bytes(4), 1002),
    "a continuation of nothing": (b"\x80\x80" + bytes(4), 1002),
    "a message within fragments": (framed(Opcode.BINARY, b"a", fin=False) * 2, 1002),
    "a whole message within fragments": (
        framed(Opcode.BINARY, b"a", fin=False) + framed(Opcode.BINARY, b"b"),
        1002,
    ),
    "a ping in fragments": (b"\x09\x80" + bytes(4), 1002),
    "a long ping": (b"\x89\xfe\x04\x00", 1002),
    "sixteen bits for a short length": (b"\x82\xfe\x00\x7d", 1002),
    "sixty-four bits for a short length": (b"\x82\xff" + (65_535).to_bytes(8, "big"), 1002),
    "text": (b"\x81", 1003),
    "a message over the cap": (b"\x82\xff" + (MOST + 1).to_bytes(8, "big"), 1009),
    "a claim of 2^63 bytes": (b"\x82\xff" + (2**63).to_bytes(8, "big"), 1009),
    "fragments over the cap": (
        framed(Opcode.BINARY, bytes(MOST), fin=False) + framed(Opcode.CONT, b"x"),
        1009,
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_against_the_rules_is_refused_with_its_first_wrong_byte(kind: str) -> None:
    said, code = WRONG[kind]
    for good in (b"", framed(Opcode.BINARY, b"before")):
        before = [(BINARY, b"before")] if good else []
        assert parsed(good + said) == [*before, code]
        if len(said) < 100:
            assert parsed(good + said, list(range(1, len(good + said)))) == [*before, code]


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
@settings(max_examples=400, deadline=None)
def test_garbage_means_the_same_at_any_split(garbage: bytes, cuts: list[int]) -> None:
    places = sorted(min(cut, len(garbage)) for cut in cuts)
    assert parsed(garbage, places, most=300) == parsed(garbage, most=300)


@given(
    st.lists(st.tuples(st.binary(max_size=300), st.booleans()), max_size=8),
    st.lists(st.integers(0, 2_000), max_size=6),
)
@settings(max_examples=200, deadline=None)
def test_messages_come_out_as_they_went_in(
    messages: list[tuple[bytes, bool]], cuts: list[int]
) -> None:
    said = bytearray()
    for payload, cut_up in messages:
        if cut_up:
            half = len(payload) // 2
            said += framed(Opcode.BINARY, payload[:half], fin=False)
            said += framed(Opcode.CONT, payload[half:])
        else:
            said += framed(Opcode.BINARY, payload)
    places = sorted(min(cut, len(said)) for cut in cuts)
    assert parsed(bytes(said), places) == [(BINARY, payload) for payload, _ in messages]


def test_it_says_how_much_is_missing_and_never_more_than_that() -> None:
    said = framed(Opcode.BINARY, bytes(1_000)) + framed(Opcode.BINARY, bytes(70_000))
    parser, at = Parser(MOST), 0
    while at < len(said):
        assert parser.next() is None or at
        size = min(parser.missing, len(said) - at)
        assert size > 0
        parser.feed(memoryview(said)[at : at + size])
        at += size
        found = list(iter(parser.next, None))
        parser.keep()
        assert len(found) <= 1
    assert found == [(BINARY, bytes(70_000))]


def test_messages_that_waited_come_in_order() -> None:
    """Whoever takes them may stop at any of them, and go on when more has come."""
    numbers = [bytes([n]) * n for n in range(1, 60)]
    said = b"".join(framed(Opcode.BINARY, payload) for payload in numbers)
    dice, parser, found, at = random.Random(5), Parser(MOST), [], 0
    while len(found) < len(numbers):
        parser.feed(memoryview(said)[at : (at := at + dice.randrange(200))])
        for _ in range(dice.randrange(6)):
            message = parser.next()
            if message is not None:
                found.append(message[1])
        parser.keep()
    assert found == numbers


@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"", 1005), (b"\x03\xe8", 1000), (b"\x03\xf4restart", 1012), (b"\x0f\xa0", 4000)],
)
def test_what_a_close_frame_says(payload: bytes, code: int) -> None:
    assert frames.closed_with(payload) == code


@pytest.mark.parametrize(
    ("payload", "code"),
    [(b"\x03", 1002), (b"\x03\xed", 1002), (b"\x00\x00", 1002), (b"\x03\xe8\xff", 1007)],
)
def test_a_close_frame_without_sense(payload: bytes, code: int) -> None:
    with pytest.raises(Broken) as broken:
        frames.closed_with(payload)
    assert broken.value.code == code


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_what_the_host_sends_others_understand(size: int) -> None:
    payload = bytes(size)
    assert frames.binary(payload) == Frame(Opcode.BINARY, payload).serialize(mask=False)
    if size <= 125:
        assert frames.pong(payload) == Frame(Opcode.PONG, payload).serialize(mask=False)


def test_a_long_reason_is_cut_between_letters() -> None:
    said = frames.close(1008, "ä" * 100)
    assert len(said) == 2 + 2 + 122
    assert said[4:].decode() == "ä" * 61
    assert frames.close(frames.NO_CODE, "") == b"\x88\x00"
