"""`porchlight resident`: new NAME makes a key here, add NAME takes a public key, list."""

import argparse
from pathlib import Path
from typing import Final

from porchlight.commands import _home, _parties
from porchlight.registry import RESIDENT

HELP: Final = """\
examples:
  porchlight resident new sam                 make Sam's key on this machine
  porchlight resident add sam --key sam.pem   Sam's key was made elsewhere and stays there
  porchlight resident list

The key is what grants are signed with. Keep a copy of residents/NAME.pem in a safe place."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="new|add|list")
    new = verbs.add_parser("new", help="make a key here and register its resident")
    add = verbs.add_parser("add", help="register a resident by a public key")
    listing = verbs.add_parser("list", help="who is registered")
    for verb in (new, add):
        verb.add_argument("name", metavar="NAME", help="a-z 0-9 - _")
    add.add_argument("--key", required=True, type=Path, metavar="PUB.pem", help="the public key")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    for verb in (new, add, listing):
        _home.add_home(verb)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    config = _home.load(args)
    if args.verb == "list":
        _parties.show(config, RESIDENT, as_json=args.json)
        return 0
    name = _home.name(args.name)
    if args.verb == "new":
        path = config.home / "residents" / f"{name}.pem"
        party = _parties.add_new(config, RESIDENT, name, path)
    else:
        party = _parties.add_known(config, RESIDENT, name, args.key)
    print(f"{party.name} is a resident now: {party.thumb}")
    if args.verb == "new":
        print(f"Next: porchlight camera add NAME --resident {party.name}")
    return 0
