"""`porchlight ports`: the serial ports, and which boards could be behind them."""

import argparse
import json

from porchkit.flash.ports import Port, listed

HELP = """\
examples:
  porchlight ports             what is plugged in
  porchlight ports --json

The USB ids name the bridge on the board or on its base plate, so many boards look alike: `may be`
is a guess. `porchlight flash` asks the chip itself. Nothing is opened here, and nothing is reset.
A board that is not listed: its cable may only charge; try another, without a hub in between."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: argparse.Namespace) -> int:
    """List them."""
    ports = listed()
    if args.json:
        print(json.dumps([_row(port) for port in ports], indent=1))
        return 0
    if not ports:
        print(
            "No USB serial port. Plug the board in with a cable that carries data, not only power. "
            "On Linux, brltty may hold a CH340: sudo apt remove brltty, then plug it in anew."
        )
    for port in ports:
        print("  ".join(_columns(port)))
    return 0


def _row(port: Port) -> dict[str, object]:
    return {
        "port": port.device,
        "usb": _id(port),
        "kind": port.kind,
        "serial": port.serial or None,
        "boards": list(port.boards),
    }


def _columns(port: Port) -> list[str]:
    guess = f"may be: {', '.join(port.boards)}" if port.boards else ""
    return [f"{port.device:<14}", _id(port) or "", f"{port.kind:<30}", guess]


def _id(port: Port) -> str | None:
    return f"{port.usb[0]:04x}:{port.usb[1]:04x}" if port.usb else None
