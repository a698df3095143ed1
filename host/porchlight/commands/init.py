"""`porchlight init`: make the host's folder: settings, certificate authority, database."""

import argparse
import ipaddress
import socket
import time
from pathlib import Path
from typing import Final

from porchlight import config as settings
from porchlight import files, tls, values
from porchlight.audit import logkeys
from porchlight.commands._home import UsageError, add_home
from porchlight.config import Config
from porchlight.errors import CommandError
from porchlight.sections import DEFAULT_PORT
from porchlight.store import Store

HELP: Final = """\
examples:
  porchlight init
  porchlight init --name oak-street --listen 192.168.1.5:8443
  porchlight init --home /srv/porchlight

Nothing is overwritten. Keep a copy of the folder: ca.key is what your boards trust."""
_MADE: Final = (
    *("porchlight.toml", "porchlight.db", "ca.pem", "ca.key", "tls.pem", "tls.key"),
    *("log.key", "witness.key"),
)
_TOML: Final = """\
# Settings of this Porchlight host. `porchlight check-config` says what is wrong in them.

[host]
name = "{name}"

[listen]
# Boards, hubs and residents come here, over TLS.
address = "{address}"
port = {port}
# Names and addresses under which they reach this machine; they go into its certificate.
names = [{names}]

[page]
# The page and local tools, not encrypted: this machine only. -1 turns it off.
address = "127.0.0.1"
port = 8080

[views]
# The longest time a hub may look at a camera in one go, in seconds.
max_seconds = 3600
# Below every picture a hub reads its name, its operator, the time and the grant.
overlay = true
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    add_home(parser)
    parser.add_argument(
        "--name", default=None, help="what this host is called (default: this machine)"
    )
    parser.add_argument(
        "--listen",
        metavar="ADDRESS:PORT",
        default=f"0.0.0.0:{DEFAULT_PORT}",
        help="where boards and hubs connect (default: %(default)s, port 0: any free one)",
    )


def run(args: argparse.Namespace) -> int:
    """Make everything, or say why not."""
    home = settings.home(args.home)
    machine = _machine()
    text = _settings(args.name or machine, args.listen, machine)
    make(home, text)
    print(f"Made {home}. Next: porchlight resident new NAME, then porchlight serve")
    return 0


def make(home: Path, text: str) -> Config:
    """A home folder with these settings; CommandError if there is one already."""
    taken = [name for name in _MADE if (home / name).exists()]
    if taken:
        raise CommandError(f"{home} holds {taken[0]} already; choose another folder with --home")
    files.private_folder(home)
    files.create(home / settings.FILE_NAME, text.encode(), files.PRIVATE)
    config = settings.load(home)
    at, now = tls.TlsFiles(home), int(time.time())
    tls.create_authority(at, config.host.name, now)
    tls.renew(at, config.listen.names, now)
    logkeys.load(home)
    store = Store(config.database_url)
    store.open()
    store.close()
    for room in ("residents", "hubs", "boards"):
        files.private_folder(home / room)
    return config


def _settings(name: str, listen: str, machine: str) -> str:
    """The settings file; UsageError if the words on the command line do not fit."""
    address, colon, port = listen.rpartition(":")
    try:
        checked = values.address(address.strip("[]"))
        if not colon or not port.isdecimal() or int(port) > 65535:
            raise ValueError("needs a port from 0 to 65535")
        names = _names(machine, checked)
        values.text(64)(name)
        if set(name) & set('"\\'):
            raise ValueError("the name must not hold quotes or backslashes")
    except ValueError as error:
        raise UsageError(f"--listen {listen} --name {name}: {error}") from None
    return _TOML.format(
        name=name, address=checked, port=int(port), names=", ".join(f'"{n}"' for n in names)
    )


def _names(machine: str, address: str) -> list[str]:
    found = [machine, f"{machine}.local"] if machine != "porchlight" else ["porchlight.local"]
    return found if ipaddress.ip_address(address).is_unspecified else [*found, address]


def _machine() -> str:
    """This machine's short name, if it is fit for a certificate."""
    short = socket.gethostname().split(".", 1)[0].lower()
    try:
        return values.host_name(short)
    except ValueError:
        return "porchlight"
