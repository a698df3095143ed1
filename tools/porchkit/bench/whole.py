"""`porchlight bench all`: every bench there is, one after the other, with one file of results."""

import argparse
from collections.abc import Callable
from dataclasses import asdict, replace

from porchkit.bench import (
    common,
    fanout,
    gate,
    ingest,
    latency,
    overload,
    pictures,
    slow,
    soak,
    viewers,
    walls,
)
from porchkit.bench.common import Run
from porchkit.bench.results import Result
from porchkit.errors import CommandError

GATE_S = 10.0
HELP = """\
examples:
  porchlight bench                                   all of them: about an hour
  porchlight bench all --rounds 1 --minutes 1        a quick look, ten minutes
  porchlight bench all --json results.json           every number, with machine and versions
"""
Bench = Callable[[Run], Result]
# name -> (bench, seconds of one measurement)
STREAMS: dict[str, tuple[Bench, float]] = {
    "fanout": (lambda run: fanout.bench(run, list(fanout.VIEWERS)), 4),
    "viewers": (viewers.bench, 4),
    "slow": (slow.bench, 6),
    "overload": (overload.bench, 4),
    "walls": (walls.bench, 5),
    "ingest": (ingest.bench, 3),
    "latency": (latency.bench, 10),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP + common.NOTES
    common.configure(parser, seconds=None)
    help_minutes = "of the soak (default %(default)s)"
    parser.add_argument("--minutes", type=float, default=10, metavar="M", help=help_minutes)


def run(args: argparse.Namespace) -> int:
    """Measure and tell; 1 if a bar is missed, or something could not be measured."""
    common.between("--minutes", args.minutes, 0, 24 * 60)
    with common.running(args) as run:
        found = [_tried("gate", _gate, run)]
        for name, (bench, seconds) in STREAMS.items():
            found.append(_tried(name, bench, replace(run, seconds=args.seconds or seconds)))
        soaking = replace(run, seconds=soak.CYCLE_S / 4)
        found.append(_tried("soak", lambda run: soak.bench(run, args.minutes), soaking))
        return common.finish(found, args, run.kit)


def _tried(name: str, bench: Bench, run: Run) -> Result:
    """What it found; what stood in the way of one does not keep us from the others."""
    run.tell(f"{name}:")
    try:
        return bench(run)
    except CommandError as error:
        return Result(name, f"{name}: {error}", (), error=str(error))


def _gate(_run: Run) -> Result:
    shown = pictures.street()
    figures = gate.measure(shown, GATE_S)
    checks = gate.checks(figures, gate.BARS)
    rounds = [asdict(one) for one in figures.rounds]
    return Result("gate", gate.summary(shown, figures), checks, rounds)
