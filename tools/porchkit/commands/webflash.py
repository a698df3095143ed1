"""`porchlight webflash`: what a browser needs to flash a board (ESP Web Tools)."""

import argparse
from pathlib import Path

from porchkit.flash import checks, source, webmanifest
from porchkit.flash.target import target

HELP = """\
examples:
  porchlight webflash --board ai_thinker --firmware FILE.zip --out site/ai_thinker

For a page of your own with the button of ESP Web Tools (esphome.github.io/esp-web-tools), which
works in Chrome and Edge over https: manifest.json, and the camera firmware in two parts, around the
board's settings (NVS), which stay unless the person at the browser chooses "Erase device".

FILE is firmware.bin, or the .zip that holds it; it is checked as `porchlight flash` checks it.
Afterwards the board has MicroPython and a prompt, and needs the cable once more:
porchlight provision. It is given its Wi-Fi then: not by the browser.

Exit status: 0 done, 1 something is wrong, 11 the file is not for this board."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    add = parser.add_argument
    add(
        "--board", metavar="NAME", required=True, help="which board; `porchlight boards` lists them"
    )
    add("--firmware", metavar="FILE", type=Path, required=True, help="firmware.bin, or a .zip")
    add("--out", metavar="FOLDER", type=Path, required=True, help="where to put the files")


def run(args: argparse.Namespace) -> int:
    """Check the file, write the folder."""
    board = target(args.board)
    firmware = source.from_file(args.firmware)
    checks.firmware_for_board(firmware, board)
    for path in webmanifest.write(args.out, firmware, board):
        print(path)
    return 0
