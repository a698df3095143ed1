"""Writes boards/README.md from the tables: `python -m porchkit.boards_readme`. A test compares."""

from collections.abc import Iterable, Sequence

from porchkit import boards
from porchkit.boards import Table
from porchkit.boards_words import advice, light, memory
from porchkit.paths import boards_root

MARKS = {
    "tested-virtually": "tested virtually",
    "unverified": "⚠ unverified",
    "end-of-life": "⚠ end of life",
    "unusable": "✖ unusable",
}

HEAD = """\
# Boards

<!-- Written by `python -m porchkit.boards_readme` from the files beside it; do not edit. -->

One TOML a board, data only: pins, lights with their polarity, memory, the image to flash, and the
traps that cost an evening each. `porchlight boards NAME` shows all of one in a terminal.
Provisioning makes `/board.json` of it; the firmware has no `if board ==`.

No real board was at hand: *tested virtually* means that the firmware ran with this table on a
virtual one. ⚠ **unverified**: something that matters comes from one source only, or nobody says,
or sources disagree. ⚠ **end of life**: no longer made. ✖ **unusable**: refused, with the reason.
A light whose level nobody knows is not lit: a light that may lie is worse than none.
"""

SENSORS = """
## Sensors

Boards are sold under one name with different sensors. The driver knows which one a board has; what
then has to be done stands in `sensors/common.toml`, and in a board's own `[sensors.NAME]`.
"""

FOOT = """
## Add a board

1. Copy the file of a board with the same chip to `NAME.toml`; `name` is the name of the file.
2. Pins from the maker's schematic, or a program known to run. Leave out what nobody says.
3. In `unverified`, name what you left out because nobody says, and what only one source says. What
   is left out and not named there, the board does not have.
4. `[source]`: who says so, for every fact.
5. `hold`: pins to drive from the first moment on. `pull_ups`: inputs to pull before the camera.
6. `boot_steps`, `run_steps`: what hands must do before and after flashing, if it needs hands.
7. `status = "unverified"`, until the firmware has run on one.
8. `porchlight boards NAME`: checks every key, and every pin against chip, PSRAM and each other.
9. `python -m porchkit.boards_readme`, then `make test`.
10. A line in `CHANGELOG.md`.

A pin with two uses, or GPIO0 for anything but a button, needs `shared = [{ pin, reason }]`.
`active` is the level that does what the line's name says.
"""


def render() -> str:
    """The whole README."""
    tables = [boards.table(name) for name in boards.names()]
    lines = [HEAD, *_boards(tables), *_traps(tables), SENSORS, *_sensors()]
    return "\n".join(lines) + "\n" + FOOT


def _boards(tables: Iterable[Table]) -> Iterable[str]:
    head = ("board", "", "chip", "flash, PSRAM", "light", "status")
    rows = [
        (
            f"`{found['name']}`",
            found["title"],
            found["chip"],
            f"{memory(found, 'flash_mb')}, {memory(found, 'psram_mb')}",
            light(found),
            _status(found),
        )
        for found in tables
    ]
    return _table(head, rows)


def _status(found: Table) -> str:
    mark = MARKS[found["status"]]
    if "reason" in found:
        return f"**{mark}**: {found['reason']}"
    unsure = ", ".join(f"`{key}`" for key in found.get("unverified", ()))
    mark = mark if found["status"] == "tested-virtually" else f"**{mark}**"
    return f"{mark}; not verified: {unsure}" if unsure else mark


def _traps(tables: Iterable[Table]) -> Iterable[str]:
    """What is said of one board alone; what is true of many is shown by the command."""
    tables = list(tables)
    said = [trap for found in tables for trap in found["traps"]]
    yield "\n## Traps\n"
    for found in tables:
        own = [trap for trap in found["traps"] if said.count(trap) < 3]
        yield (
            f"- `{found['name']}`: {' '.join(own)}" if own else f"- `{found['name']}`: none known."
        )


def _sensors() -> Iterable[str]:
    known = boards.sensors(boards.names()[0])
    rows = [
        (name, ", ".join(flip for flip in boards.FLIPS if row[flip]), advice(row))
        for name, row in known.items()
        if row["jpeg"]
    ]
    yield from _table(("sensor", "picture is turned", ""), rows)
    without = ", ".join(name for name, row in known.items() if not row["jpeg"])
    yield f"\nNo JPEG, so no use here: {without}."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in row)}|"


if __name__ == "__main__":
    (boards_root() / "README.md").write_text(render(), encoding="utf-8")
