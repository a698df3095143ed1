"""`porchlight flash`: camera firmware onto one board, or onto several at once."""

import argparse
import json
import sys
import textwrap
from pathlib import Path

from porchkit import boards
from porchkit.errors import CommandError, UsageError
from porchkit.flash import checks, download, many, source
from porchkit.flash.firmware import Firmware
from porchkit.flash.job import Job
from porchkit.flash.job import run as flash_one
from porchkit.flash.ports import Port, likely, listed, named
from porchkit.flash.progress import Voice
from porchkit.flash.target import Target, target

HELP = """\
examples:
  porchlight ports                                            which port is the board on?
  porchlight flash --board ai_thinker --firmware FILE.zip     the only board that is plugged in
  porchlight flash /dev/ttyUSB0 --board ai_thinker            its pinned firmware, or which to get
  porchlight flash --all --board ai_thinker --firmware FILE   every board that is plugged in

FILE is the camera firmware for MicroPython: firmware.bin, or the .zip that holds it. Without
--firmware you are told which one your board needs, and from where (not always the newest); if
boards/*.toml pins it by SHA-256 it is downloaded. Nothing else ever is.

Before a byte is written, the file is checked whole, and chip family and flash size are asked of the
board. The board's settings (NVS) and its files stay, unless --erase. Parts that are there already
are skipped, all is verified, and when the link fails it goes on at 115200 baud. Run it again after
anything that went wrong.

A board without reset lines needs hands: the steps are shown, and it waits for you (--wait).

exit codes:
  0 done   1 no such file, no firmware known, no esptool   2 wrong words on the command line
  10 no port, no permission, in use, or no chip answers   11 refused, nothing was written
  12 it broke off while writing: run it again   13 written and verified, but no prompt
  70 a fault of ours   130 ended with Ctrl-C           of several boards: the highest"""

BAUD, WAIT_S = 460_800, 60.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP + _names()
    add = parser.add_argument
    add("port", metavar="PORT", nargs="*", help="such as /dev/ttyUSB0; may be left out for one")
    add("--board", metavar="NAME", help="which board it is; the names are below")
    add("--firmware", metavar="FILE", type=Path, help="firmware.bin, or the .zip of a release")
    add("--all", action="store_true", help="every board that is plugged in, at the same time")
    add("--baud", metavar="N", type=int, default=BAUD, help=f"speed of writing (default {BAUD})")
    add("--erase", action="store_true", help="erase everything first: settings, files, keys")
    add(
        "--wait",
        metavar="S",
        type=float,
        default=WAIT_S,
        help="seconds to wait for your hands, and for the prompt (default 60; 0: for neither)",
    )
    add("--json", action="store_true", help="the outcome as JSON; the rest goes to stderr")
    add("--yes", action="store_true", help="ask nothing")


def _names() -> str:
    """The boards, below the rest of the help."""
    listing = textwrap.fill(", ".join(boards.names()), 96, break_on_hyphens=False)
    return f"\n\nboards (`porchlight boards` says more):\n{textwrap.indent(listing, '  ')}"


def run(args: argparse.Namespace) -> int:
    """Find the board, find the file, make sure, write."""
    if args.baud < 1 or args.wait < 0:
        raise UsageError("--baud must be above 0, and --wait 0 or more")
    if args.all and args.port:
        raise UsageError("name the ports, or say --all, not both")
    board = target(args.board) if args.board else None
    firmware = _firmware(args, board)  # before the ports: it tells which file to get, board or not
    ports = _ports(args, listed())
    if board:
        checks.firmware_for_board(firmware, board)
    _make_sure(args, ports, firmware)
    voice = Voice()
    if len(ports) == 1:
        return _one(args, Job(ports[0], firmware, board, args.baud, args.erase, args.wait), voice)
    return _several(args, ports, voice)


def _ports(args: argparse.Namespace, found: list[Port]) -> list[Port]:
    if args.port:
        return [named(device, found) for device in dict.fromkeys(args.port)]
    ports = likely(found)
    if len(ports) > 1 and not args.all:
        names = ", ".join(f"{port.device} ({port.kind})" for port in ports)
        raise UsageError(f"several boards are plugged in: {names}; name one, or say --all")
    return ports


def _firmware(args: argparse.Namespace, board: Target | None) -> Firmware:
    if args.firmware:
        return source.from_file(args.firmware)
    if board is None:
        names = ", ".join(_ports(args, listed())[0].boards or boards.names())
        raise UsageError(f"which board is it? --board NAME; it may be: {names}")
    return source.pinned(board, download.cache_folder())


def _make_sure(args: argparse.Namespace, ports: list[Port], firmware: Firmware) -> None:
    """A port that was not named is confirmed; so is --erase, always."""
    if args.yes or (args.port and not args.erase):
        return
    where = ", ".join(f"{port.device} ({port.kind})" for port in ports)
    if not sys.stdin.isatty():
        what = "--erase asks first" if args.erase else f"found {where}; name the port"
        raise UsageError(f"{what}, or say --yes, as there is nobody to ask")
    if args.erase:
        question, wanted = f"This erases settings, files and keys on {where}. Type erase: ", "erase"
    else:
        question, wanted = f"Write {firmware.name} to {where}? Type yes: ", "yes"
    if input(question).strip().lower() != wanted:
        raise CommandError("nothing was written")


def _one(args: argparse.Namespace, job: Job, voice: Voice) -> int:
    outcome = flash_one(job, voice)
    if args.json:
        print(json.dumps(outcome.json()))
        return 0
    print(f"Done: {outcome.micropython or 'written and verified'}")
    which = f" --board {job.target.name}" if job.target else ""
    print(f"Next: porchlight provision NAME --port {job.port.device}{which}")
    return 0


def _several(args: argparse.Namespace, ports: list[Port], voice: Voice) -> int:
    options = ["--firmware", str(args.firmware)] if args.firmware else []
    options += ["--board", args.board] if args.board else []
    options += ["--erase"] if args.erase else []
    options += ["--baud", str(args.baud), "--wait", str(args.wait)]
    ended = many.flash([port.device for port in ports], options, voice)
    if args.json:
        print(json.dumps([one.json() for one in ended], indent=1))
    else:
        for one in ended:
            print(one.line())
    return many.code(ended)
