"""The program on the board: all of it, and how it begins and ends."""

import json
from pathlib import Path

from tests.hardware.repl import Repl

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = json.loads((ROOT / "firmware" / "package.json").read_text("utf-8"))


def test_every_file_is_there(repl: Repl) -> None:
    folders: dict[str, set[str]] = {}
    for target, _ in PACKAGE["urls"]:
        folder, _, name = target.rpartition("/")
        folders.setdefault(f"/{folder}", set()).add(name.removesuffix(".py"))
    for folder, names in folders.items():
        there = {
            name.split(".")[0] for name in repl.evaluate(f"__import__('os').listdir('{folder}')")
        }
        assert names - there == set(), f"missing in {folder}; porchlight provision copies them"


def test_its_parts_are_imported(repl: Repl) -> None:
    for name in ("accord.grant", "accord.session", "agent.gate", "agent.sensor", "agent.uplink"):
        assert repl.ask(f"import {name}; print('ok')") == "ok"


def test_the_modules_that_it_needs_are_in_the_image(repl: Repl) -> None:
    for name in ("asyncio", "camera", "esp32", "hashlib", "machine", "network", "ntptime", "tls"):
        assert repl.ask(f"import {name}; print('ok')") == "ok", f"the image has no {name}"


def test_the_board_describes_itself(repl: Repl) -> None:
    assert repl.evaluate("len(__import__('machine').unique_id())") == 6
    assert repl.evaluate("__import__('machine').freq()") in (160_000_000, 240_000_000)
    if repl.has("/board.json"):
        board = repl.evaluate("json.loads(open('/board.json').read())")
        assert (ROOT / "boards" / f"{board['name']}.toml").is_file()
        assert len(board["camera"]["data_pins"]) == 8


def test_the_program_starts_says_how_it_is_and_goes_dark_at_ctrl_c(repl: Repl) -> None:
    provisioned = repl.has("/config.json")
    repl.soft_reset()
    repl.expect(rb"loader: ")
    if not provisioned:
        repl.expect(rb"provision the board")
        repl.interrupt()
        return
    repl.expect(rb"radio ")
    repl.type(b"\x03")
    repl.expect(rb"interrupted")
    repl.interrupt()
    board = repl.evaluate("json.loads(open('/board.json').read())")
    _is_dark(repl, board)


def _is_dark(repl: Repl, board: dict[str, dict[str, int] | None]) -> None:
    """The sensor has no power, where the board can cut it, and no light is on."""
    for name, lit in (("power_down", True), ("light", False), ("flash", False)):
        pin = board.get(name)
        if pin is not None:
            level = repl.evaluate(f"__import__('machine').Pin({pin['pin']}).value()")
            assert (level == pin["active"]) is lit, name
