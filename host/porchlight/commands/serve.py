"""`porchlight serve`: run the host until Ctrl-C."""

import argparse
import asyncio
import contextlib
import ipaddress
from typing import Final

import uvloop

from porchlight import heap, logs
from porchlight.commands._home import add_home, load
from porchlight.config import Config
from porchlight.serving import Ports, Serving, alone, announced

HELP: Final = """\
examples:
  porchlight serve
  porchlight serve 2>host.log

Runs until Ctrl-C. Logs go to stderr, one JSON object a line, without secrets."""
_LEVELS: Final = ("debug", "info", "warning", "error")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    add_home(parser)
    parser.add_argument("--log-level", choices=_LEVELS, default="info", help="default: %(default)s")


def run(args: argparse.Namespace) -> int:
    """Serve; returns after Ctrl-C or SIGTERM, once everything is closed."""
    config = load(args)
    logs.configure(args.log_level)
    heap.few()
    with alone(config), contextlib.ExitStack() as running:

        def ready() -> None:
            running.enter_context(announced(config, serving.ports))
            _tell(config, serving.ports)

        serving = Serving(config, ready=ready)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serving.run())
    return 0


def _tell(config: Config, ports: Ports) -> None:
    print(f"Porchlight serves {config.home}")
    print(f"  boards and hubs  https://{_reached_as(config)}:{ports.https}")
    if ports.http:
        print(f"  page             http://{_bracketed(config.page.address)}:{ports.http}")
    print("Ctrl-C ends it.", flush=True)


def _reached_as(config: Config) -> str:
    """The first name of a host that listens everywhere; else the one address it has."""
    address = config.listen.address
    if config.listen.names and ipaddress.ip_address(address).is_unspecified:
        return config.listen.names[0]
    return _bracketed(address)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
