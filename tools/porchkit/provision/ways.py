"""Other ways to the host, for a board that does not find it under the name it was given.

`porchlight init` knows this machine's name; whether a board in the same network can look that name
up is up to the router. An address can always be used: the certificate is checked against the name
in `server_name`, whatever the board dials.
"""

import argparse
import contextlib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from porchkit.home import Home


def others(args: argparse.Namespace, home: Home, board_address: str) -> Iterator[str]:
    """Names and addresses worth a try, best first; none where --address was said."""
    if args.address:
        return
    if args.host:
        with contextlib.suppress(OSError):
            yield socket.gethostbyname(urlsplit(args.host).hostname or "")
        return
    names, _ = home.reached_at()
    yield from (name for name in names if name.endswith(".local"))
    yield _ours_towards(board_address)
    yield from (name for name in names if not name.endswith(".local"))


def _ours_towards(address: str) -> str:
    """This machine's own address in the network where `address` is. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
