"""What provisioning wrote about this board: config.json and board.json, checked once, at start.

The first thing wrong ends the start with one line that names the file and the field.
"""

import json

from agent.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MODES = ("always", "motion")


class Fields:
    """One JSON object of a file; every getter raises ConfigError naming `file` and the field."""

    def __init__(self, file: str, values: "Any") -> None:
        if type(values) is not dict:
            raise ConfigError(file + ": not a JSON object")
        self._file = file
        self._values = values

    def text(self, name: str, default: str | None = None) -> str:
        value = self._values.get(name, default)
        if type(value) is not str:
            raise self._wrong(name, "must be text")
        return value

    def number(self, name: str, least: int, most: int, default: int | None = None) -> int:
        value = self._values.get(name, default)
        if type(value) is not int or not least <= value <= most:
            raise self._wrong(name, "must be a number from %d to %d" % (least, most))
        return value

    def rows(self, name: str, most: int, longest: int, letters: str) -> list[str] | None:
        """Rows of text of one length, of these letters only; None if there are none."""
        rows = self._values.get(name)
        if rows is None:
            return None
        if type(rows) is not list or not 1 <= len(rows) <= most:
            raise self._wrong(name, "must be 1 to %d rows" % most)
        for row in rows:
            if type(row) is not str or len(row) != len(rows[0]) or not 1 <= len(row) <= longest:
                raise self._wrong(name, "must be rows of one length, 1 to %d" % longest)
            if row.strip(letters):
                raise self._wrong(name, "must hold only " + " and ".join(letters))
        return rows

    def word(self, name: str, words: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if value not in words:
            raise self._wrong(name, "must be one of " + ", ".join(words))
        return value

    def words(self, name: str, known: tuple[str, ...]) -> list[str]:
        """A list of some of the `known`; [] if it is not there."""
        words = self._list(name)
        for word in words:
            if word not in known:
                raise self._wrong(name, "must hold only " + " and ".join(known))
        return words

    def numbers(self, name: str, least: int, most: int) -> list[int]:
        """A list of numbers; [] if it is not there."""
        numbers = self._list(name)
        for number in numbers:
            if type(number) is not int or not least <= number <= most:
                raise self._wrong(name, "must hold numbers from %d to %d" % (least, most))
        return numbers

    def each(self, name: str) -> "list[Fields]":
        """A list of objects; [] if it is not there."""
        return [Fields(self._file + ": " + name, row) for row in self._list(name)]

    def inner(self, name: str) -> "Fields":
        return Fields(self._file + ": " + name, self._values.get(name, {}))

    def all(self) -> "dict[str, Any]":
        return dict(self._values)

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def _list(self, name: str) -> "list[Any]":
        rows: list[Any] = self._values.get(name, [])
        if type(rows) is not list:
            raise self._wrong(name, "must be a list")
        return rows

    def _wrong(self, name: str, what: str) -> ConfigError:
        return ConfigError("%s: %s %s" % (self._file, name, what))


def read(file: str, raw: bytes | None) -> Fields:
    """The fields of the JSON file whose content is `raw`, None if the file is missing."""
    if raw is None:
        raise ConfigError(file + ": missing; provision the board")
    try:
        return Fields(file, json.loads(raw.decode()))
    except (ValueError, UnicodeError):
        raise ConfigError(file + ": not JSON; provision the board again") from None


class Picture:
    """How to film as the resident configured it: the most the host may ever ask for."""

    def __init__(self, fields: Fields) -> None:
        self.width = fields.number("width", 96, 1600, 640)
        self.height = fields.number("height", 96, 1200, 480)
        self.quality = fields.number("quality", 1, 100, 80)
        self.fps = fields.number("fps", 1, 30, 5)
        self.mode = MODES.index(fields.word("mode", MODES, "always"))


class Motion:
    """When something counts as moving, and what is sent around it."""

    def __init__(self, fields: Fields) -> None:
        self.sensitivity = fields.number("sensitivity", 1, 100, 50)
        self.zones = fields.rows("zones", 60, 80, ".#")
        self.pre_roll_ms = 1000 * fields.number("pre_roll_s", 0, 5, 2)
        self.post_roll_ms = 1000 * fields.number("post_roll_s", 0, 30, 3)


class Config:
    """config.json: which host, which Wi-Fi, how to film, what moves."""

    def __init__(self, fields: Fields) -> None:
        self.host = fields.text("host")
        self.port = fields.number("port", 1, 65535)
        self.server_name = fields.text("server_name", self.host)
        self.ntp = fields.text("ntp", "pool.ntp.org")
        wifi = fields.inner("wifi")
        self.ssid = wifi.text("ssid", "")
        self.key = wifi.text("key", "")
        self.picture = Picture(fields.inner("frame"))
        self.motion = Motion(fields.inner("motion"))
