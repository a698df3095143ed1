"""`porchlight doctor`: a board tests itself, and each failure is explained."""

import argparse
import json

from porchkit.provision import checks, ports, show
from porchkit.provision.board import Board
from porchkit.provision.line import SerialLine

HELP = """\
examples:
  porchlight doctor                       the board on the only port
  porchlight doctor /dev/ttyUSB0 --json   for a script: one JSON object

Needs nothing but the cable: what is tried (Wi-Fi, host, camera) is what the board holds. Its work
is interrupted meanwhile, one picture is taken and not sent, and it starts again afterwards. The
board's clock is set from this computer.

Exit status: 0 all is well, 1 something failed (the table says what to do), 10 no port."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("port", metavar="PORT", nargs="?", help="default: the only board there is")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Ask, show, put the board back to work."""
    (port,) = ports.chosen([args.port] if args.port else [], every=False)
    progress = show.Progress(port)
    try:
        with Board(SerialLine(port)) as board:
            seen = board.about
            rows = checks.SelfTest(board, progress).run()
            board.restart()
    finally:
        progress.done()
    version = ".".join(map(str, seen.version))
    good = checks.passed(rows)
    if args.json:
        found = {
            "port": port,
            "chip": seen.chip,
            "micropython": version,
            "board": seen.board,
            "camera": seen.camera,
            "good": good,
            "checks": [row.json() for row in rows],
        }
        print(json.dumps(found))
    else:
        print(f"{port}  {seen.chip or seen.machine}  {seen.board or 'not provisioned'}")
        print(show.table(rows))
    return 0 if good else 1
