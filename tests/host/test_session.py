"""The host's session: what accord's does, bit for bit, with frames as the host has them."""

import os
from typing import Any

import pytest

from accord import mac, names, wire
from accord.errors import RemoteError
from accord.session import BoardSession, HostSession
from porchlight.clock import Clock
from porchlight.frames import Frame
from porchlight.sources.session import Session

KEY = bytes(range(32))
JPEG = b"\xff\xd8 a picture \xff\xd9"


class Ticks(Clock):
    """Stands still."""

    def monotonic(self) -> float:
        return 12.5


def pair(host: HostSession) -> BoardSession:
    """The board's end, both proofs done."""
    board = BoardSession(KEY, b"n" * 16, 7, "0.1.0")
    host.only(board.hello())
    board.receive(host.take_outgoing())
    board.next_event()
    host.only(board.take_outgoing())
    assert host.open
    return board


def ours() -> Session:
    return Session({names.camera_thumb(KEY): KEY}.get, Ticks())


def hear(host: Session, sealed: bytes) -> Any:
    """As the host does."""
    return host.frame(sealed) or host.only(sealed)


def frame(sequence: int = 1) -> wire.Frame:
    return wire.Frame(7, sequence, 1_760_000_000_123, 3, 1, 900, b"g" * 16, JPEG)


def test_a_frame_has_what_the_board_put_into_it() -> None:
    host = ours()
    sent = frame()
    got: Any = hear(host, pair(host).seal(sent))
    assert isinstance(got, Frame)
    said = {name: getattr(got, name) for name, _ in wire.Frame.FIELDS}
    assert said == {name: getattr(sent, name) for name, _ in wire.Frame.FIELDS}
    assert (got.camera, got.arrived) == (names.camera_thumb(KEY), 12.5)
    assert type(got.jpeg) is bytes


@pytest.mark.parametrize(
    "message", [wire.Answer(b"g" * 16, b"held"), wire.LogLine(b"a line"), wire.LogLine(b"")]
)
def test_other_messages_are_accord_s(message: wire.Message) -> None:
    host = ours()
    got = hear(host, pair(host).seal(message))
    assert got is not None
    assert (type(got), got.payload()) == (type(message), message.payload())


def test_what_it_seals_the_board_takes() -> None:
    host = ours()
    board = pair(host)
    for now in (1, 2):
        told: Any = board.only(host.seal(wire.Time(now)))
        assert told.unix_ms == now


def test_any_altered_bit_ends_the_session() -> None:
    for at in range(8, len(pair(ours()).seal(frame()))):
        host = ours()
        sealed = bytearray(pair(host).seal(frame()))
        sealed[at] ^= 1
        with pytest.raises(RemoteError, match="bad-mac"):
            hear(host, bytes(sealed))
        assert not host.open


@pytest.mark.parametrize(
    ("sequences", "reason"), [((1, 1), "replayed"), ((5, 4), "replayed"), ((1, 9), None)]
)
def test_frames_only_rise(sequences: tuple[int, int], reason: str | None) -> None:
    host = ours()
    board = pair(host)
    first, second = (board.seal(frame(sequence)) for sequence in sequences)
    hear(host, first)
    if reason is None:
        assert hear(host, second) is not None
        return
    with pytest.raises(RemoteError, match=reason):
        hear(host, second)


def test_part_of_a_message_or_more_than_one_is_none() -> None:
    host = ours()
    board = pair(host)
    sealed = board.seal(frame())
    for cut in range(len(sealed)):
        assert hear(host, sealed[:cut]) is None
    assert hear(host, sealed + b"\x00") is None
    assert hear(host, sealed) is not None  # none of those was taken


@pytest.mark.parametrize("size", [0, 1, 55, 56, 64, 4_096, 25_000])
def test_its_hmac_is_accord_s(size: int) -> None:
    key, body = os.urandom(32), os.urandom(size)
    code = Session.MAC.keyed(key)
    for parts in ((body,), (body[:9], memoryview(body)[9:], b"")):
        assert code(*parts) == mac.keyed(key)(body) == mac.hmac_sha256(key, body)
