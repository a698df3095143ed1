"""What kind of board it is: what the chip says, and what boards/ says of the name it was given."""

import tomllib
from dataclasses import dataclass
from typing import Any, ClassVar

from porchkit import boards
from porchkit.errors import CommandError
from porchkit.paths import boards_root
from porchkit.provision.board import About

_GOOD_OV3660 = ("0.6.0", "0.5.0")


@dataclass(frozen=True)
class Kind:
    """`ov3660`: versions of the camera firmware that start such a sensor here."""

    OLDEST: ClassVar = (1, 26)

    version: tuple[int, ...]
    title: str
    image: str
    ov3660: tuple[str, ...]

    @property
    def flash_command(self) -> str:
        return "porchlight flash"


def kind(about: About) -> Kind:
    """Of the board at the cable, by the name in its board.json."""
    row = _row(about.board) if about.board in boards.names() else {}
    sensors = row.get("sensors", {})
    good = tuple(sensors.get("OV3660", {}).get("firmware", ())) or _GOOD_OV3660
    title = row.get("title", about.board or "board that it was said to be")
    return Kind(about.version, title, row.get("image", "its own"), good)


def chosen(about: About, asked: str | None, kept: str | None) -> str:
    """The name of the board: as asked, as the folder says, or as the board says. CommandError for
    none, or one with another chip."""
    name = asked or kept or about.board
    fits = [other for other in boards.names() if about.chip in (None, _row(other).get("chip"))]
    if name is None:
        raise CommandError(f"which board is it? say --board with one of: {', '.join(fits)}")
    boards.board_json(name)  # an unknown one is refused here
    if name not in fits:
        raise CommandError(
            f"this board has an {about.chip}, a {name} has an {_row(name).get('chip')}; "
            f"say --board with one of: {', '.join(fits)}"
        )
    return name


def _row(name: str) -> dict[str, Any]:
    path = boards_root() / f"{name}.toml"
    return tomllib.loads(path.read_text("utf-8"))
