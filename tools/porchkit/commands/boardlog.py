"""`porchlight boardlog`: what a board says of itself, over the network."""

import argparse
import json

from porchkit import options, who
from porchkit.errors import UsageError
from porchkit.words import clean, local_time

MOST = 200  # as many as the host keeps
HELP = """\
examples:
  porchlight boardlog porch             its last lines
  porchlight boardlog porch --last 20
  porchlight boardlog porch --json      for a script

Each line: when the host heard it, the seconds since the board's start, the part, what happened.
The host keeps the last 200 lines of a camera in memory; you alone may read them. What the board
said while it could not reach the host comes when it can; what it said just before a reset does not.
On a cable, `porchlight deploy` shows all of it as it happens. Who looked is in `porchlight log`."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("camera", metavar="CAMERA", help="its name, label or id")
    parser.add_argument("--last", type=int, default=MOST, metavar="N", help="so many lines")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Ask the host, print."""
    if not 1 <= args.last <= MOST:
        raise UsageError(f"--last must be 1 to {MOST}")
    session = options.connect(args)
    with session.client as client:
        camera = who.camera(args.camera, session.home, client.get("/cameras")["cameras"])
        found = client.get(f"/cameras/{camera.thumb}/log", {"last": args.last})
    if args.json:
        print(json.dumps(found))
    elif not found["lines"]:
        print("Nothing yet: the board has said nothing since this host began.")
    else:
        for row in found["lines"]:
            print(f"{local_time(row['at'])}  {clean(row['line'])}")
    return 0
