"""`porchlight hub`: add NAME registers a hub by its public key, list shows them, issuer NAME says
where its operators sign in."""

import argparse
import json
from pathlib import Path
from typing import Final

from porchlight import files
from porchlight.clock import Clock
from porchlight.commands import _home, _parties
from porchlight.commands._home import UsageError
from porchlight.config import Config
from porchlight.errors import CommandError
from porchlight.registry import HUB
from porchlight.who.issuers import ROLES_CLAIM, SAME, Issuer, Issuers, issuer_url
from porchlight.who.roles import MAY

_LONGEST_ID: Final = 256  # as wide as the columns
_LONGEST_CLAIM: Final = 64
HELP: Final = """\
examples:
  porchlight hub add fire --key fire.pem   the fire brigade's public key
  porchlight hub add try                   make a key here, to try things out
  porchlight hub list
  porchlight hub issuer fire --url https://login.example.org --client-id porchlight
  porchlight hub issuer fire --url https://login.example.org --client-id porchlight \\
      --claim groups --role dispatch=viewer --role captains=approver
  porchlight hub issuer fire --none        its key alone speaks again

Registering a hub allows it nothing. Only a resident's grant does. A hub with an issuer may do
only what the roles of the operator who is signed in allow, beside."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="add|list|issuer")
    add = verbs.add_parser("add", help="register a hub")
    add.add_argument("name", metavar="NAME", help="a-z 0-9 - _")
    add.add_argument(
        "--key", type=Path, metavar="PUB.pem", help="its public key (default: make one here)"
    )
    listing = verbs.add_parser("list", help="which hubs are registered")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    issuer = verbs.add_parser("issuer", help="where a hub's operators sign in (OpenID Connect)")
    issuer.add_argument("name", metavar="NAME", help="the hub")
    where = issuer.add_mutually_exclusive_group(required=True)
    where.add_argument("--url", help="the issuer, exactly as its tokens name it")
    where.add_argument("--none", action="store_true", help="forget the issuer")
    issuer.add_argument("--client-id", metavar="ID", help="the hub's client id there")
    issuer.add_argument(
        "--claim", default=ROLES_CLAIM, help="the claim that holds roles (default: %(default)s)"
    )
    issuer.add_argument(
        "--role",
        action="append",
        default=[],
        metavar="VALUE=ROLE",
        help=f"which value of the claim is which of {', '.join(MAY)} (default: the same word)",
    )
    for verb in (add, listing, issuer):
        _home.add_home(verb)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    config = _home.load(args)
    if args.verb == "list":
        return _list(config, as_json=args.json)
    if args.verb == "issuer":
        return _set_issuer(config, args)
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


def _list(config: Config, *, as_json: bool) -> int:
    with _home.opened(config) as (store, registry):
        issuers = Issuers(store, Clock())
        found = [(hub, issuers.of(hub.thumb)) for hub in registry.parties(HUB)]
    if as_json:
        rows = [
            {"name": hub.name, "thumb": hub.thumb, "issuer": issuer and issuer.url}
            for hub, issuer in found
        ]
        print(json.dumps({"hubs": rows}))
        return 0
    for hub, issuer in found:
        print(f"{hub.name:<32} {hub.thumb}  {issuer.url if issuer else 'its key alone'}")
    if not found:
        print("no hub yet")
    return 0


def _set_issuer(config: Config, args: argparse.Namespace) -> int:
    issuer = None if args.none else _issuer(args)
    with _home.opened(config) as (store, registry):
        hub = registry.named(HUB, _home.name(args.name))
        if hub is None:
            raise CommandError(f"no hub {args.name!r}; add it: porchlight hub add {args.name}")
        store.run_now(Issuers(store, Clock()).setting(hub, issuer))
    if issuer is None:
        print(f"{hub.name} has no issuer now; its key alone speaks for it.")
    else:
        print(f"{hub.name}'s operators sign in at {issuer.url} now.")
        print("Without an operator who is signed in, it may do nothing.")
    return 0


def _issuer(args: argparse.Namespace) -> Issuer:
    """What the words on the command line say; UsageError if they do not fit."""
    if not args.client_id or len(args.client_id) > _LONGEST_ID:
        raise UsageError("--client-id: which client is the hub at its issuer?")
    if not 1 <= len(args.claim) <= _LONGEST_CLAIM:
        raise UsageError(f"--claim must have 1 to {_LONGEST_CLAIM} characters")
    try:
        url = issuer_url(args.url)
    except ValueError as error:
        raise UsageError(f"--url {args.url} {error}") from None
    return Issuer(url, args.client_id, args.claim, dict(map(_role, args.role)) or SAME)


def _role(text: str) -> tuple[str, str]:
    value, _, role = text.rpartition("=")
    if not value or role not in MAY:
        raise UsageError(f"--role {text}: write VALUE=ROLE, with one of {', '.join(MAY)}")
    return value, role
