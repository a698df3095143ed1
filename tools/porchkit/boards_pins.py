"""Which pins a chip has, and whether a board's table uses them in a way that can be."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

STRAP = 0  # GPIO0: low at reset means download mode, on both chips


@dataclass(frozen=True)
class Chip:
    """`input_only` pins cannot drive and have no pull-ups. `psram`: bus -> the pins it takes."""

    image_offset: int
    pins: frozenset[int]
    input_only: frozenset[int]
    psram: Mapping[str, frozenset[int]]


CHIPS: Mapping[str, Chip] = {
    # 6..11 belong to the flash; 20, 24 and 28..31 do not exist.
    "esp32": Chip(
        0x1000,
        frozenset((*range(6), *range(12, 20), 21, 22, 23, 25, 26, 27, *range(32, 40))),
        frozenset(range(34, 40)),
        {"quad": frozenset((16, 17))},
    ),
    # 22..25 do not exist; 26..32 belong to flash and quad PSRAM.
    "esp32s3": Chip(
        0x0,
        frozenset((*range(22), *range(33, 49))),
        frozenset(),
        {"octal": frozenset(range(33, 38))},
    ),
}

Kind = Literal["in", "out", "pulled"]


@dataclass(frozen=True)
class Use:
    """One pin for one thing. `key` is where the table says so."""

    key: str
    pin: int
    kind: Kind


def uses(table: Mapping[str, Any]) -> Iterator[Use]:
    """Every use of a pin but pull_ups, which are a property of a pin that has another use."""
    camera = table.get("camera", {})
    for number, pin in enumerate(camera.get("data_pins", ())):
        yield Use(f"camera.data_pins[{number}]", pin, "in")
    for key in ("pclk_pin", "vsync_pin", "href_pin"):
        yield from _one("camera", camera, key, "in")
    for key in ("sda_pin", "scl_pin", "xclk_pin", "powerdown_pin", "reset_pin"):
        yield from _one("camera", camera, key, "out")
    for line in ("light", "flash"):
        yield from _one(line, table.get(line, {}), "pin", "out")
    yield from _one("button", table.get("button", {}), "pin", "pulled")
    for number, row in enumerate(table.get("hold", ())):
        yield from _one(f"hold[{number}]", row, "pin", "out")


def _one(where: str, row: Mapping[str, Any], key: str, kind: Kind) -> Iterator[Use]:
    if row.get(key, -1) >= 0:
        yield Use(f"{where}.{key}", row[key], kind)


def fault(table: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first thing wrong with the pins: (key, what is wrong); None if they can be."""
    chip = CHIPS[table["chip"]]
    found = list(uses(table))
    pulled = [Use("pull_ups", pin, "pulled") for pin in table.get("pull_ups", ())]
    taken = _taken(chip, table)
    for use in (*found, *pulled):
        what = _impossible(use, chip, table["chip"], taken)
        if what:
            return use.key, what
    return _pulled_fault(found, pulled) or _shared_fault(found, table.get("shared", ()))


def _taken(chip: Chip, table: Mapping[str, Any]) -> frozenset[int]:
    """Where the bus is not known, every pin that PSRAM of this chip could take."""
    if table.get("psram_mb") == 0:
        return frozenset()
    bus = table.get("psram_bus")
    if bus is None:
        return frozenset().union(*chip.psram.values())
    return chip.psram.get(bus, frozenset())


def _impossible(use: Use, chip: Chip, name: str, taken: frozenset[int]) -> str | None:
    if use.pin not in chip.pins:
        return f"is GPIO{use.pin}, which {name} does not have or needs for its flash"
    if use.pin in taken:
        return f"is GPIO{use.pin}, which the PSRAM takes"
    if use.kind == "out" and use.pin in chip.input_only:
        return f"is GPIO{use.pin}, which can only be an input"
    if use.kind == "pulled" and use.pin in chip.input_only:
        return f"is GPIO{use.pin}, which has no pull-up"
    return None


def _pulled_fault(found: Iterable[Use], pulled: Iterable[Use]) -> tuple[str, str] | None:
    driven = {use.pin: use.key for use in found if use.kind == "out"}
    for use in pulled:
        if use.pin in driven:
            return use.key, f"has GPIO{use.pin}, which {driven[use.pin]} drives"
    return None


def _shared_fault(
    found: Iterable[Use], shared: Iterable[Mapping[str, Any]]
) -> tuple[str, str] | None:
    """Two uses of one pin, and the boot strap for anything but a button, need a reason."""
    allowed = {row["pin"] for row in shared}
    first: dict[int, str] = {}
    doubled: set[int] = set()
    for use in found:
        strap = use.pin == STRAP and use.kind != "pulled"
        if strap or use.pin in first:
            doubled.add(use.pin)
            if use.pin not in allowed:
                other = first.get(use.pin, "the boot strap")
                return use.key, f"is GPIO{use.pin}, as is {other}; if that is so, say why in shared"
        first.setdefault(use.pin, use.key)
    for pin in sorted(allowed - doubled):
        return "shared", f"has GPIO{pin}, which has only one use"
    return None
