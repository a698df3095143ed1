"""After the reset: a real MicroPython prompt on a pty, and boards that say something else."""

import os
import pty
import subprocess
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from porchkit.flash.errors import NoPort, Silent
from porchkit.flash.opening import opened
from porchkit.flash.prompt import READ_S, PromptWait
from tests.support.runtimes import find_micropython

LONG_S = 20


class Board:
    """The far end of a pty."""

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.device = os.ttyname(self._slave)

    def open(self) -> Any:
        return opened(self.device, read_timeout_s=READ_S)

    def close(self) -> None:
        for end in (self.master, self._slave):
            os.close(end)


@pytest.fixture
def board() -> Iterator[Board]:
    made = Board()
    yield made
    made.close()


@pytest.fixture
def says() -> list[str]:
    return []


def test_micropython_is_recognised(board: Board, says: list[str]) -> None:
    inner, terminal = pty.openpty()
    process = subprocess.Popen(
        [find_micropython()], stdin=terminal, stdout=terminal, start_new_session=True
    )
    os.close(terminal)
    # Until it ends, and with it its terminal, its words go to the board's port and ours to it.
    copiers = [
        threading.Thread(target=_copy, args=ends, daemon=True)
        for ends in ((inner, board.master), (board.master, inner))
    ]
    for copier in copiers:
        copier.start()
    banner = PromptWait(board.open, says.append, wait_s=LONG_S).wait()
    process.kill()
    process.wait()
    copiers[0].join()
    os.close(inner)
    assert banner.startswith("MicroPython ")
    assert "linux" in banner
    assert says == []


def _copy(source: int, sink: int) -> None:
    with suppress(OSError):
        while piece := os.read(source, 1024):
            os.write(sink, piece)


def test_a_running_program_is_interrupted_and_started_again(board: Board, says: list[str]) -> None:
    """A board that kept its files starts its program, and says nothing until it is asked."""
    got = b""

    def act() -> None:
        nonlocal got
        while not got.endswith(b"\x04"):
            got += os.read(board.master, 64)
            if got.endswith(b"\x03"):
                os.write(board.master, b"KeyboardInterrupt: \r\n>>> ")
            if got.endswith(b"\x02"):
                os.write(board.master, b"\r\nMicroPython v1.27.0 on 2025-12-10; CAM\r\n>>> ")

    actor = threading.Thread(target=act)
    actor.start()
    assert PromptWait(board.open, says.append, wait_s=LONG_S).wait() == (
        "MicroPython v1.27.0 on 2025-12-10; CAM"
    )
    actor.join()
    assert got == b"\r\x03\x02\x04"


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        (b"rst:0x1 (POWERON_RESET)\r\nwaiting for download\r\n", "take it off GND"),
        (b"\r\nBrownout detector was triggered\r\n", "5 V with 2 A"),
        (b"invalid header: 0xffffffff\r\n" * 400, "--erase"),
        (b"Guru Meditation Error: Core 0 panic'ed", "the file for this board"),
        (b"", "press RST"),
    ],
)
def test_silence_is_explained_by_what_the_board_said(
    says: list[str], said: bytes, meaning: str
) -> None:
    port = Scripted(said)
    wait = PromptWait(_opener(port), says.append, wait_s=6, now=Ticking(0.1))
    with pytest.raises(Silent, match="on the board and verified, but") as caught:
        wait.wait()
    assert meaning in str(caught.value)
    assert caught.value.exit_code == 13
    assert len(says) == bool(said)


class Ticking:
    """A clock that goes on a little whenever it is read."""

    def __init__(self, step_s: float) -> None:
        self._now, self._step_s = 0.0, step_s

    def __call__(self) -> float:
        self._now += self._step_s
        return self._now


class Scripted:
    """A port that does what a list says: bytes, or an error."""

    def __init__(self, *reads: bytes | Exception) -> None:
        self._reads = list(reads)
        self.dtr = False
        self.written = b""

    @property
    def in_waiting(self) -> int:
        return 0

    def read(self, _count: int) -> bytes:
        answer = self._reads.pop(0) if self._reads else b""
        if isinstance(answer, Exception):
            raise answer
        return answer

    def write(self, piece: bytes) -> None:
        self.written += piece

    def close(self) -> None:
        """Nothing to close."""


def _opener(*ports: Scripted | Exception) -> Callable[[], Scripted]:
    rest = list(ports)

    def open_port() -> Scripted:
        found = rest.pop(0) if len(rest) > 1 else rest[0]
        if isinstance(found, Exception):
            raise found
        return found

    return open_port


def test_a_port_that_goes_and_comes_back_is_opened_again(says: list[str]) -> None:
    back = Scripted(b"boot\r\n>>> ", b"MicroPython v1.27.0; S3\r\n>>> ")
    ports = _opener(Scripted(OSError(5, "gone")), NoPort("not yet"), back)
    assert PromptWait(ports, says.append, wait_s=LONG_S).wait() == "MicroPython v1.27.0; S3"


@pytest.mark.parametrize("native", [True, False])
def test_dtr_is_raised_for_usb_inside_the_chip_only(says: list[str], native: bool) -> None:
    port = Scripted()
    wait = PromptWait(_opener(port), says.append, wait_s=9, native=native, now=Ticking(0.1))
    with pytest.raises(Silent):
        wait.wait()
    assert port.dtr is native
    assert port.written.count(b"\x03") > 1
