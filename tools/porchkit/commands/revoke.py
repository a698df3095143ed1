"""`porchlight revoke`: take back a grant, a camera, a hub, or everything; now."""

import argparse
import json
from typing import Any

from porchkit import board_state, options, who
from porchkit.client import Client
from porchkit.commands.grants import OPEN
from porchkit.errors import CommandError
from porchkit.words import clean

EVERYTHING = "all"
HELP = """\
examples:
  porchlight revoke porch          everything about this camera
  porchlight revoke fire           everything this hub was allowed
  porchlight revoke JTI            one grant (porchlight grants shows them)
  porchlight revoke all            everything

Running views end within a second. The command waits for the host, and says whether the board
confirmed. An offline board sends nothing, and hears of it when it is back."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("target", metavar="GRANT|CAMERA|HUB|all", help="what to take back")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Revoke all that fits `target`; CommandError if nothing does."""
    session = options.connect(args)
    with session.client as client:
        rows = client.get("/grants")["grants"]
        names = who.names(session.home, session.key, client.get("/cameras")["cameras"])
        here = {**session.home.cameras(), **session.home.hubs()}
        chosen = _chosen(rows, names, args.target, here.get(args.target))
        done = _revoked(client, chosen)
    if args.json:
        print(json.dumps({"revoked": done}))
        return 0
    for row in done:
        name = clean(who.called(row["camera"], names))
        print(f"revoked {row['jti']} ({name}): {board_state.after_revoke(row['board'])}")
    return 0


def _revoked(client: Client, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """First every revocation, then the boards' answers: nobody waits for a slow board."""
    done = [(row, client.post(f"/grants/{row['jti']}/revoke")) for row in rows]
    return [
        {
            "jti": row["jti"],
            "camera": row["camera"],
            "revoked_at": answer["revoked_at"],
            "board": board_state.settled(client, client.get(f"/grants/{row['jti']}")),
        }
        for row, answer in done
    ]


def _chosen(
    rows: list[dict[str, Any]], names: dict[str, str], target: str, thumb: str | None
) -> list[dict[str, Any]]:
    """The grants that still hold and fit `target`; `thumb`: what this folder calls by that name."""
    fits = [row for row in rows if _fits(row, names, target, thumb)]
    held = [row for row in fits if row["state"] in OPEN]
    if held:
        return held
    if fits:
        raise CommandError(f"nothing left to revoke for '{target}'; see: porchlight grants --all")
    if target == EVERYTHING:
        raise CommandError("there is no grant to revoke")
    raise CommandError(f"no grant, camera or hub '{target}'; see: porchlight grants")


def _fits(row: dict[str, Any], names: dict[str, str], target: str, thumb: str | None) -> bool:
    thumbs = [row["camera"], *row["hubs"]]
    known = {EVERYTHING, row["jti"], *thumbs, *(names.get(each) for each in thumbs)}
    return target in known or thumb in known
