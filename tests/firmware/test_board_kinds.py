"""Every kind of board of boards/, as the real firmware takes it."""

import json
from collections.abc import Callable

import pytest

from accord import wire
from porchkit import boards
from tests.support.porch import Porch
from tests.support.runtimes import FIRMWARE, run_micropython

Build = Callable[..., Porch]
TABLES = {name: boards.table(name) for name in boards.names()}
USABLE = [name for name, table in TABLES.items() if table["status"] != "unusable"]
RAN = [name for name, table in TABLES.items() if table["status"] == "tested-virtually"]
HELD = [name for name in USABLE if "hold" in TABLES[name]]

READ = """
import json, sys
from agent.board import Board
from agent.config import Fields

def line(taken):
    return taken and {"pin": taken.pin, "active": taken.active}

for name, content in json.loads(sys.stdin.read()).items():
    board = Board(Fields("board.json", content))
    print(json.dumps({
        "name": board.name,
        "camera": board.camera,
        "power_down": line(board.power_down),
        "light": line(board.light),
        "button": line(board.button),
        "hold": [{"pin": row.pin, "level": row.level} for row in board.hold],
        "pull_ups": board.pull_ups,
    }))
"""


def test_every_board_json_is_understood_as_it_is_meant() -> None:
    made = {name: boards.board_json(name) for name in USABLE}
    done = run_micropython(READ, path=[FIRMWARE, FIRMWARE / "lib"], stdin=json.dumps(made))
    assert done.returncode == 0, done.stderr
    taken = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(taken) == len(USABLE)
    for board in taken:
        wanted = made[board["name"]]
        assert board == {key: wanted[key] for key in board}


@pytest.mark.parametrize("name", RAN)
async def test_what_is_said_to_have_run_runs(porch: Build, name: str) -> None:
    """Granted and watched it films; its light is lit for that, and dark afterwards."""
    light = boards.board_json(name)["light"]
    async with porch(board=name) as p:
        await p.film()
        await p.frames(3)
        assert await p.ask(revoke(p)) == "revoked"
        levels = [change.level for change in p.pin(light["pin"])]
    assert light["active"] in levels
    assert levels[-1] == 1 - light["active"]


def revoke(p: Porch) -> wire.Revoke:
    return wire.Revoke(p.handle(1))


@pytest.mark.parametrize("name", HELD)
async def test_what_is_held_is_held_before_anything_else(porch: Build, name: str) -> None:
    async with porch(board=name) as p:
        await p.online()
        changes = p.board.pins()
    wanted = [(row["pin"], row["level"]) for row in TABLES[name]["hold"]]
    assert [(change.pin, change.level) for change in changes[: len(wanted)]] == wanted
    pins = {pin for pin, _ in wanted}
    assert not [change for change in changes[len(wanted) :] if change.pin in pins]


async def test_a_pin_that_cannot_be_held_is_told_and_stops_nothing(porch: Build) -> None:
    async with porch() as p:
        path = p.board.root / "board.json"
        path.write_text(path.read_text().replace('"hold": []', '"hold": [{"pin": 48, "level": 1}]'))
        p.patch("agent/board.py", "    for row in board.hold:", "    for row in bad(board.hold):")
        with (p.board.root / "agent" / "board.py").open("a") as source:
            source.write("\n\ndef bad(rows):\n    raise ValueError('invalid pin')\n")
        await p.online()
        assert "loader: pins to hold: invalid pin" in p.log
