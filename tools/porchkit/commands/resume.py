"""`porchlight resume`: ends a pause. Grants that still hold are good again."""

import argparse

from porchkit import saying, when
from porchkit.leasing import Word

HELP = """\
examples:
  porchlight resume porch                the camera is as its grants say, again
  porchlight resume porch --lease 10m    and what needs a lease has one, for so long"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    saying.add_options(parser)
    parser.add_argument(
        "--lease", metavar="TIME", default="1h", help="keep alive for so long, too (default 1h)"
    )


def run(args: argparse.Namespace) -> int:
    """Say it, and what the board says. Agents that were taken back stay so."""
    word = Word(lease_s=when.parse_span(args.lease), resume=True)
    name, answer = saying.say(args, lambda client, camera: word)
    print(f"{name} is no longer paused: {saying.board_says(answer['board'])}")
    return 0
