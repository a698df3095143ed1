"""Ports: what USB tells, which board may be behind one, and why one cannot be opened."""

import errno
import json
import os
import sys

import pytest
import serial

from porchkit import cli, paths
from porchkit.flash import opening, ports
from porchkit.flash.errors import NoPort
from tests.support.usbports import ENTRIES, entry


def guess(vid: int, pid: int) -> list[str]:
    """A made-up board table."""
    known = {
        (0x1A86, 0x7523): ["cam", "other_cam"],
        (0x10C4, 0xEA60): ["cam"],
        (0x303A, 0x1001): ["s3"],
    }
    return known.get((vid, pid), [])


def test_boards_are_guessed_by_usb_id() -> None:
    found = {port.device: port for port in ports.listed(ENTRIES, guess)}
    assert list(found) == ["/dev/ttyACM0", "/dev/ttyACM9", "/dev/ttyUSB0", "/dev/ttyUSB1"]
    assert found["/dev/ttyUSB0"].boards == ("cam", "other_cam")
    assert found["/dev/ttyUSB0"].kind == "CH340"
    assert found["/dev/ttyUSB1"].boards == ("cam",)
    assert found["/dev/ttyACM0"].boards == ("s3",)
    assert [name for name, port in found.items() if port.native] == ["/dev/ttyACM0"]
    assert found["/dev/ttyACM9"].kind == "Arduino Uno"


def test_only_what_may_be_a_board_is_likely() -> None:
    likely = ports.likely(ports.listed(ENTRIES, guess))
    assert "/dev/ttyACM9" not in [port.device for port in likely]
    assert len(likely) == 3
    with pytest.raises(NoPort, match="cable that also carries data") as caught:
        ports.likely(ports.listed(ENTRIES[-1:], guess))
    assert caught.value.exit_code == 10


def test_a_port_that_comes_back_under_another_name_is_followed() -> None:
    (port,) = ports.listed([ENTRIES[2]], guess)
    renamed = [entry("/dev/ttyACM1", 0x303A, 0x4001, location="1-4")]
    elsewhere = [entry("/dev/ttyACM1", 0x303A, 0x4001, location="1-5")]
    assert ports.moved(port, renamed) == "/dev/ttyACM1"
    assert ports.moved(port, elsewhere) == "/dev/ttyACM0"
    assert ports.moved(ports.named("socket://x:1", []), renamed) == "socket://x:1"


def test_the_command_lists_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: ENTRIES)
    assert cli.main(["ports", "--json"]) == 0
    rows = {row["port"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["/dev/ttyUSB0"]["usb"] == "1a86:7523"
    assert "ai_thinker" in rows["/dev/ttyUSB0"]["boards"]
    assert cli.main(["ports"]) == 0
    assert "/dev/ttyACM0    303a:1001" in capsys.readouterr().out
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [])
    assert cli.main(["ports"]) == 0
    assert "cable that carries data" in capsys.readouterr().out


class Refusing:
    """A port of pyserial that cannot be opened."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def open(self) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOENT, "no such port"),
        (errno.EACCES, r"usermod -aG \w+ .*, then log out"),
        (errno.EBUSY, "another program is using it"),
        (errno.EAGAIN, "another program is using it"),
        (errno.EIO, "cannot be opened: .*Input"),
    ],
)
def test_a_port_that_cannot_be_opened_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    error = serial.SerialException(number, os.strerror(number))
    monkeypatch.setattr(serial, "serial_for_url", lambda *_, **__: Refusing(error))
    with pytest.raises(NoPort, match=words):
        opening.opened("/dev/ttyUSB0")


def test_what_is_no_serial_port() -> None:
    with pytest.raises(NoPort, match=r"^/dev/null: no serial port; see `porchlight ports`$"):
        opening.opened("/dev/null")


def test_the_lines_are_low_before_the_port_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bool, bool, bool]] = []

    class Port:
        def open(self) -> None:
            seen.append((self.dtr, self.rts, self.exclusive))  # type: ignore[attr-defined]

    def make(_device: str, *, exclusive: bool, do_not_open: bool) -> Port:
        assert do_not_open
        port = Port()
        port.exclusive = exclusive  # type: ignore[attr-defined]
        return port

    monkeypatch.setattr(serial, "serial_for_url", make)
    opening.opened("/dev/ttyUSB0")
    assert seen == [(False, False, True)]


@pytest.mark.parametrize(
    ("checkout", "how"), [(True, "make install"), (False, "pip install 'porchlight-cam[flash]'")]
)
def test_without_the_extra_there_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], checkout: bool, how: str
) -> None:
    assert paths.in_checkout()
    monkeypatch.setattr(paths, "in_checkout", lambda: checkout)
    for name in list(sys.modules):
        if name.partition(".")[0] in ("esptool", "serial"):
            monkeypatch.setitem(sys.modules, name, None)
    assert cli.main(["ports"]) == 1
    assert capsys.readouterr().err == f"porchlight: this needs pyserial; install it: {how}\n"
