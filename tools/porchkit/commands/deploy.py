"""`porchlight deploy`: run the firmware of this folder on a board, and read along."""

import argparse
import sys

from porchkit.provision import deploy, ports, show
from porchkit.provision.board import Board
from porchkit.provision.follow import follow
from porchkit.provision.line import SerialLine

HELP = """\
examples:
  porchlight deploy                        onto the only board there is; Ctrl-C ends the reading
  porchlight deploy /dev/ttyUSB0 --no-follow
  porchlight deploy --compiled             as porchlight provision leaves it

For those who change the firmware. The board is a camera already (porchlight provision); its key,
Wi-Fi, host and resident stay. What differs of main.py, agent/ and lib/ is copied, as source, the
board starts again, and what it logs is shown. Ctrl-C ends that; the board works on.

The first time all of it is copied, a minute or two on a real board; then a changed file, in
seconds. What came over the air is removed: the cable's program runs. A deploy that was cut short
leaves a board that runs nothing; the same command again completes it.

Exit status: 0 done, 1 something is wrong, such as a board that is not provisioned, 10 no port."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    add = parser.add_argument
    add("port", metavar="PORT", nargs="?", help="default: the only board there is")
    add("--compiled", action="store_true", help="compile it for the board's chip first")
    add("--no-follow", action="store_true", help="do not read the board's log afterwards")


def run(args: argparse.Namespace) -> int:
    """Copy, restart, read along."""
    (port,) = ports.chosen([args.port] if args.port else [], every=False)
    line = SerialLine(port)
    with Board(line) as board:
        progress = show.Progress(port)
        try:
            done = deploy.deploy(board, port, compiled=args.compiled, told=progress)
        finally:
            progress.done()
        _say(_sent(done))
        if done.removed:
            _say(f"Removed {show.few(done.removed)}.")
        board.restart()
        if not args.no_follow:
            _say("Its log; Ctrl-C ends the reading, the board works on.")
            follow(line, lambda text: print(text, flush=True))
    return 0


def _sent(done: deploy.Deployed) -> str:
    if not done.files:
        return "Nothing had to be copied."
    files = "1 file" if done.files == 1 else f"{done.files} files"
    return f"Copied {files}, {-(-done.bytes // 1024)} KB."


def _say(text: str) -> None:
    """What is ours and not the board's goes to stderr."""
    print(text, file=sys.stderr, flush=True)
