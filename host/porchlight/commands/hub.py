"""`porchlight hub`: add NAME registers a hub by its public key, list shows them."""

import argparse
from pathlib import Path
from typing import Final

from porchlight import files
from porchlight.commands import _home, _parties
from porchlight.registry import HUB

HELP: Final = """\
examples:
  porchlight hub add fire --key fire.pem   the fire brigade's public key
  porchlight hub add try                   make a key here, to try things out
  porchlight hub list

Registering a hub allows it nothing. Only a resident's grant does."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="add|list")
    add = verbs.add_parser("add", help="register a hub")
    add.add_argument("name", metavar="NAME", help="a-z 0-9 - _")
    add.add_argument(
        "--key", type=Path, metavar="PUB.pem", help="its public key (default: make one here)"
    )
    listing = verbs.add_parser("list", help="which hubs are registered")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    for verb in (add, listing):
        _home.add_home(verb)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    config = _home.load(args)
    if args.verb == "list":
        _parties.show(config, HUB, as_json=args.json)
        return 0
    name = _home.name(args.name)
    path = config.home / "hubs" / f"{name}.pem"
    if args.key is None:
        party = _parties.add_new(config, HUB, name, path)
    else:
        party = _parties.add_known(config, HUB, name, args.key)
        files.private_folder(path.parent)
        files.write(path, party.key.pem(), files.PUBLIC)  # for the resident's commands to name it
    print(f"{party.name} is a hub now: {party.thumb}")
    print(f"It may do nothing yet. Next: porchlight grant CAMERA --to {party.name}")
    return 0
