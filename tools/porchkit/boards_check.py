"""Is this the table of a board? The first thing wrong is a CommandError naming file and key.

Absent and not in `unverified`: the board has none. Absent and in `unverified`: nobody said. There
and in `unverified`: only one source says so, or sources disagree.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from porchkit import boards_pins
from porchkit.boards_pins import CHIPS
from porchkit.boards_rules import IMAGES, INNER, LINES, REQUIRED, SENSOR, SOURCES, TOP, Rules
from porchkit.errors import CommandError

Table = Mapping[str, Any]
Fault = tuple[str, str]  # key, what is wrong with it


def check(file: str, table: Table) -> None:
    """CommandError `FILE: KEY what is wrong`, if anything is."""
    for found in _faults(file, table):
        raise CommandError(f"{file}: {found[0]} {found[1]}")


def check_sensors(file: str, table: Table) -> None:
    """The same for the file of what is common to all boards: one table a sensor."""
    for found in _sensor_faults(table, ""):
        raise CommandError(f"{file}: {found[0]} {found[1]}")


def _faults(file: str, table: Table) -> Iterator[Fault]:
    """In this order: each step may rely on what those before it found to be so."""
    yield from _keys(table, TOP, "")
    for name, rules in INNER.items():
        yield from _inner_faults(table, name, rules)
    yield from _sensor_faults(table.get("sensors", {}), "sensors.")
    if file != f"{table['name']}.toml":
        yield "name", f"is '{table['name']}', which is not the name of the file"
    yield from _chip_faults(table)
    yield from _status_faults(table)
    yield from _camera_faults(table)
    yield from _unverified_faults(table)
    fault = boards_pins.fault(table)
    if fault:
        yield fault
    yield from _source_faults(table)


def _keys(table: Table, rules: Rules, name: str, prefix: str = "") -> Iterator[Fault]:
    for key in REQUIRED.get(name, ()):
        if key not in table:
            yield prefix + key, "is missing"
    for key, value in table.items():
        if key not in rules:
            yield prefix + key, f"is not known{_near(key, rules)}"
        holds, what = rules[key]
        if not holds(value):
            yield prefix + key, what


def _near(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f"; is '{near[0]}' meant?" if near else ""


def _inner_faults(table: Table, name: str, rules: Rules) -> Iterator[Fault]:
    rows = table.get(name, [])
    if isinstance(rows, dict):
        yield from _keys(rows, rules, name, f"{name}.")
        return
    for number, row in enumerate(rows):
        yield from _keys(row, rules, name, f"{name}[{number}].")


def _sensor_faults(sensors: Table, prefix: str) -> Iterator[Fault]:
    for name, row in sensors.items():
        if not isinstance(row, dict) or not row:
            yield prefix + name, "must be a table"
        yield from _keys(row, SENSOR, "sensor", f"{prefix}{name}.")


def _chip_faults(table: Table) -> Iterator[Fault]:
    name = table["chip"]
    chip = CHIPS[name]
    if table["image"] not in IMAGES[name]:
        near = _near(table["image"], IMAGES[name])
        yield "image", f"is no image of the camera firmware for {name}{near}"
    if table["image_offset"] != chip.image_offset:
        yield "image_offset", f"must be {chip.image_offset:#x} for {name}"
    if name == "esp32" and table.get("psram_bus") == "octal":
        yield "psram_bus", "cannot be octal on esp32"


def _status_faults(table: Table) -> Iterator[Fault]:
    unusable = table["status"] == "unusable"
    if unusable and "reason" not in table:
        yield "reason", "is missing: why is the board unusable?"
    if not unusable and "reason" in table:
        yield "reason", "is for unusable boards only; put it into traps"
    if not unusable and "camera" not in table:
        yield "camera", "is missing"
    if not unusable and table.get("psram_mb") == 0:
        yield "status", "must be unusable: the camera driver needs PSRAM"
    if table["status"] == "unverified" and "unverified" not in table:
        yield "unverified", "is missing: what is not verified?"


def _camera_faults(table: Table) -> Iterator[Fault]:
    camera = table.get("camera")
    if camera is None:
        return
    if camera["grab_mode"] == 1 and camera["fb_count"] != 2:
        yield "camera.grab_mode", "of 1 (LATEST) needs fb_count = 2"
    power_down = table.get("power_down")
    if camera["powerdown_pin"] >= 0 and power_down is None:
        yield "power_down", "is missing: camera.powerdown_pin names a pin"
    if power_down is not None and power_down["pin"] != camera["powerdown_pin"]:
        yield "power_down.pin", "must be the same as camera.powerdown_pin"


def _unverified_faults(table: Table) -> Iterator[Fault]:
    listed = table.get("unverified", [])
    known = _verifiable()
    for entry in listed:
        if entry not in known:
            yield "unverified", f"has '{entry}', which is no key{_near(entry, known)}"
    wanted = ["flash_mb", "psram_mb", "usb"] + ["psram_bus"] * (table.get("psram_mb") != 0)
    for key in wanted:
        if key not in table and key not in listed:
            yield key, "is missing; if nobody says, name it in unverified"
    for line in LINES:
        if line in table and "active" not in table[line] and f"{line}.active" not in listed:
            yield f"{line}.active", "is missing; if nobody says, name it in unverified"


def _verifiable() -> list[str]:
    plain = ("flash_mb", "psram_mb", "psram_bus", "image", "usb", "hold", "pull_ups", "camera",
             "orientation", *LINES)  # fmt: skip
    return [*plain, *(f"{line}.{key}" for line in LINES for key in ("pin", "active"))]


def _source_faults(table: Table) -> Iterator[Fault]:
    for key in SOURCES:
        if key in table and key not in table["source"] and key not in ("status", "traps"):
            yield f"source.{key}", "is missing: who says so?"
