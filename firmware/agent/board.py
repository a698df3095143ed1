"""board.json: what is soldered to which pin of this board."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from agent.config import Fields


class Line:
    """One pin that does something: `active` is the level at which it does."""

    def __init__(self, fields: "Fields") -> None:
        self.pin = fields.number("pin", 0, 48)
        self.active = fields.number("active", 0, 1)


class Board:
    """`camera`: the driver's own arguments (pins, clock, buffers); None where a board has no
    power-down line, light or button."""

    def __init__(self, fields: "Fields") -> None:
        self.name = fields.text("name")
        self.camera: dict[str, Any] = fields.inner("camera").all()
        self.power_down = _line(fields, "power_down")
        self.light = _line(fields, "light")
        self.button = _line(fields, "button")


def _line(fields: "Fields", name: str) -> Line | None:
    return Line(fields.inner(name)) if fields.has(name) else None


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
