"""agent.consent: what may change the grants a board holds, and in which order things happen."""

from accord import b64, wire
from accord.book import Book
from agent.clock import Clock
from agent.config import Fields, Picture
from agent.consent import Consent
from agent.days import Days
from agent.downlink import Downlink
from agent.gate import Gate
from agent.lease import Leases
from agent.store import Store
from tests.firmware.parts.fakes import (
    CAMERA,
    LIVE,
    NOW,
    RESIDENT,
    MemoryFlash,
    PowerCut,
    Time,
    raises,
    token,
    watch,
)


class Key:
    """Checks signatures like agent.p256.Verifier, but believes all or none."""

    def __init__(self, good=True):
        self.good = good

    def verify(self, message, signature):
        return self.good


class Board:
    """The deciding half of a board, as main.py builds it."""

    def __init__(self, flash=None, good=True):
        self.flash = flash or MemoryFlash()
        self.log = []
        self.happened = []
        self.store = Store(self.flash)
        state = self.store.load()
        self.time = time = Time()
        self.clock = Clock(time.ms, state.iat_floor)
        revoked = tuple([b64.decode(h) for h in state.revoked])
        self.book = Book(CAMERA, time.ms, state.floor, revoked)
        self.gate = Gate(
            book=self.book,
            clock=self.clock,
            days=Days(None),
            picture=Picture(Fields("config.json", {})),
            elapsed_ms=time.ms,
        )
        keys = {RESIDENT: Key(good)}
        self.consent = Consent(
            book=self.book,
            keys=keys,
            store=self.store,
            clock=self.clock,
            gate=self.gate,
            log=lambda *words: self.log.append(words),
        )
        self.told = []
        self.consent.obey = self.obey
        self.consent.tell = lambda answer: self.told.append((answer.handle, answer.reason))
        self.consent.restore()
        self.nonces = 0
        self.leases = Leases(
            self.book,
            keys,
            clock=self.clock,
            consent=self.consent,
            random=self.nonce,
            log=lambda *words: self.log.append(words),
        )
        self.downlink = Downlink(
            clock=self.clock,
            consent=self.consent,
            leases=self.leases,
            gate=self.gate,
            updates=None,
            log=lambda *words: None,
        )

    def nonce(self, size):
        self.nonces += 1
        return bytes([self.nonces]) * size

    def obey(self):
        self.happened.append((self.gate.check(), self.flash.changes))

    def answer(self, message):
        found = self.downlink.handle(message)
        return None if found is None else (found.handle[:1], found.reason)

    def trusted(self):
        self.clock.hear_sntp(NOW * 1000)
        self.answer(wire.Time(NOW * 1000))
        return self


def handle(seq):
    return bytes([seq]) * 16


def test_a_grant_is_held_and_survives_a_restart():
    board = Board()
    assert board.answer(wire.GrantToken(token(1))) == (b"\x01", b"held")
    changes = board.flash.changes
    assert board.answer(wire.GrantToken(token(1))) == (b"\x01", b"held")
    assert board.flash.changes == changes
    again = Board(board.flash)
    assert [g.seq for g in again.book.grants()] == [1]
    assert again.clock._floor_ms == (NOW - 60) * 1000
    assert again.answer(wire.GrantToken(token(1))) == (b"\x01", b"held")


def test_refusals_say_which_grant_and_why():
    board = Board()
    board.answer(wire.GrantToken(token(5)))
    other = b64.encode(b"x" * 32)
    cases = (
        ((b"\x04", b"seq-replayed"), token(4)),
        ((b"\x06", b"wrong-camera"), token(6, sub=other)),
        ((b"\x06", b"unknown-key"), token(6, other)),
        ((b"\x06", b"unknown-claim"), token(6, extra=1)),
        ((b"\x00", b"malformed"), b"nonsense"),
        ((b"\x00", b"malformed"), b"\xff.\xff.\xff"),
        ((b"\x00", b"malformed"), b""),
    )
    for expected, bad in cases:
        assert board.answer(wire.GrantToken(bad)) == expected, bad
    assert [g.seq for g in board.book.grants()] == [5]
    assert Board(good=False).answer(wire.GrantToken(token(1))) == (b"\x01", b"bad-signature")


def test_a_stored_grant_is_verified_again():
    board = Board()
    board.answer(wire.GrantToken(token(1)))
    again = Board(board.flash, good=False)
    assert again.book.grants() == []
    assert again.answer(wire.GrantToken(token(1))) == (b"\x01", b"bad-signature")


def test_a_revocation_is_obeyed_before_it_is_stored_and_answered_after():
    board = Board().trusted()
    board.answer(wire.GrantToken(token(1)))
    board.answer(watch((1, LIVE)))
    assert board.gate.reason == "ok"
    changes = board.flash.changes
    assert board.answer(wire.Revoke(handle(1))) == (b"\x01", b"revoked")
    assert board.happened[-1] == ("revoked", changes)  # dark, and nothing written by then
    assert board.flash.changes > changes
    again = Board(board.flash)
    assert again.book.grants() == []
    assert again.answer(wire.GrantToken(token(1))) == (b"\x01", b"revoked")


def test_a_power_cut_while_storing_a_revocation():
    for step in range(1, 4):
        for how in ("before", "half", "after"):
            board = Board()
            board.answer(wire.GrantToken(token(1)))
            board.flash.changes, board.flash.cut_at = 0, (step, how)
            raises(PowerCut, board.answer, wire.Revoke(handle(1)))
            assert board.book.grants() == []
            again = Board(MemoryFlash(board.flash.files))  # it boots, and the host says it again
            assert again.answer(wire.Revoke(handle(1))) == (b"\x01", b"revoked")
            assert Board(again.flash).book.grants() == []


