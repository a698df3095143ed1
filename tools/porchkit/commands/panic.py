"""`porchlight panic`: opens a grant that was signed for an emergency, for as long as it says."""

import argparse

from porchkit import options, saying, when, who
from porchkit.client import Client
from porchkit.errors import CommandError
from porchkit.leasing import Word

HELP = """\
examples:
  porchlight grant porch --to fire --panic 30m      sign it, ahead of time
  porchlight panic porch                            open it, now
  porchlight panic porch GRANT                      this one, if there are several

A button at the board, held for three seconds, does the same without host and network. No hub can.
It closes by itself; `porchlight revoke` closes it at once, for good."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("camera", metavar="CAMERA", help="its name, label or id")
    parser.add_argument("grant", metavar="GRANT", nargs="?", help="which one (default the newest)")
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Open it; CommandError where there is none."""
    found: list[tuple[str, int]] = []

    def word(client: Client, camera: who.Party) -> Word:
        rows = [
            row
            for row in client.get("/grants")["grants"]
            if row["panic_s"] and row["camera"] == camera.thumb and row["state"] == "active"
        ]
        if args.grant:
            rows = [row for row in rows if row["jti"] == args.grant]
        if not rows:
            raise CommandError(
                "no such grant for an emergency; sign one with: porchlight grant CAMERA --panic 30m"
            )
        newest = max(rows, key=lambda row: row["seq"])
        found.append((newest["jti"], newest["panic_s"]))
        return saying.not_longer(client, camera.thumb, Word(opens=newest["jti"]))

    name, answer = saying.say(args, word)
    ((jti, seconds),) = found
    print(f"{name} is open for {when.describe_span(seconds)}: {saying.board_says(answer['board'])}")
    print(f"  close it: porchlight revoke {jti}")
    return 0
