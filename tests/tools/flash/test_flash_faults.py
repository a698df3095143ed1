"""Wrong boards, wrong files, bad cables: one line, a code, and nothing lost."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.bootloader import Bootloader

NVS = bytes(range(256)) * 96


def test_the_wrong_chip_is_refused_before_writing(chip, flash, firmware: Path) -> None:
    board = chip(chip="esp32s3")
    board.seed(0x1000, b"what was there")
    code, _, err = flash(board.device, "--firmware", firmware, "--wait", 0)
    assert code == 11
    assert "the board has an esp32s3, and firmware.bin is for esp32; nothing was written" in err
    assert board.flash(0x1000, 14) == b"what was there"


def test_the_wrong_file_is_refused_without_opening_the_port(flash, firmware: Path) -> None:
    code, _, err = flash("/dev/null", "--board", "freenove_s3", "--firmware", firmware)
    assert code == 11
    assert err.count("\n") == 1
    assert "FREENOVE_ESP32S3_CAM" in err


def test_a_truncated_file_is_refused_before_writing(chip, flash, firmware: Path) -> None:
    board = chip()
    board.seed(0x1000, b"what was there")
    firmware.write_bytes(firmware.read_bytes()[:90_000])
    code, _, err = flash(board.device, "--firmware", firmware, "--wait", 0)
    assert code == 11
    assert "truncated" in err
    assert board.flash(0x1000, 14) == b"what was there"


def test_two_megabytes_are_too_few(chip, flash, firmware: Path) -> None:
    board = chip(flash_mb=2)
    board.seed(0x1000, b"what was there")
    code, _, err = flash(board.device, "--firmware", firmware, "--wait", 0)
    assert code == 11
    assert "laid out for 4 MB of flash, and this board has 2 MB; nothing was written" in err
    assert board.flash(0x1000, 14) == b"what was there"


def test_a_noisy_line_is_tried_once_more_slowly(chip, line, flash, large: Path) -> None:
    board = chip()
    wire = line(board, noisy_above=115_200)
    code, out, err = flash(wire.device, "--firmware", large, "--wait", 0, "--json")
    assert code == 0, err
    assert json.loads(out)["baud"] == 115_200
    assert wire.speeds == [460_800]  # the second time it stays at the boot loader's own
    assert "Once more at 115200 baud" in err
    assert board.flash(0x20000, 4096) == large.read_bytes()[0x1F000:0x20000]


def test_a_line_that_never_works_says_what_to_try(chip, line, flash, firmware: Path) -> None:
    wire = line(chip(), noisy_above=0, after_bytes=10_000)
    code, _, err = flash(wire.device, "--firmware", firmware, "--baud", 230_400, "--wait", 0)
    assert code == 12
    assert wire.connections == 2
    assert "the link failed twice" in err.splitlines()[-1]
    assert "cable" in err.splitlines()[-1]


def test_a_board_that_vanishes_in_the_middle_loses_nothing(chip, line, flash, large: Path) -> None:
    """And the next run goes on where it stopped."""
    board = chip()
    board.seed(0x9000, NVS)
    cut = line(board, hang_up_after=300_000)
    code, _, err = flash(cut.device, "--firmware", large, "--wait", 0)
    assert code == 12
    assert "went away in the middle; nothing of yours is lost" in err
    assert "Traceback" not in err
    again = line(board)
    assert flash(again.device, "--firmware", large, "--wait", 0)[0] == 0
    assert again.passed_bytes < cut.passed_bytes * 0.75
    assert board.flash(0x9000, len(NVS)) == NVS


def flashing(board: Bootloader, firmware: Path) -> "subprocess.Popen[str]":
    """The command as a process of its own; what it says is on stderr."""
    words = [board.device, "--firmware", str(firmware), "--wait", "0"]
    return subprocess.Popen(
        [sys.executable, "-m", "porchkit.cli", "flash", *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def test_a_pty_that_vanishes_in_the_middle_is_one_line(chip, tmp_path: Path, large: Path) -> None:
    """The real thing: a device file that is gone, as a process of its own."""
    board = chip(pty=True)
    with flashing(board, large) as process:
        assert process.stderr is not None
        said = iter(process.stderr)
        assert any("20 %" in row for row in said)
        board.kill()
        rest = "".join(said)
    assert process.returncode == 12, rest
    assert f"porchlight: {board.device} went away in the middle" in rest


def test_ctrl_c_ends_it_and_the_port_is_free(chip, flash, large: Path) -> None:
    board = chip(pty=True)
    with flashing(board, large) as process:
        assert process.stderr is not None
        assert any("20 %" in row for row in process.stderr)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "Stopped in the middle" in rest
    assert "Traceback" not in rest
    assert flash(board.device, "--firmware", large, "--wait", 0)[0] == 0


def test_a_port_in_use_says_so(chip, flash, firmware: Path) -> None:
    board = chip(pty=True)
    held = os.open(board.device, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(held, fcntl.LOCK_EX)  # as mpremote, Thonny and pyserial itself do
    try:
        code, _, err = flash(board.device, "--firmware", firmware, "--wait", 0)
    finally:
        os.close(held)
    assert code == 10
    assert f"{board.device}: another program is using it" in err
    assert flash(board.device, "--firmware", firmware, "--wait", 0)[0] == 0


def test_no_such_port_says_so(flash, firmware: Path) -> None:
    code, _, err = flash("/dev/ttyUSB99", "--firmware", firmware)
    assert code == 10
    assert "no such port; plug the board in" in err
