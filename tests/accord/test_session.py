"""accord.session: two ends in memory, and everything that must end a connection."""

from portable import raises, remote

from accord import names, wire
from accord.errors import LocalError
from accord.session import BoardSession, HostSession

KEY = bytes(range(32))
JPEG = b"\xff\xd8 a picture \xff\xd9"


def ends(board_key=KEY, host_key=KEY, nonce=b"n" * 16):
    board = BoardSession(board_key, nonce, 7, "0.1.0")
    host = HostSession(b"h" * 16, {names.camera_thumb(board_key): host_key}.get)
    return board, host


def pair(nonce=b"n" * 16):
    board, host = ends(nonce=nonce)
    host.receive(board.hello())
    host.next_event()
    board.receive(host.take_outgoing())
    board.next_event()
    host.receive(board.take_outgoing())
    host.next_event()
    return board, host


def frame(sequence, boot=7, jpeg=JPEG):
    return wire.Frame(boot, sequence, 1_760_000_000_000, 3, 0, 0, b"g" * 16, jpeg)


def test_both_ends_open_and_know_each_other():
    board, host = pair()
    assert board.open
    assert host.open
    assert (host.camera, host.boot) == (names.camera_thumb(KEY), 7)
    assert host.firmware == "0.1.0"


def test_messages_travel_both_ways_in_order():
    board, host = pair()
    for n in range(1, 4):
        board.receive(host.seal(wire.Time(n)))
        assert board.next_event().unix_ms == n
        host.receive(board.seal(frame(n)))
        assert host.next_event().jpeg == JPEG


def test_a_frame_sealed_around_its_picture_is_the_same_message():
    (one, _), (two, _) = pair(), pair()
    head, code = one.seal_frame(frame(1, jpeg=memoryview(JPEG)))
    assert head + JPEG + code == two.seal(frame(1))


def test_every_split_of_a_whole_conversation():
    board, host = pair()
    stream = board.seal(frame(1)) + board.seal(wire.Answer(b"g" * 16, b"held"))
    for at in range(len(stream)):
        _, host = pair()
        host.receive(stream[:at])
        got = [host.next_event() is not None, host.next_event() is not None]
        host.receive(stream[at:])
        while host.next_event():
            got.append(True)
        assert got.count(True) == 2, at


def test_a_stranger_is_not_answered():
    board = BoardSession(b"s" * 32, b"n" * 16, 1, "x")
    host = HostSession(b"h" * 16, {}.get)
    host.receive(board.hello())
    remote("unknown-camera", host.next_event)
    assert host.take_outgoing() == b""


def test_a_host_without_the_key_gets_nothing():
    board, host = ends(host_key=b"w" * 32)
    host.receive(board.hello())
    host.next_event()
    board.receive(host.take_outgoing())
    remote("bad-proof", board.next_event)
    assert board.take_outgoing() == b""
    assert not board.open


def test_a_board_that_cannot_prove_its_key():
    board, host = ends()
    host.receive(board.hello())
    host.next_event()
    host.receive(wire.header(wire.Proof, 32, 0) + bytes(32))
    remote("bad-proof", host.next_event)
    assert not host.open


def test_the_host_must_answer_this_very_hello():
    old_board, old_host = ends(nonce=b"o" * 16)
    old_host.receive(old_board.hello())
    old_host.next_event()
    challenge = old_host.take_outgoing()
    board, _ = ends()
    board.receive(challenge)
    remote("bad-proof", board.next_event)


def test_nothing_but_the_handshake_before_both_proofs():
    sealed = pair()[0].seal(frame(1))
    _, host = ends()
    host.receive(sealed)
    remote("out-of-order", host.next_event)
    board, _ = ends()
    board.receive(pair()[1].seal(wire.Time(1)))
    remote("out-of-order", board.next_event)
    raises(LocalError, board.seal, frame(1))


def test_a_second_hello_is_out_of_order():
    board, host = pair()
    host.receive(board.hello())
    remote("out-of-order", host.next_event)


def test_any_altered_bit_ends_the_session():
    board, _ = pair()
    sealed = board.seal(frame(1))
    for at in range(8, len(sealed)):  # before 8: the parser's own refusals
        _, host = pair()
        host.receive(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
        remote("bad-mac", host.next_event)


def test_a_message_sent_twice():
    board, host = pair()
    sealed = board.seal(frame(1))
    host.receive(sealed)
    host.next_event()
    host.receive(sealed)
    remote("replayed", host.next_event)


def test_a_message_left_out_or_moved():
    board, host = pair()
    board.seal(frame(1))
    host.receive(board.seal(frame(2)))
    remote("out-of-order", host.next_event)


def test_a_message_of_another_connection():
    board, _ = pair(nonce=b"o" * 16)
    _, host = pair()
    host.receive(board.seal(frame(1)))
    remote("bad-mac", host.next_event)


def test_a_message_turned_round():
    _, host = pair()
    board, _ = pair()
    board.receive(host.seal(wire.Time(5)))
    board.next_event()
    host.receive(board.seal(wire.Answer(b"g" * 16, b"x")))
    host.next_event()
    board.receive(board.seal(frame(1)))
    remote("out-of-order", board.next_event)


def test_frames_only_rise_and_gaps_forward_are_drops():
    board, host = pair()
    for sequence in (1, 2, 9):
        host.receive(board.seal(frame(sequence)))
        assert host.next_event().sequence == sequence
    host.receive(board.seal(frame(9)))
    remote("replayed", host.next_event)


def test_a_frame_of_another_boot():
    board, host = pair()
    host.receive(board.seal(frame(1, boot=6)))
    remote("bad-value", host.next_event)


def test_after_an_error_the_session_is_dead():
    board, host = pair()
    host.receive(b"garbage")
    remote("bad-magic", host.next_event)
    assert not host.open
    raises(LocalError, host.receive, board.seal(frame(1)))
    raises(LocalError, host.next_event)
    raises(LocalError, host.seal, wire.Time(1))


def test_each_end_sends_only_its_own_messages():
    board, host = pair()
    raises(LocalError, board.seal, wire.Time(1))
    raises(LocalError, host.seal, frame(1))


def test_a_picture_too_long_is_our_own_mistake():
    class TooLong:
        def __len__(self):
            return wire.MAX_JPEG + 1

    board, _ = pair()
    raises(LocalError, board.seal_frame, frame(1, jpeg=TooLong()))


def test_a_message_alone_and_whole_is_taken_where_it_lies():
    board, host = pair()
    sealed = bytearray(board.seal(frame(1)))
    assert host.only(sealed[:-1]) is None
    assert host.only(sealed + b"P") is None
    assert host.only(sealed).jpeg == JPEG
    remote("replayed", host.only, sealed)
    raises(LocalError, host.only, sealed)
