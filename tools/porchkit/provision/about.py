"""What kind of board it is: what the chip says, and what boards/ says of the name it was given."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from porchkit import boards
from porchkit.errors import CommandError
from porchkit.provision.board import About


@dataclass(frozen=True)
class Kind:
    """`sensors`: how each sensor is to be treated there, as porchkit.boards.sensors tells it."""

    OLDEST: ClassVar = (1, 26)

    version: tuple[int, ...]
    title: str = "board that it was said to be"
    image: str = "its own"
    sensors: dict[str, dict[str, Any]] = field(default_factory=dict)

    def firmware_for(self, sensor: str) -> tuple[str, str]:
        """The releases of the camera firmware that start this sensor, and why no others, in
        words."""
        row = self.sensors.get(sensor, {})
        good = " or ".join(row.get("firmware", [])) or "0.6.0 or 0.5.0"
        return good, row.get("note") or "0.6.1 and 0.6.2 do not start it (upstream #55)"


def kind(about: About) -> Kind:
    """Of the board at the cable, by the name in its board.json."""
    if about.board not in boards.names():
        return Kind(about.version)
    table = boards.table(about.board)
    return Kind(about.version, table["title"], table["image"], boards.sensors(about.board))


def chosen(about: About, asked: str | None, kept: str | None) -> str:
    """The name of the board: as asked, as the folder says, or as the board says. CommandError for
    none, one with another chip, or one that cannot be used."""
    name = asked or kept or about.board
    if name is None:
        raise CommandError(f"which board is it? {_say(about)}")
    boards.board_json(name)  # an unknown or unusable one is refused here
    chip = boards.table(name)["chip"]
    if about.chip not in (None, chip):
        raise CommandError(f"this board has an {about.chip}, a {name} has an {chip}; {_say(about)}")
    return name


def _say(about: About) -> str:
    """Which boards it may be."""
    tables = [boards.table(known) for known in boards.names()]
    fits = [
        table["name"]
        for table in tables
        if about.chip in (None, table["chip"]) and table["status"] != "unusable"
    ]
    return f"say --board with one of: {', '.join(fits)}"
