"""machine, network, ntptime and esp32 of a virtual board."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.support import standins


def test_outputs_are_written_down_when_they_change(tmp_path: Path) -> None:
    before = time.time_ns() // 1_000_000
    [levels] = standins.run(
        tmp_path,
        """
from machine import Pin, Signal
led = Signal(Pin(33, Pin.OUT, value=1), invert=True)
led.on(); led.on(); led.off()
flash = Pin(4, Pin.OUT)
flash.toggle()
flash(0)
say(Pin(33).value(), Pin(4)(), led.value())
""",
    )
    assert levels == [1, 0, 0]
    rows = [line.split() for line in (tmp_path / "pins.log").read_text().splitlines()]
    changes = [(int(pin), int(level)) for _, pin, level in rows]
    assert changes == [(33, 1), (33, 0), (33, 1), (4, 0), (4, 1), (4, 0)]
    assert all(before <= int(at) <= time.time_ns() // 1_000_000 for at, _, _ in rows)


def test_inputs_follow_their_pull_and_the_knob(tmp_path: Path) -> None:
    [levels] = standins.run(
        tmp_path,
        """
from machine import Pin
up, down = Pin(0, Pin.IN, Pin.PULL_UP), Pin(1, Pin.IN, Pin.PULL_DOWN)
pressed = Pin(2, Pin.IN, Pin.PULL_UP)
say(up.value(), down.value(), pressed.value(), refused(ValueError, Pin, 77))
""",
        {"inputs": {"2": 0}},
    )
    assert levels == [1, 0, 0, "invalid pin"]


def test_the_clock_starts_in_2000_and_keeps_what_is_set(tmp_path: Path) -> None:
    [power_on, as_set] = standins.run(
        tmp_path,
        """
from machine import RTC
say(*RTC().datetime())
RTC().datetime((2026, 11, 23, 0, 12, 30, 15, 0))
say(*RTC().datetime())
""",
    )
    assert power_on[:6] == [2000, 1, 1, 5, 0, 0]
    assert as_set[:6] == [2026, 11, 23, 0, 12, 30]
    assert as_set[6] in (15, 16)


def test_rtc_knob_is_relative_to_the_truth(tmp_path: Path) -> None:
    [[year, month, day]] = standins.run(
        tmp_path, "from machine import RTC\nsay(*RTC().datetime()[:3])", {"rtc_offset_s": 0}
    )
    now = time.gmtime()
    assert (year, month, day) == (now.tm_year, now.tm_mon, now.tm_mday)


def test_reset_and_a_late_feed_end_an_unsupervised_program(tmp_path: Path) -> None:
    program = """
import machine
say(machine.reset_cause())
try:
    {}
except Exception:
    say("went on")
say("went on")
"""
    late = "w = machine.WDT(timeout=20); time.sleep_ms(60); w.feed()"
    for number, line in enumerate(("machine.reset()", late)):
        process = standins.launch(tmp_path / str(number), program.format(line), {})
        assert standins.said(process, status=75) == [[1]]


def test_what_identifies_a_chip_stays(tmp_path: Path) -> None:
    program = "import machine\nsay(machine.unique_id().hex(), machine.freq())"
    one, two = tmp_path / "one", tmp_path / "two"
    assert standins.run(one, program) == standins.run(one, program)
    assert standins.run(one, program) != standins.run(two, program)
    assert len(bytes.fromhex(standins.run(one, program)[0][0])) == 6


@pytest.mark.parametrize(
    ("knobs", "ahead", "at_least_s"),
    [
        ({}, 0, 0),
        ({"ntp_offset_s": -86400}, -86400, 0),
        ({"ntp": "fail"}, None, 0),
        ({"ntp": "dark"}, None, 1),
    ],
)
def test_ntptime(
    tmp_path: Path, knobs: dict[str, Any], ahead: int | None, at_least_s: float
) -> None:
    [[answer, took_ms, year]] = standins.run(
        tmp_path,
        """
import ntptime, machine
ntptime.host, ntptime.timeout = "time.example", 1
began = time.ticks_ms()
try:
    answer = ntptime.time()
    ntptime.settime()
except OSError:
    answer = None
say(answer, time.ticks_diff(time.ticks_ms(), began), machine.RTC().datetime()[0])
""",
        knobs,
    )
    assert took_ms >= at_least_s * 1000
    if ahead is None:
        assert (answer, year) == (None, 2000)
    else:
        assert abs(answer - ahead - time.time()) < 5
        assert year == time.gmtime(time.time() + ahead).tm_year


def test_wlan_joins_and_loses_its_access_point(tmp_path: Path) -> None:
    [idle, refusal, joined, lost, back] = standins.run(
        tmp_path,
        """
import network
def turn(wifi):
    with open("sim.json", "w") as f: f.write(json.dumps({"wifi": wifi}))
def wait(w):
    for _ in range(100):
        if w.isconnected(): break
        time.sleep_ms(5)
    return w.isconnected()
w = network.WLAN(network.STA_IF)
say(w.active(), w.isconnected(), w.status() == network.STAT_IDLE, w is network.WLAN())
say(refused(OSError, w.connect, "home", "secret"), refused(ValueError, w.config, "colour"))
w.active(True); w.config(pm=w.PM_NONE); w.connect("home", "secret")
say(wait(w), w.config("ssid"), w.ifconfig()[0], w.status("rssi") < 0)
turn(False)
say(w.isconnected(), w.status() == network.STAT_NO_AP_FOUND)
turn(True)
say(wait(w))
""",
    )
    assert idle == [False, False, True, True]
    assert refusal == ["Wifi Not Started", "unknown config param"]
    assert joined == [True, "home", "127.0.0.1", True]
    assert lost == [False, True]
    assert back == [True]


def test_nvs_keeps_what_was_committed(tmp_path: Path) -> None:
    first = standins.run(
        tmp_path,
        """
from esp32 import NVS
n = NVS("porch")
n.set_i32("boot", -7); n.set_blob("key", b"\\x00\\xff"); n.commit()
n.set_i32("boot", 8)
say(n.get_i32("boot"), refused(OSError, n.get_i32, "none"),
    refused(OSError, n.set_i32, "k" * 16, 1))
""",
    )
    second = standins.run(
        tmp_path,
        """
import esp32
n = esp32.NVS("porch")
room = bytearray(4)
say(n.get_i32("boot"), n.get_blob("key", room), room.hex(),
    refused(OSError, n.get_blob, "key", bytearray(1)) is not None,
    refused(OSError, esp32.NVS("other").get_i32, "boot") is not None)
n.erase_key("boot")
say(refused(OSError, n.get_i32, "boot") is not None)
say(*[len(region) for region in esp32.idf_heap_info(esp32.HEAP_DATA)])
""",
    )
    assert first[0][0] == 8
    assert None not in first[0]
    assert second == [[-7, 2, "00ff0000", True, True], [True], [4, 4]]
