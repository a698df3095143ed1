"""What may stand in boards/*.toml, key by key. What the keys mean together: boards_check.py.

A rule is a test, and the words that finish the sentence "KEY ..." when it does not hold.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

Rule = tuple[Callable[[Any], bool], str]
Rules = Mapping[str, Rule]

STATUSES = ("tested-virtually", "unverified", "end-of-life", "unusable")
BUSES = ("quad", "octal")

# The camera firmware's releases hold one image each; the rest of the file's name is the release's.
IMAGES: Mapping[str, tuple[str, ...]] = {
    "esp32": (
        "ESP32_GENERIC-SPIRAM", "WROVER_KIT", "ESP_EYE", "M5STACK_PSRAM", "M5STACK_V2_PSRAM",
        "M5STACK_WIDE", "M5STACK_ESP32CAM", "M5STACK_UNITCAM", "AI_THINKER", "TTGO_T_JOURNAL",
        "TTGO_T_CAMERA_PLUS",
    ),
    "esp32s3": (
        "ESP32_GENERIC_S3", "ESP32_GENERIC_S3-SPIRAM_OCT", "M5STACK_CAMS3_UNIT",
        "M5STACK_ATOM_S3R", "XIAO_ESP32S3", "ESP32S3_CAM_LCD", "ESP32S3_EYE",
        "FREENOVE_ESP32S3_CAM", "DFRobot_ESP32S3", "NEW_ESPS3_RE1_0", "XENOIONEX",
    ),
}  # fmt: skip


def _number(least: int, most: int) -> Rule:
    return (
        lambda value: type(value) is int and least <= value <= most,
        f"must be a number from {least} to {most}",
    )


def _one_of(*values: object) -> Rule:
    words = ", ".join(str(value) for value in values)
    return lambda value: type(value) is not bool and value in values, f"must be one of {words}"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != "" and value.isprintable() and value == value.strip()


def _texts(value: object) -> bool:
    return isinstance(value, list) and value != [] and all(_is_text(item) for item in value)


def _matching(pattern: str, what: str) -> Rule:
    found = re.compile(pattern)
    return lambda value: isinstance(value, str) and bool(found.fullmatch(value)), what


def _usb(value: object) -> bool:
    pair = re.compile(r"[0-9a-f]{4} [0-9a-f]{4}")
    return (
        isinstance(value, list)
        and value != []
        and all(isinstance(row, list) and all(isinstance(x, str) for x in row) for row in value)
        and all(pair.fullmatch(" ".join(row)) is not None for row in value)
    )


_PIN = _number(0, 48)
_PIN_OR_NONE = _number(-1, 48)
_LEVEL = _number(0, 1)
_TEXT: Rule = (_is_text, "must be text in one line")
_TEXTS: Rule = (_texts, "must be a list of texts")
_FLAG: Rule = (lambda value: type(value) is bool, "must be true or false")


def _pins(least: int, most: int, what: str) -> Rule:
    return (
        lambda value: (
            isinstance(value, list)
            and least <= len(value) <= most
            and all(_PIN[0](pin) for pin in value)
        ),
        what,
    )


def _table(value: object) -> bool:
    return isinstance(value, dict) and value != {}


def _tables(value: object) -> bool:
    return isinstance(value, list) and value != [] and all(_table(row) for row in value)


TOP: Rules = {
    "name": _matching(r"[a-z0-9_]{2,32}", "must be small letters, digits and _"),
    "title": _TEXT,
    "status": _one_of(*STATUSES),
    "reason": _TEXT,
    "chip": _one_of(*IMAGES),
    "flash_mb": _number(1, 32),
    "psram_mb": _number(0, 32),
    "psram_bus": _one_of(*BUSES),
    "image": _TEXT,
    "image_offset": _number(0, 0x1000),
    "usb": (_usb, 'must be pairs of four hex digits, as [["303a", "1001"]]'),
    "boot_steps": _TEXTS,
    "run_steps": _TEXTS,
    "hold": (_tables, "must be a list of { pin, level }"),
    "pull_ups": _pins(1, 8, "must be a list of pins"),
    "shared": (_tables, "must be a list of { pin, reason }"),
    "unverified": _TEXTS,
    "traps": _TEXTS,
    **dict.fromkeys(
        ("camera", "orientation", "power_down", "light", "flash", "button", "sensors", "firmware",
         "source"),
        (_table, "must be a table"),
    ),
}  # fmt: skip

LINES = ("power_down", "light", "flash", "button")
_LINE: Rules = {"pin": _PIN, "active": _LEVEL}
SENSOR: Rules = {
    "jpeg": _FLAG,
    "firmware": _TEXTS,
    "note": _TEXT,
    "vflip": _FLAG,
    "hmirror": _FLAG,
}
# What may be said to be from somewhere: a table or list, or several keys under one word.
SOURCES = (
    "pins", "memory", "status", "traps", "orientation", "power_down", "light", "flash", "button",
    "hold", "pull_ups", "shared", "usb", "sensors",
)  # fmt: skip

# table or list of tables -> its keys
INNER: Mapping[str, Rules] = {
    "camera": {
        "data_pins": _pins(8, 8, "must be the eight pins D0 to D7"),
        "pclk_pin": _PIN,
        "vsync_pin": _PIN,
        "href_pin": _PIN,
        "sda_pin": _PIN,
        "scl_pin": _PIN,
        "xclk_pin": _PIN,
        "xclk_freq": _number(1_000_000, 40_000_000),
        "powerdown_pin": _PIN_OR_NONE,
        "reset_pin": _PIN_OR_NONE,
        "fb_count": _number(1, 2),
        "grab_mode": _number(0, 1),
    },
    "hold": {"pin": _PIN, "level": _LEVEL},
    "shared": {"pin": _PIN, "reason": _TEXT},
    "orientation": {"vflip": _FLAG, "hmirror": _FLAG},
    "firmware": {
        "version": _TEXT,
        "url": _matching(r"https://\S+", "must be an https:// address"),
        "sha256": _matching(r"[0-9a-f]{64}", "must be 64 hex digits"),
    },
    "source": dict.fromkeys(SOURCES, _TEXT),
    **dict.fromkeys(LINES, _LINE),
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "": ("name", "title", "status", "chip", "image", "image_offset", "traps", "source"),
    "camera": tuple(INNER["camera"]),
    "hold": ("pin", "level"),
    "shared": ("pin", "reason"),
    "firmware": ("version", "url", "sha256"),
    "source": ("pins",),
    **dict.fromkeys(LINES, ("pin",)),
}
