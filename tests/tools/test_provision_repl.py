"""The raw REPL's client against a board that says what a test wants, and against MicroPython."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from porchkit.flash.errors import NoPort
from porchkit.provision.board import Board
from porchkit.provision.errors import (
    BoardError,
    BoardFault,
    BoardReset,
    BoardSilent,
    LinkLost,
)
from porchkit.provision.line import SerialLine
from porchkit.provision.rawrepl import RawRepl
from porchkit.pty import PtyBoard
from tests.support.bareboard import BareBoard

BANNER = b"raw REPL; CTRL-B to exit\r\n>"
NOISE = b"\r\nI (1234) wifi:state: init -> auth (b0)\r\n"


class Scripted:
    """A Line that answers the n-th write with the n-th answer, byte by byte or at once."""

    def __init__(self, *answers: bytes, chunk: int = 10_000) -> None:
        self.sent: list[bytes] = []
        self._answers: Iterator[bytes] = iter(answers)
        self._here, self._chunk = b"", chunk

    def write(self, data: bytes) -> None:
        self.sent.append(data)
        self._here += next(self._answers, b"")

    def read(self, timeout_s: float) -> bytes:
        came, self._here = self._here[: self._chunk], self._here[self._chunk :]
        return came

    def close(self) -> None:
        pass


def clock(step_s: float = 0.1):
    """Time passes whenever somebody looks."""
    ticks = itertools.count()
    return lambda: next(ticks) * step_s


def repl(line: Scripted) -> RawRepl:
    return RawRepl(line, clock())


@pytest.mark.parametrize("chunk", [1, 3, 10_000])
def test_a_program_is_pasted_window_by_window_and_what_it_prints_comes_back(chunk: int) -> None:
    line = Scripted(b"R\x01\x04\x00", b"\x01", b"\x01", b"\x04hello\r\n\x04\x04>", chunk=chunk)
    assert repl(line).run("print('x')") == "hello\r\n"
    assert line.sent == [b"\x05A\x01", b"prin", b"t('x", b"')", b"\x04"]


def test_what_the_chip_logs_in_between_is_passed_over() -> None:
    line = Scripted(
        NOISE + b"R\x01\x04\x00", NOISE + b"\x01", b"", NOISE + b"\x04ok\x04\x04" + NOISE + b">"
    )
    assert repl(line).run("12345678") == "ok"


def test_an_exception_on_the_board_is_told_by_its_last_line() -> None:
    trace = b"Traceback (most recent call last):\r\n  File x\r\nOSError: [Errno 28] ENOSPC\r\n"
    line = Scripted(b"R\x01\x80\x00", b"", b"\x04\x04" + trace + b"\x04>")
    with pytest.raises(BoardFault, match="ENOSPC") as caught:
        repl(line).run("ask(put,'secret')")
    assert "secret" not in str(caught.value)


def test_a_board_that_gives_up_amid_a_paste_is_heard_out() -> None:
    line = Scripted(b"R\x01\x04\x00", b"\x04", b"\x04MemoryError:\x04>")
    with pytest.raises(BoardFault, match="MemoryError"):
        repl(line).run("12345678")
    assert line.sent[-1] == b"\x04"


@pytest.mark.parametrize(
    ("words", "brownout"),
    [
        (b"\r\nBrownout detector was triggered\r\n\r\nets Jul 29 2019", True),
        (b"\r\nrst:0x8 (TG1WDT_SYS_RST),boot:0x13\r\n", False),
    ],
)
def test_a_board_that_restarts_amid_a_program_is_noticed(words: bytes, brownout: bool) -> None:
    line = Scripted(b"R\x01\x80\x00", b"", b"\x04" + words)
    with pytest.raises(BoardReset) as caught:
        repl(line).run("1")
    assert caught.value.brownout is brownout


def test_a_silent_port_ends_with_what_to_do() -> None:
    line = Scripted()
    with pytest.raises(BoardSilent, match="porchlight flash"):
        repl(line).enter()
    assert len(line.sent) > 3  # it was asked more than once


def test_a_board_that_stops_amid_an_answer_is_given_up() -> None:
    with pytest.raises(BoardSilent, match="reset button"):
        repl(Scripted(b"R\x01\x80\x00", b"", b"\x04half an ans")).run("1")


def test_a_board_still_booting_is_asked_again() -> None:
    line = Scripted(b"rst:0x1 (POWERON_RESET)", b"", NOISE + BANNER)
    repl(line).enter()
    assert len(line.sent) == 3


class Chatter(Scripted):
    """A board that prints without end."""

    def read(self, timeout_s: float) -> bytes:
        return super().read(timeout_s) or NOISE


def test_a_board_that_never_falls_silent_keeps_nobody() -> None:
    repl(Chatter(BANNER)).enter()


def test_every_byte_reaches_a_real_interpreter(tmp_path: Path) -> None:
    text = "".join(chr(code) for code in range(32, 1200)) * 3
    with Board(BareBoard(tmp_path)) as board:
        assert board.ask("str", text) == text


def test_a_program_of_ours_that_fails_there_ends_in_one_line(tmp_path: Path) -> None:
    with Board(BareBoard(tmp_path)) as board, pytest.raises(BoardFault, match="ENOENT"):
        board.ask("os.remove", "none")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path, "no such port"),
        (lambda path: path.write_text("x") and path, "no serial port; see"),
    ],
)
def test_a_port_that_is_none(tmp_path: Path, make, words: str) -> None:
    with pytest.raises(NoPort, match=words):
        SerialLine(str(make(tmp_path / "tty")))


async def test_a_port_in_use_and_a_cable_that_is_pulled(tmp_path: Path) -> None:
    async with PtyBoard(tmp_path / "board") as board:
        first = SerialLine(str(board.port))
        with pytest.raises(NoPort, match="another program is using it"):
            SerialLine(str(board.port))
        board.kill()
        with pytest.raises(LinkLost, match="plug the board in"):
            RawRepl(first).enter()
        first.close()


def test_every_error_is_one_line_with_what_to_do() -> None:
    errors: list[BoardError] = [LinkLost("p"), BoardReset(brownout=True), BoardFault("x")]
    for error in errors:
        assert "\n" not in str(error)
        assert "; " in str(error)
        assert error.exit_code == 1
