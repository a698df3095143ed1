"""board.json: what is soldered to which pin of this board."""

from agent import config
from agent.errors import AgentError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from agent.config import Fields
    from agent.flash import Flash

FLIPS = ("vflip", "hmirror")


class Line:
    """One pin that does something: `active` is the level at which it does."""

    def __init__(self, fields: "Fields") -> None:
        self.pin = fields.number("pin", 0, 48)
        self.active = fields.number("active", 0, 1)


class Hold:
    """One pin that must be at `level` for as long as the board runs."""

    def __init__(self, fields: "Fields") -> None:
        self.pin = fields.number("pin", 0, 48)
        self.level = fields.number("level", 0, 1)


class Board:
    """`camera`: the driver's own arguments (pins, clock, buffers); None where a board has no
    power-down line, light or button."""

    def __init__(self, fields: "Fields") -> None:
        self.name = fields.text("name")
        self.hold = [Hold(row) for row in fields.each("hold")]
        self.pull_ups = fields.numbers("pull_ups", 0, 48)
        turned = fields.inner("orientation")
        self._flips = {sensor: turned.words(sensor, FLIPS) for sensor in turned.all()}
        self.camera: dict[str, Any] = fields.inner("camera").all()
        self.power_down = _line(fields, "power_down")
        self.light = _line(fields, "light")
        self.button = _line(fields, "button")

    def turn(self, camera: "Any") -> None:
        """Tell a running camera how its sensor is mounted; OSError as from any call of it."""
        if not self._flips:
            return
        flips = self._flips.get(camera.get_sensor_name())
        for flip in self._flips.get("*", []) if flips is None else flips:
            getattr(camera, "set_" + flip)(True)


def _line(fields: "Fields", name: str) -> Line | None:
    return Line(fields.inner(name)) if fields.has(name) else None


def hold(machine: "Any", flash: "Flash") -> None:
    """Drive what must be driven from the first moment on: a board may cut its own power else.

    A board.json that cannot be read holds nothing here; the program will say what is wrong."""
    try:
        board = Board(config.read("board.json", flash.read("board.json")))
    except (AgentError, OSError):
        return
    for row in board.hold:
        machine.Pin(row.pin, machine.Pin.OUT, value=row.level)
    for pin in board.pull_ups:
        machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)


def switch(machine: "Any", line: Line | None) -> "Callable[[bool], None] | None":
    """A function that drives the line: True does what its name says."""
    if line is None:
        return None
    pin, active = machine.Pin(line.pin, machine.Pin.OUT, value=1 - line.active), line.active
    return lambda on: pin.value(active if on else 1 - active)


def pressed(machine: "Any", line: Line | None) -> "Callable[[], bool] | None":
    """A function that reads the button, pulled to its idle level."""
    if line is None:
        return None
    pull = machine.Pin.PULL_DOWN if line.active else machine.Pin.PULL_UP
    pin, active = machine.Pin(line.pin, machine.Pin.IN, pull), line.active
    return lambda: pin.value() == active
