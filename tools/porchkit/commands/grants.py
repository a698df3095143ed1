"""`porchlight grants`: what the resident allows at present."""

import argparse
import json
from typing import Any

from porchkit import masks, options, who
from porchkit.words import listed, local_time, table

OPEN = ("active", "waiting")
HELP = """\
examples:
  porchlight grants                what holds now, or will
  porchlight grants --all          also what is over
  porchlight grants --json         for a script

"mask X,Y,W,H": that part of every picture is covered, in thousandths of it.
"told weekly": its looks are in the log as ever, and told by the digest of Monday 08:00."""


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
                _may(row),
                local_time(row["exp"]),
                row["state"],
                row["board"],
            )
            for row in rows
        ],
    )


def _may(row: dict[str, Any]) -> str:
    """What the hub may do, what it does not see of it, and how its looks are told."""
    told = [f"mask {masks.words([box])}" for box in row.get("mask", [])]
    weekly = ["told weekly"] if row.get("notify") == "digest" else []
    return ", ".join([*row["actions"], *told, *weekly])