def test_a_revocation_of_what_is_not_held_is_remembered():
    board = Board()
    assert board.answer(wire.Revoke(handle(9))) == (b"\x09", b"revoked")
    assert board.answer(wire.GrantToken(token(9))) == (b"\x09", b"revoked")
    assert board.flash.changes == 0  # made-up handles do not wear out the flash


def test_the_button_revokes_everything_until_a_newer_grant():
    board = Board().trusted()
    for seq in (1, 2):
        board.answer(wire.GrantToken(token(seq)))
    board.answer(watch((1, LIVE), (2, LIVE)))
    board.consent.press_button()
    assert board.happened[-1][0] == "button"
    assert sorted(board.told) == [(handle(1), b"revoked"), (handle(2), b"revoked")]
    board.consent.press_button()
    assert len(board.told) == 2
    again = Board(board.flash).trusted()
    assert again.gate.check() == "button"
    again.answer(watch((1, LIVE), (2, LIVE), (3, LIVE)))
    for seq in (1, 2):
        assert again.answer(wire.GrantToken(token(seq)))[1] == b"revoked"
        assert again.gate.check() == "button"
    assert again.answer(wire.GrantToken(newer(3)))[1] == b"held"
    again.clock.hear_sntp((NOW + 1) * 1000)
    assert again.gate.check() == "ok"
    assert Board(again.flash).gate.button is False


def newer(seq):
    """A grant signed the second after NOW."""
    return token(seq, iat=NOW + 1, nbf=NOW + 1)


def test_the_button_is_not_undone_by_what_was_signed_before_it():
    """A host may have kept a grant back, with a number that the board has not seen."""
    board = Board().trusted()
    board.answer(wire.GrantToken(token(1)))
    board.consent.press_button()
    for where in (board, Board(board.flash).trusted()):
        assert where.answer(wire.GrantToken(token(2, iat=NOW, nbf=NOW))) == (b"\x02", b"button")
        assert where.gate.check() == "button"
    assert board.answer(wire.GrantToken(newer(3)))[1] == b"held"
    for where in (board, Board(board.flash).trusted()):  # open again, but not for that one
        assert where.answer(wire.GrantToken(token(4))) == (b"\x04", b"button")
        assert [g.seq for g in where.book.grants()] == [3]


def test_a_button_pressed_without_a_clock_goes_by_the_newest_grant_seen():
    board = Board()
    board.answer(wire.GrantToken(token(1, iat=NOW - 9, nbf=NOW)))
    board.consent.press_button()
    assert board.answer(wire.GrantToken(token(2, iat=NOW - 9, nbf=NOW)))[1] == b"button"
    assert board.answer(wire.GrantToken(token(3, iat=NOW - 8, nbf=NOW)))[1] == b"held"


def mended(board):
    """The flash takes writes again, and the next try is due."""
    board.flash.error = 0
    board.consent.mend()
    return board


def test_a_revocation_that_cannot_be_stored_shuts_the_gate_until_it_is():
    for error in (28, 5):  # full, failing
        board = Board().trusted()
        for seq in (1, 2):
            board.answer(wire.GrantToken(token(seq)))
        board.answer(watch((1, LIVE), (2, LIVE)))
        board.flash.error = error
        for _ in range(2):
            assert board.answer(wire.Revoke(handle(1))) == (b"\x01", b"store-fault")
        board.consent.mend()
        assert board.gate.check() == "store-fault"
        assert board.happened[-1][0] == "store-fault"  # dark by then
        assert board.told == []
        mended(board)
        assert board.gate.check() == "ok"
        assert board.told == [(handle(1), b"revoked")]
        assert [g.seq for g in Board(board.flash).book.grants()] == [2]


def test_a_button_press_that_cannot_be_stored_is_stored_later():
    board = Board().trusted()
    board.answer(wire.GrantToken(token(1)))
    board.flash.error = 28
    board.consent.press_button()
    assert board.gate.check() == "button"
    assert board.told == []
    mended(board)
    assert board.told == [(handle(1), b"revoked")]
    again = Board(board.flash).trusted()
    assert (again.gate.check(), again.book.grants()) == ("button", [])


def test_a_grant_that_cannot_be_stored_opens_nothing_yet():
    board = Board().trusted()
    board.flash.error = 28
    for _ in range(2):
        assert board.answer(wire.GrantToken(token(1))) == (b"\x01", b"store-fault")
    board.answer(watch((1, LIVE)))
    assert board.gate.reason == "store-fault"
    mended(board)
    assert board.gate.check() == "ok"
    assert [g.seq for g in Board(board.flash).book.grants()] == [1]


def test_what_is_stored_is_not_written_again():
    board = Board()
    board.answer(wire.GrantToken(token(1)))
    changes = board.flash.changes
    board.consent.mend()
    assert board.flash.changes == changes


def test_expired_grants_make_room():
    board = Board().trusted()
    for seq in range(1, 9):
        assert board.answer(wire.GrantToken(token(seq, exp=NOW + seq)))[1] == b"held"
    assert board.answer(wire.GrantToken(token(9)))[1] == b"too-many"
    board.clock.hear_sntp((NOW + 2) * 1000)
    assert board.answer(wire.GrantToken(token(10)))[1] == b"held"
    assert [g.seq for g in board.book.grants()][-1] == 10


def test_no_secret_and_no_token_in_the_log():
    board = Board()
    board.answer(wire.GrantToken(token(1)))
    board.answer(wire.GrantToken(token(6, extra=1)))
    board.answer(wire.Revoke(handle(1)))
    text = str(board.log)
    assert "grant held" in text
    for part in token(1).decode().split("."):
        assert part not in text
