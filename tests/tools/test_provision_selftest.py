"""A board tests itself, with one thing wrong at a time: the row says so, and what to do."""

import json
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from porchkit import boards, footage, keys
from porchkit.client import Client
from porchkit.home import Home
from porchkit.provision import checks, verdicts
from porchkit.provision.about import Kind
from porchkit.provision.board import Board
from porchkit.provision.errors import LinkLost
from porchkit.provision.household import Door, Household
from porchkit.provision.job import Job, Report, Wish
from porchkit.provision.show import table
from porchkit.provision.verdicts import FAIL, PASS, SKIP, Row
from porchkit.provision.wifi import Wifi
from tests.support import standins
from tests.support.bareboard import BareBoard
from tests.support.fakehost import Ca

SSID = "porchlight-sim"
KIND = Kind((1, 27, 0), "AI-Thinker ESP32-CAM", "AI_THINKER", boards.sensors("ai_thinker"))
UNSTARTED = ["Failed to capture initial frame. Construct a new object."]


@contextmanager
def answering(context: ssl.SSLContext) -> Iterator[int]:
    """A TLS server that says nothing; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    link, _ = listener.accept()
                except OSError:
                    return
                with suppress(OSError), context.wrap_socket(link, server_side=True) as secure:
                    secure.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


class Porch:
    """A provisioned board, and the host it was made for."""

    def __init__(self, folder: Path, film: Path) -> None:
        self.ca = Ca()
        self.folder = folder
        self._film = film
        self._made = folder / "made"
        self._made.mkdir()
        client = Client("https://127.0.0.1:1", None)
        door = Door("127.0.0.1", 1, "localhost")
        self._house = Household(
            Home(folder / "home"), "sam", keys.generate(), client, self.ca.der, door
        )
        with Board(BareBoard(self._made)) as board:
            wifi = Wifi(SSID, "not-a-secret")
            wish = Wish("porch", "porch", lambda: wifi, board="ai_thinker", wifi=wifi)
            Job(board, wish, self._house, Report("porch", "test"), lambda text: None).lay_out()

    def fresh(self, port: int, *, host: str = "127.0.0.1", **knobs: Any) -> Path:
        """A copy of the board that looks for its host on this port."""
        root = self.folder / "board"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self._made, root)
        config = json.loads((root / "config.json").read_text())
        (root / "config.json").write_text(json.dumps({**config, "host": host, "port": port}))
        film = {"fps": 5, "sizes": {"640x480": str(self._film)}}
        (root / "sim.json").write_text(json.dumps({"footage": film, **knobs}))
        return root


@pytest.fixture(scope="module")
def porch(tmp_path_factory: pytest.TempPathFactory) -> Porch:
    folder = tmp_path_factory.mktemp("selftest")
    source = folder / "film.mjpg"
    source.write_bytes(b"".join(standins.picture(shade) for shade in range(10)))
    return Porch(folder, footage.prepare(source, folder / "films")[0])


@pytest.fixture(scope="module")
def host(porch: Porch) -> Iterator[int]:
    with answering(porch.ca.context(porch.folder)) as port:
        yield port


def examine(root: Path, line: type[BareBoard] = BareBoard) -> dict[str, Row]:
    with Board(line(root)) as board:
        return {row.check: row for row in checks.SelfTest(board, lambda text: None).run()}


def outcomes(rows: dict[str, Row], outcome: str) -> set[str]:
    return {check for check, row in rows.items() if row.outcome == outcome}


def test_all_is_well(porch: Porch, host: int) -> None:
    rows = examine(porch.fresh(host))
    assert outcomes(rows, PASS) == set(verdicts.TABLE), table(rows.values())
    assert "not sent" in rows["sensor"].says
    assert "-52 dBm" in rows["wifi"].says
    assert checks.passed(rows.values())


def test_the_light_blinks_and_the_sensor_is_dark_afterwards(porch: Porch, host: int) -> None:
    root = porch.fresh(host)
    examine(root)
    changes = [line.split()[1:] for line in (root / "pins.log").read_text().splitlines()]
    assert [level for pin, level in changes if pin == "33"] == ["1", "0", "1", "0", "1", "0", "1"]
    assert [level for pin, level in changes if pin == "32"][-1] == "1"


@pytest.mark.parametrize(
    ("knobs", "check", "words", "todo"),
    [
        ({"wifi": 202}, "wifi", "wrong password (202)", "refuses the password"),
        ({"wifi": 201}, "wifi", "no network 'porchlight-sim' in reach", "2.4 GHz only"),
        ({"wifi": 203}, "wifi", "cannot be joined (203), heard at -52 dBm", "access point"),
        ({"ntp": "fail"}, "clock", "does not answer", "UDP port 123"),
        ({"ntp_offset_s": 3600}, "clock", "differ by 3", "computer's clock"),
        ({"sensor_fault": UNSTARTED}, "sensor", "does not start", "0.6.0 or 0.5.0"),
        ({"sensor_fault": UNSTARTED}, "sensor", "does not start", "ribbon"),
        ({"sensor_fault": [95, "EOPNOTSUPP"]}, "sensor", "makes no JPEG", "OV2640"),
    ],
)
def test_one_thing_wrong(
    porch: Porch, host: int, knobs: dict[str, Any], check: str, words: str, todo: str
) -> None:
    rows = examine(porch.fresh(host, **knobs))
    assert outcomes(rows, FAIL) == {check}, table(rows.values())
    assert words in rows[check].says
    assert todo in rows[check].todo
    if check == "wifi":
        assert outcomes(rows, SKIP) == {"host", "tls"}


def test_nobody_at_the_host_s_port(porch: Porch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    rows = examine(porch.fresh(port))
    assert outcomes(rows, FAIL) == {"host"}
    assert "does not answer" in rows["host"].says
    assert "porchlight serve" in rows["host"].todo
    assert rows["tls"].outcome == SKIP


def test_a_host_s_name_that_nobody_knows(porch: Porch, host: int) -> None:
    rows = examine(porch.fresh(host, host="no-such-host.invalid"))
    assert outcomes(rows, FAIL) == {"host"}
    assert "'no-such-host.invalid' is not found" in rows["host"].says
    assert "--address" in rows["host"].todo


def test_a_host_with_another_ca(porch: Porch, tmp_path: Path) -> None:
    with answering(Ca("another").context(tmp_path)) as port:
        rows = examine(porch.fresh(port))
    assert outcomes(rows, FAIL) == {"tls"}
    assert "not trusted" in rows["tls"].says
    assert "--ca" in rows["tls"].todo


def test_a_certificate_for_another_name(porch: Porch, tmp_path: Path) -> None:
    with answering(porch.ca.context(tmp_path, "elsewhere")) as port:
        assert outcomes(examine(porch.fresh(port)), FAIL) == {"tls"}


def test_the_clock_is_set_before_tls_looks_at_dates(porch: Porch, host: int) -> None:
    root = porch.fresh(host)
    with Board(BareBoard(root)) as board:
        checks.set_clock(board, time.time())
        board.load(checks.onboard_root() / "selftest.py")
        facts = board.ask("check_clock", int(time.time()))
    assert abs(facts["rtc_ahead_s"]) <= 1


def test_a_run_that_was_interrupted_and_a_file_that_was_changed(porch: Porch, host: int) -> None:
    root = porch.fresh(host)
    (root / "agent/gate.mpy").write_bytes(b"M")
    assert "agent/gate.mpy" in examine(root)["program"].says
    mark = json.loads((root / "provision.json").read_text())
    (root / "provision.json").write_text(json.dumps({**mark, "state": "partial"}))
    row = examine(root)["program"]
    assert (row.outcome, "interrupted" in row.says) == (FAIL, True)
    (root / "maintenance").touch()
    (root / "provision.json").unlink()
    row = examine(root)["program"]
    assert (row.outcome, "watchdog off" in row.says) == ("mind", True)
    assert "porchlight maintenance off" in row.todo


def test_a_board_with_nothing_on_it_is_told_what_is_missing(tmp_path: Path) -> None:
    rows = examine(tmp_path)
    assert outcomes(rows, FAIL) == {"program"}
    assert outcomes(rows, PASS) == {"firmware", "memory"}
    assert "provision" in rows["program"].todo


class Brownout(BareBoard):
    """Wi-Fi starts, the voltage falls, the chip restarts."""

    _told = b""

    def write(self, data: bytes) -> None:
        super().write(data)
        if b"ask(check_wifi)" in data:
            self._told = b"\r\nBrownout detector was triggered\r\n\r\nets Jul 29 2019 12:21:46\r\n"
            self.close()
            self._spawn()

    def read(self, timeout_s: float) -> bytes:
        told, self._told = self._told, b""
        return told or super().read(timeout_s)


def test_a_brownout_is_called_one_and_the_test_goes_on(porch: Porch, host: int) -> None:
    rows = examine(porch.fresh(host), Brownout)
    assert outcomes(rows, FAIL) == {"wifi"}
    assert "brownout" in rows["wifi"].says
    assert "5 V with 2 A" in rows["wifi"].todo
    assert rows["sensor"].outcome == PASS


class OwnUsb(Brownout):
    """The same on a chip with USB inside: its port goes away, and comes back."""

    def read(self, timeout_s: float) -> bytes:
        if self._told:
            raise LinkLost("its port")
        return super().read(timeout_s)

    def reopen(self) -> None:
        self._told = b""


def test_a_port_that_goes_away_with_the_chip_is_opened_again(porch: Porch, host: int) -> None:
    rows = examine(porch.fresh(host), OwnUsb)
    assert outcomes(rows, FAIL) == {"wifi"}
    assert rows["sensor"].outcome == PASS


def started(**facts: Any) -> dict[str, Any]:
    return {"started": False, "sensor": None, "jpeg": False, "bytes": 0, "why": "x", **facts}


@pytest.mark.parametrize(
    ("facts", "says", "todo"),
    [
        (started(ids={"0x3c": 0x3660}), "OV3660", "#55"),
        (started(ids={"0x3c": 0x5640}), "OV5640", "0.6.0 or 0.5.0"),
        (started(ids={}), "no camera sensor answers", "black latch"),
        (started(ids=None), "does not start", "ribbon"),
        (started(raw=True, sensor="GC2145"), "GC2145 makes no JPEG", "OV2640"),
        (started(started=True, sensor="OV2640"), "gives no JPEG", "2 A"),
    ],
)
def test_what_a_sensor_s_silence_may_mean(facts: dict[str, Any], says: str, todo: str) -> None:
    row = verdicts.sensor(facts, KIND)
    assert row.outcome == FAIL
    assert says in row.says
    assert todo in row.todo


def test_a_board_without_psram_is_told_so() -> None:
    facts = {"largest": 289_000, "heap_free": 120_000, "flash_free": 2_000_000}
    row = verdicts.memory(facts, KIND)
    assert (row.outcome, "GPIO16" in row.todo) == (FAIL, True)
    assert verdicts.memory({**facts, "heap_free": 3_900_000}, KIND).outcome == PASS
    assert verdicts.memory({**facts, "largest": 4_000_000, "flash_free": 9}, KIND).outcome == FAIL


def test_firmware_without_the_camera_or_too_old() -> None:
    assert "AI_THINKER" in verdicts.firmware({"camera": False, "build": None}, KIND).todo
    old = Kind((1, 25, 0))
    assert "too old" in verdicts.firmware({"camera": True, "build": None}, old).says
    assert "0.6.0" in verdicts.firmware({"camera": True, "build": "0.6.0"}, KIND).says


def test_weak_wifi_passes_with_a_word_of_advice() -> None:
    row = verdicts.wifi({"ssid": "x", "joined": True, "rssi": -86}, KIND)
    assert (row.outcome, "weak" in row.says, "closer" in row.todo) == (PASS, True, True)


def test_what_was_said_over_the_air_cannot_move_the_cursor() -> None:
    assert "\x1b" not in table([Row("wifi", FAIL, "no network '\x1b[2J'", "\x07")])
