"""What the person in front of it sees, is asked, and has to do by hand."""

import io
import json
import os
import select
import socket
import threading
from pathlib import Path

import pytest

from porchkit import cli
from porchkit.flash.progress import Voice
from tests.support.usbports import ENTRIES

NVS = bytes(range(256)) * 96


def test_nothing_that_answers_shows_the_steps(flash, firmware: Path) -> None:
    """A board that nobody put into its boot loader: a pty whose other end says nothing."""
    master, slave = os.openpty()
    try:
        code, _, err = flash(
            *(os.ttyname(slave), "--board", "ai_thinker", "--firmware", firmware, "--wait", 0.1)
        )
    finally:
        os.close(master)
        os.close(slave)
    assert code == 10
    assert "  1. Connect GPIO0 to GND" in err
    assert "no ESP chip answers; hold GPIO0 low" in err.splitlines()[-1]


def test_hands_help(chip, flash, firmware: Path) -> None:
    """Silent at first; its boot loader answers once the steps were followed, later its prompt."""
    board = chip()
    master, slave = os.openpty()
    followed = threading.Event()

    class Reading(io.StringIO):
        def write(self, text: str) -> int:
            if "Waiting for it" in text:
                followed.set()
            return super().write(text)

    hands = threading.Thread(target=_hands, args=(followed, master, board.tcp_port))
    hands.start()
    said = Reading()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("porchkit.commands.flash.Voice", lambda: Voice(said))
        code, out, err = flash(os.ttyname(slave), "--firmware", firmware, "--wait", 30)
    os.close(slave)
    hands.join()
    os.close(master)
    assert code == 0, err
    assert out.startswith(
        "Done: MicroPython v1.27.0 on a pty\nNext: porchlight provision NAME --port /dev/pts/"
    )
    steps = ["does not answer by itself", "1. Connect GPIO0", "verified in", "1. Take GPIO0 off"]
    places = [said.getvalue().index(step) for step in steps]
    assert places == sorted(places)


def _hands(followed: threading.Event, master: int, port: int) -> None:
    """Once the steps are followed: the boot loader, and a prompt for who asks for one."""
    followed.wait()
    with socket.create_connection(("127.0.0.1", port)) as far:
        while ready := select.select([master, far], [], [])[0]:
            if far in ready:
                os.write(master, far.recv(65536))
            if master not in ready:
                continue
            try:
                piece = os.read(master, 65536)
            except OSError:
                return
            if piece in (b"\r\x03", b"\x02"):
                os.write(master, b"\r\nMicroPython v1.27.0 on a pty\r\n>>> ")
            else:
                far.sendall(piece)


def test_erase_needs_a_word_and_then_erases(chip, flash, firmware: Path) -> None:
    board = chip()
    board.seed(0x9000, NVS)
    code, _, err = flash(board.device, "--firmware", firmware, "--erase", "--wait", 0)
    assert code == 2
    assert "--yes" in err
    assert board.flash(0x9000, len(NVS)) == NVS
    code, out, _ = flash(
        *(board.device, "--firmware", firmware, "--erase", "--yes", "--wait", 0, "--json")
    )
    assert code == 0
    assert json.loads(out)["nvs"] == "erased"
    assert board.flash(0x9000, len(NVS)) == b"\xff" * len(NVS)


@pytest.mark.parametrize(("typed", "code"), [("erase", 0), ("yes", 1), ("", 1)])
def test_erase_is_asked_in_a_terminal(
    chip, flash, firmware: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    board = chip()
    monkeypatch.setattr("sys.stdin", type("Tty", (), {"isatty": lambda _: True})())
    monkeypatch.setattr("builtins.input", lambda _question: typed)
    assert flash(board.device, "--firmware", firmware, "--erase", "--wait", 0)[0] == code


def test_a_board_that_was_not_named_is_asked_about(
    flash, firmware: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: ENTRIES[3:4])
    code, _, err = flash("--firmware", firmware)
    assert code == 2
    assert "found /dev/ttyUSB0 (CH340); name the port, or say --yes" in err
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: ENTRIES)
    code, _, err = flash("--firmware", firmware)
    assert code == 2
    assert "several boards are plugged in" in err
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [])
    assert flash("--firmware", firmware)[0] == 10


def test_without_file_and_board_it_asks_which_board(flash) -> None:
    code, _, err = flash("/dev/ttyUSB0")
    assert code == 2
    assert "which board is it? --board NAME; it may be: ai_thinker" in err


def test_progress_in_a_terminal_is_one_line_that_moves() -> None:
    out = io.StringIO()
    clock = iter(range(100))
    voice = Voice(out, terminal=True, now=lambda: next(clock))
    for done in (0, 512, 1024):
        voice.progress(done << 10, 1024 << 10)
    voice.say("done")
    shown = out.getvalue().split("\r")
    assert shown[2] == "[###############...............]  50 %  512 of 1024 KB"
    assert shown[3] == f"[{'#' * 30}] 100 %  1024 of 1024 KB\ndone\n"


def test_progress_in_a_terminal_ends_its_line_before_words() -> None:
    out = io.StringIO()
    voice = Voice(out, terminal=True, now=lambda: 0.0)
    voice.progress(1, 10)
    voice.progress(2, 10)  # too soon to draw again
    voice.say("The link failed")
    assert out.getvalue() == f"\r[{'#' * 3}{'.' * 27}]  10 %  0 of 0 KB\nThe link failed\n"


def test_help_needs_no_extra_and_names_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["flash", "--help"]) == 0
    text = capsys.readouterr().out
    for word in ("  0 done", "  10 no port", "11 refused", "  12 it broke off", "13 written"):
        assert word in text
