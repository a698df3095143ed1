"""`porchlight maintenance`: keep a board's watchdog off while somebody works on it over USB."""

import argparse

from porchkit.provision import deploy, ports
from porchkit.provision.board import Board
from porchkit.provision.line import SerialLine

HELP = """\
examples:
  porchlight maintenance on                   then: mpremote connect PORT mount firmware ...
  porchlight maintenance off /dev/ttyUSB0     back to work

A watchdog cannot be stopped once it runs, not even by a soft reset: thirty seconds after you have
interrupted the program it restarts the board under your hands. With maintenance on it is not
started, the program that the cable put there runs, and no update over the air is taken. The camera
works as ever, but hangs for good where the watchdog would have restarted it: switch it off again.
The board restarts at once. `porchlight doctor` shows which it is.

Exit status: 0 done, 1 something is wrong, 10 no port."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("switch", choices=("on", "off"))
    parser.add_argument("port", metavar="PORT", nargs="?", help="default: the only board there is")


def run(args: argparse.Namespace) -> int:
    """Switch it, restart."""
    (port,) = ports.chosen([args.port] if args.port else [], every=False)
    with Board(SerialLine(port)) as board:
        changed = deploy.maintain(board, on=args.switch == "on")
        board.restart()
    said = f"maintenance is {args.switch}" if changed else f"maintenance was {args.switch} already"
    watchdog = "is not started" if args.switch == "on" else "runs"
    print(f"{port}: {said}; the board restarts, and its watchdog {watchdog}")
    return 0
