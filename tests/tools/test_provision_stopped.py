"""Ctrl-C at any moment of a dialogue: the board goes back to work, and nobody waits for long."""

import time
from pathlib import Path

import pytest

from porchkit.provision.board import Board
from tests.support.bareboard import BareBoard

SOON_S = 2.5


class Pressed(BareBoard):
    """Ctrl-C is pressed while the n-th write from now on leaves."""

    left = 0

    def write(self, data: bytes) -> None:
        self.left -= 1
        super().write(data)
        if self.left == 0:
            raise KeyboardInterrupt


def seconds_to_let_go(line: Pressed, moment: int, program: str) -> float:
    """From Ctrl-C at that write of a question to the board on."""
    with Board(line) as board:
        board.ask("exec", "import time")
        line.left = moment
        pressed = time.monotonic()
        try:
            for _ in range(3):
                board.ask("exec", program)
        except KeyboardInterrupt as error:
            board.__exit__(type(error), error)
            return time.monotonic() - pressed
    raise AssertionError("nobody pressed it")


# Of an exchange: the wish to paste, the program, its end; and the next one.
@pytest.mark.parametrize("moment", range(1, 7))
def test_ctrl_c_in_the_middle_of_a_dialogue(tmp_path: Path, moment: int) -> None:
    line = Pressed(tmp_path)
    assert seconds_to_let_go(line, moment, "pass") < SOON_S
    assert b"machine.reset()" in line.sent[-2]


def test_ctrl_c_while_a_board_is_busy_and_does_not_listen(tmp_path: Path) -> None:
    deaf = "try:\n time.sleep(9)\nexcept KeyboardInterrupt:\n time.sleep(9)"
    assert seconds_to_let_go(Pressed(tmp_path), 3, deaf) < SOON_S
