"""`porchlight grants`: what the resident allows at present."""

import argparse
import json
from typing import Any

from porchkit import options, who
from porchkit.words import listed, local_time, table

OPEN = ("active", "waiting")
HELP = """\
examples:
  porchlight grants                what holds now, or will
  porchlight grants --all          also what is over
  porchlight grants --json         for a script"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("--all", action="store_true", help="also expired and revoked ones")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Print the grants of one resident."""
    session = options.connect(args)
    with session.client as client:
        rows = client.get("/grants")["grants"]
        names = who.names(session.home, session.key, client.get("/cameras")["cameras"])
    shown = [row for row in rows if args.all or row["state"] in OPEN]
    if args.json:
        print(json.dumps({"grants": shown}))
    elif shown:
        print(_table(shown, names))
    else:
        print("Nothing is allowed at present.")
    return 0


def _table(rows: list[dict[str, Any]], names: dict[str, str]) -> str:
    head = ("GRANT", "CAMERA", "TO", "MAY", "UNTIL", "STATE", "BOARD")
    return table(
        head,
        [
            (
                row["jti"],
                who.called(row["camera"], names),
                listed(who.called(hub, names) for hub in row["hubs"]),
                ", ".join(row["actions"]),
                local_time(row["exp"]),
                row["state"],
                row["board"],
            )
            for row in rows
        ],
    )
