"""`porchlight sim`: many virtual boards against one host, with figures and promises; with --pty,
virtual boards on serial ports instead, for whoever develops.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from porchkit.cli import EXIT_INTERRUPTED
from porchkit.errors import UsageError
from porchkit.pty.benches import Bench
from porchkit.sim.figures import Figures, promises
from porchkit.sim.plan import Plan
from porchkit.sim.play import play
from porchkit.stoppable import until_stopped

MAX_BOARDS = 400
BOARDS, PTY_BOARDS = 40, 1
AFTER_KILL_S = 10.0  # a host that is killed needs this much of the run to come back in
HELP = """\
examples:
  porchlight sim                                        40 boards, 5 frames/s, a minute
  porchlight sim --boards 4 --seconds 10                a quick look
  porchlight sim --kill-host-at 30                      kill -9 the host in the middle
  porchlight sim --home ~/.porchlight --boards 10       against the host that runs there
  porchlight sim --json > figures.json                  for a script: one JSON object
  porchlight sim --pty                                  a board on a serial port, as after flashing
  porchlight sim --pty --firmware --boards 2            two, with the firmware on them
  porchlight sim --pty --folder ~/bench                 kept: the next run finds what is on them

Every board is the real firmware in a MicroPython process of its own and talks TLS. Exit status 1
means that a promise was broken. With --home the host keeps the residents and cameras that were
registered for the simulation; without it everything is removed at the end.

With --pty there is no host and nothing is measured: the ports are printed, mpremote, `porchlight
provision` and pytest-embedded open them as a real board's, and Ctrl-C unplugs the boards."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    add = parser.add_argument
    many = f"how many (default {BOARDS}; {PTY_BOARDS} with --pty)"
    add("--boards", type=int, metavar="N", help=many)
    add("--fps", type=int, default=5, metavar="N", help="frames a second (default %(default)s)")
    add("--seconds", type=float, default=60, metavar="S", help="measured (default %(default)s)")
    add(
        "--frame-bytes",
        type=int,
        default=25_000,
        metavar="N",
        help="pad every JPEG to this size; 0: as filmed (default %(default)s)",
    )
    add("--footage", type=Path, metavar="PATH", help="what the boards film (as for demo)")
    add("--home", type=Path, metavar="PATH", help="use the host that serves this folder")
    add("--kill-host-at", type=float, metavar="S", help="kill -9 the host then, start it again")
    add("--json", action="store_true", help="print one JSON object")
    add("--pty", action="store_true", help="boards on serial ports, until Ctrl-C")
    add("--firmware", action="store_true", help="with --pty: copy the firmware onto them")
    add("--folder", type=Path, metavar="PATH", help="with --pty: where their flash is kept")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 if a promise was broken."""
    if args.pty:
        return _run_pty(args)
    plan = _plan(args)
    stream = sys.stderr if args.json else sys.stdout

    def tell(line: str) -> None:
        print(line, file=stream, flush=True)

    async def work(folder: Path) -> int:
        figures = await play(plan, folder, tell)
        document = figures.document()
        if args.json:
            print(json.dumps(document))
        _report(figures, tell)
        return 0 if document["ok"] else 1

    with tempfile.TemporaryDirectory(prefix="porchlight-sim-") as folder:
        return until_stopped(work(Path(folder)), EXIT_INTERRUPTED)


def _run_pty(args: argparse.Namespace) -> int:
    """Boards on serial ports; 0 when Ctrl-C ends it."""
    boards = _boards(args, PTY_BOARDS)
    _refuse({"--home, --kill-host-at and --json do not go with --pty": _with_host(args)})
    bench = Bench(boards, firmware=args.firmware, footage=args.footage)
    if args.folder is not None:
        return until_stopped(bench.run(args.folder.expanduser(), _tell), 0)
    with tempfile.TemporaryDirectory(prefix="porchlight-pty-") as folder:
        return until_stopped(bench.run(Path(folder), _tell), 0)


def _tell(line: str) -> None:
    print(line, flush=True)


def _with_host(args: argparse.Namespace) -> bool:
    return args.home is not None or args.kill_host_at is not None or bool(args.json)


def _boards(args: argparse.Namespace, default: int) -> int:
    boards = default if args.boards is None else int(args.boards)
    _refuse({f"--boards must be 1 to {MAX_BOARDS}": not 1 <= boards <= MAX_BOARDS})
    return boards


def _refuse(wrong: Mapping[str, bool]) -> None:
    """UsageError for the first of these that is so."""
    for message, is_wrong in wrong.items():
        if is_wrong:
            raise UsageError(message)


def _plan(args: argparse.Namespace) -> Plan:
    """The plan in the options; UsageError for one that makes no sense."""
    kill_at = args.kill_host_at
    wrong = {
        "--firmware and --folder go with --pty": args.firmware or args.folder is not None,
        "--fps must be 1 to 30": not 1 <= args.fps <= 30,
        "--seconds must be 1 to 86400": not 1 <= args.seconds <= 86_400,
        "--frame-bytes must be 0 to 61440, an OV2640's buffer": not 0 <= args.frame_bytes <= 61_440,
        "--kill-host-at needs a host of the simulation's own; leave out --home": (
            kill_at is not None and args.home is not None
        ),
        f"--kill-host-at must leave {AFTER_KILL_S:.0f} of the --seconds": (
            kill_at is not None and not 0 < kill_at <= args.seconds - AFTER_KILL_S
        ),
    }
    boards = _boards(args, BOARDS)
    _refuse(wrong)
    return Plan(
        boards=boards,
        fps=args.fps,
        seconds=args.seconds,
        frame_bytes=args.frame_bytes or None,
        footage=args.footage,
        home=args.home,
        kill_host_at=kill_at,
    )


def _report(figures: Figures, tell: Callable[[str], None]) -> None:
    board, host = figures.board, figures.host
    tell(
        f"a board: {board.cpu_percent} % of a core, {board.rss_mb:.0f} MB resident "
        f"({board.private_mb} MB its own); the host: {host.cpu_percent:.0f} % of a core, "
        f"{host.slow_loop} waits over 100 ms"
    )
    for promise in promises(figures):
        tell(f"{' ok ' if promise.ok else 'FAIL'}  {promise.name:<40} {promise.detail}")
