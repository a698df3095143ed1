"""`porchlight flash` from the words a person types to a board that runs."""

import hashlib
import json
import os
import re
import select
import socket
import subprocess
import threading
from pathlib import Path

from tests.support import espimages
from tests.support.runtimes import find_micropython

NVS = bytes(range(256)) * 96
FILES = b"littlefs" * 512
VFS = 0x200000


def test_a_whole_firmware_is_written_verified_and_its_nvs_and_files_stay(
    chip, flash, large: Path
) -> None:
    board = chip()
    board.seed(0x9000, NVS)
    board.seed(VFS, FILES)
    contents = large.read_bytes()
    assert len(contents) > 1_700_000
    code, out, err = flash(
        *(board.device, "--board", "ai_thinker", "--firmware", large, "--wait", 0, "--json")
    )
    assert code == 0, err
    outcome = json.loads(out)
    assert outcome["chip"] == "esp32"
    assert outcome["board"] == "ai_thinker"
    assert outcome["flash_mb"] == 4
    assert outcome["psram_mb"] is None  # an ESP32 does not tell
    assert outcome["nvs"] == "kept"
    assert outcome["baud"] == 460800
    assert outcome["sha256"] == hashlib.sha256(contents).hexdigest()
    assert outcome["verified_bytes"] == len(contents) - len(NVS)
    assert re.findall(r"^ *(\d+) %$", err, re.MULTILINE) == [str(n) for n in range(0, 101, 10)]
    # The edges, and all that had to stay.
    assert board.flash(0x8F00, 0x100 + len(NVS) + 0x100) == (
        contents[0x7F00:0x8000] + NVS + contents[0xE000:0xE100]
    )
    assert board.flash(VFS, len(FILES)) == FILES
    assert board.flash(0x1000, 256) == contents[:256]
    assert board.flash(0x1000 + len(contents) - 256, 256) == contents[-256:]


def test_what_is_there_already_is_not_written_again(chip, line, flash, firmware: Path) -> None:
    """The second run sends a fraction of the bytes; a change is written, and nothing else."""
    board = chip()
    passed = []
    for _ in range(2):
        wire = line(board)
        assert flash(wire.device, "--firmware", firmware, "--wait", 0)[0] == 0
        passed.append(wire.passed_bytes)
    assert passed[1] < passed[0] / 2  # what is left is the flasher stub
    board.seed(0x11000, b"damage")
    assert flash(board.device, "--firmware", firmware, "--wait", 0)[0] == 0
    assert board.flash(0x11000, 16) == firmware.read_bytes()[0x10000:0x10010]


def test_it_says_what_the_board_held(chip, flash, firmware: Path) -> None:
    board = chip()
    said = []
    for _ in range(2):
        said.append(flash(board.device, "--firmware", firmware, "--wait", 0)[2])
    board.seed(0x8000, b"another table")
    said.append(flash(board.device, "--firmware", firmware, "--wait", 0)[2])
    for words, text in zip(("is empty", "files stay", "held another"), said, strict=True):
        assert words in text


def test_an_s3_begins_at_zero(chip, flash, tmp_path: Path) -> None:
    board = chip(chip="esp32s3")
    path = tmp_path / "s3.bin"
    path.write_bytes(espimages.merged(chip="esp32s3"))
    code, out, err = flash(
        *(board.device, "--board", "freenove_s3", "--firmware", path, "--wait", 0, "--json")
    )
    assert code == 0, err
    assert json.loads(out)["psram_mb"] == 0
    assert "names no PSRAM" in err
    assert board.flash(0, 0x1000) == path.read_bytes()[:0x1000]


def test_it_ends_when_micropython_runs(chip, line, flash, firmware: Path) -> None:
    """The first connection meets the boot loader; after the reset a real MicroPython."""
    with Prompt() as prompt:
        wire = line(chip(), prompt)
        code, out, err = flash(wire.device, "--firmware", firmware, "--json")
    assert code == 0, err
    assert json.loads(out)["micropython"].startswith("MicroPython ")
    assert err.splitlines()[-1] == "Waiting for MicroPython"
    assert "press RST" in err  # a socket has no lines: only hands can reset it


class Prompt:
    """MicroPython's own prompt on a TCP port, for one connection."""

    def __enter__(self) -> "Prompt":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.tcp_port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        near, _ = self._listener.accept()
        master, terminal = os.openpty()
        with (
            near,
            subprocess.Popen(
                [find_micropython()], stdin=terminal, stdout=terminal, start_new_session=True
            ) as process,
        ):
            os.close(terminal)
            while ready := select.select([near, master], [], [])[0]:
                piece = near.recv(1024) if near in ready else b"-"
                if not piece:
                    break
                if near in ready:
                    os.write(master, piece)
                if master in ready:
                    near.sendall(os.read(master, 1024))
            process.kill()
        os.close(master)


def test_several_at_once_one_line_each(chip, flash, firmware: Path) -> None:
    boards = [chip(), chip(chip="esp32s3"), chip()]
    ports = [board.device for board in boards]
    code, out, err = flash(*ports, "--firmware", firmware, "--wait", 0)
    assert code == 11
    lines = dict(row.split("  ", 1) for row in out.splitlines())
    assert list(lines) == ports
    assert lines[ports[0]].startswith("done    esp32 ")
    assert lines[ports[1]].startswith("FAILED  the board has an esp32s3")
    assert f"{ports[2]}  100 %" in err
    assert boards[2].flash(0x1000, 64) == firmware.read_bytes()[:64]
