"""The board table: boards/*.toml, checked as they are read, and the board.json made from them."""

import tomllib
from typing import Any

from porchkit.errors import CommandError
from porchkit.paths import boards_root

_PIN_MAX = 48
_CAMERA_PINS = ("pclk_pin", "vsync_pin", "href_pin", "sda_pin", "scl_pin", "xclk_pin")
_CAMERA_REST = ("data_pins", "xclk_freq", "powerdown_pin", "reset_pin", "fb_count", "grab_mode")
# Outputs and inputs of the board: absent in the file is null in board.json.
_LINES = ("power_down", "light", "flash", "button")


def names() -> list[str]:
    """The ids of all boards, in order."""
    return sorted(path.stem for path in boards_root().glob("*.toml"))


def board_json(name: str) -> dict[str, Any]:
    """What the firmware needs to know of board `name`; CommandError for an unknown or bad one."""
    known = names()
    if name not in known:
        raise CommandError(f"no board '{name}'; the boards are: {', '.join(known)}")
    path = boards_root() / f"{name}.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{path.name}: {error}") from error
    _check(path.name, table)
    return {
        "name": name,
        "camera": table["camera"],
        **{line: table.get(line) for line in _LINES},
    }


def _check(where: str, table: dict[str, Any]) -> None:
    camera = table.get("camera")
    wanted = set(_CAMERA_PINS) | set(_CAMERA_REST)
    if not isinstance(camera, dict) or set(camera) != wanted:
        raise CommandError(f"{where}: [camera] must have exactly {', '.join(sorted(wanted))}")
    pins = [camera[key] for key in _CAMERA_PINS] + camera["data_pins"]
    if len(pins) != len(_CAMERA_PINS) + 8 or not all(_is_pin(pin) for pin in pins):
        raise CommandError(f"{where}: [camera] pins must be 0..{_PIN_MAX}, and data_pins eight")
    for line in _LINES:
        row = table.get(line)
        if row is not None and not (_is_pin(row.get("pin")) and row.get("active") in (0, 1)):
            raise CommandError(f"{where}: [{line}] needs pin = 0..{_PIN_MAX} and active = 0 or 1")


def _is_pin(value: object) -> bool:
    return type(value) is int and 0 <= value <= _PIN_MAX
