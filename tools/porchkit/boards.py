"""The board table: boards/*.toml, checked as they are read, and what others need of it.

A board's table is data; nothing here or on the board knows a board by its name. What may stand in
a table says boards_rules.py, what it must add up to boards_check.py and boards_pins.py.
"""

import tomllib
from pathlib import Path
from typing import Any

from porchkit import boards_check
from porchkit.boards_rules import LINES
from porchkit.errors import CommandError
from porchkit.paths import boards_root

Table = dict[str, Any]

FLIPS = ("vflip", "hmirror")
# Most boards of this world first (an estimate: no census exists); the others by name after them.
_COMMON = ("ai_thinker", "freenove_s3", "xiao_s3_sense", "m5_timercam", "wrover_kit")


def names() -> list[str]:
    """The ids of all boards, in order."""
    return sorted(path.stem for path in boards_root().glob("*.toml"))


def table(name: str) -> Table:
    """The checked table of board `name`; CommandError for an unknown or bad one."""
    known = names()
    if name not in known:
        raise CommandError(f"no board '{name}'; the boards are: {', '.join(known)}")
    path = boards_root() / f"{name}.toml"
    found = _read(path)
    boards_check.check(path.name, found)
    return found


def board_json(name: str) -> dict[str, Any]:
    """What the firmware needs to know of board `name`; CommandError for an unknown, bad or
    unusable one. A line whose active level nobody knows is null: it is not driven."""
    found = table(name)
    if found["status"] == "unusable":
        raise CommandError(f"{found['title']} ({name}) cannot be used: {found['reason']}")
    return {
        "name": name,
        "camera": found["camera"],
        **{line: _known(found.get(line)) for line in LINES},
        "hold": found.get("hold", []),
        "pull_ups": found.get("pull_ups", []),
        "orientation": _orientation(name, found),
    }


def sensors(name: str) -> dict[str, Any]:
    """All known sensors as board `name` has to treat them, by the name the driver gives them:

    {"OV3660": {"jpeg": True,                   False: it cannot be used at all
                "firmware": ["0.6.0", "0.5.0"], releases known to work, best first; [] unknown
                "note": "...",                  one line for whoever has it; "" none
                "vflip": True, "hmirror": False}}
    """
    found = table(name)
    board, own = found.get("orientation", {}), found.get("sensors", {})
    path = boards_root() / "sensors" / "common.toml"
    common = _read(path)
    boards_check.check_sensors(path.name, common)
    blank = {"jpeg": True, "firmware": [], "note": ""}
    rows: dict[str, Any] = {}
    for sensor in sorted({*common, *own}):
        row = {**blank, **common.get(sensor, {}), **own.get(sensor, {})}
        rows[sensor] = row | {
            flip: row.get(flip, False) or board.get(flip, False) for flip in FLIPS
        }
    return rows


def by_usb(vid: int, pid: int) -> list[str]:
    """The boards that usually show themselves with these USB numbers, most likely first.
    Unusable ones are last; [] if no board is known to."""
    wanted = [f"{vid:04x}", f"{pid:04x}"]
    tables = sorted((table(name) for name in names()), key=_unlikely)
    return [found["name"] for found in tables if wanted in found.get("usb", [])]


def _unlikely(found: Table) -> tuple[bool, int, str]:
    name = found["name"]
    rank = _COMMON.index(name) if name in _COMMON else len(_COMMON)
    return found["status"] == "unusable", rank, name


def _known(line: Table | None) -> Table | None:
    return line if line is not None and "active" in line else None


def _orientation(name: str, found: Table) -> dict[str, list[str]]:
    """How the picture must be turned: "*" whatever the sensor, and sensors that differ."""
    board = found.get("orientation", {})
    rows = {"*": [flip for flip in FLIPS if board.get(flip)]}
    for sensor, row in sensors(name).items():
        flips = [flip for flip in FLIPS if row[flip]]
        if flips != rows["*"]:
            rows[sensor] = flips
    return rows


def _read(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{path.name}: {error}") from error
