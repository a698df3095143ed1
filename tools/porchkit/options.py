"""Options that several commands share, and the connection they lead to."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from porchkit.client import Client
from porchkit.home import Home, folder
from porchkit.keys import PrivateKey, load_private


def add_connection(parser: argparse.ArgumentParser) -> None:
    """--home, --host, --ca, --resident, --key."""
    group = parser.add_argument_group("where and who")
    group.add_argument("--home", metavar="FOLDER", help="the host's folder (default ~/.porchlight)")
    group.add_argument("--host", metavar="URL", help="a host elsewhere, https://NAME:8443")
    group.add_argument("--ca", type=Path, metavar="FILE", help="that host's ca.pem")
    group.add_argument("--resident", metavar="NAME", help="whose key, if the folder has several")
    group.add_argument("--key", type=Path, metavar="FILE", help="the resident's key, if elsewhere")


@dataclass(frozen=True)
class Session:
    """The folder, the resident's key, and a client that signs with it."""

    home: Home
    name: str
    key: PrivateKey
    client: Client


def connect(args: argparse.Namespace) -> Session:
    """Find key and host as the options say. Nothing is sent yet."""
    home, name, key = identify(args)
    ca = args.ca or (home.ca if home.ca.exists() else None)
    client = Client(args.host or home.base_url(), key, ca=ca)
    return Session(home, name, key, client)


def identify(args: argparse.Namespace) -> tuple[Home, str, PrivateKey]:
    """(folder, the resident's name, the resident's key) without a host."""
    home = Home(folder(args.home))
    if args.key:
        return home, args.resident or args.key.stem, load_private(args.key)
    return home, *home.resident_key(args.resident)
