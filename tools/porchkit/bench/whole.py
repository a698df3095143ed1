"""`porchlight bench all`: every bench there is, one after the other, with one file of results."""

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

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
AFTER_S = 60.0  # of a soak: its first cycles, and until all is quiet
HELP = """\
examples:
  porchlight bench                                   all of them: about an hour
  porchlight bench all --rounds 1 --minutes 1        a quick look, twenty minutes
  porchlight bench all --json results.json           every number, with machine and versions

In this order: gate, fanout, viewers, slow, overload, walls, ingest, latency, soak. How long it will
take is told first, and again for each.
"""
Bench = Callable[[Run], Result]


@dataclass(frozen=True)
class Plan:
    """A bench of streams: `trials` measurements a round, each of so many `seconds` and about
    `other_s` around them, of each server in turn or (`alone`) of ours only. `once_s`: besides."""

    bench: Bench
    seconds: float
    trials: int
    other_s: float
    alone: bool = False
    once_s: float = 5.0

    def lasts_s(self, rounds: int, servers: int, seconds: float | None) -> float:
        """About how long, in seconds."""
        turns = rounds * self.trials * (1 if self.alone else servers)
        return turns * ((seconds or self.seconds) + self.other_s) + self.once_s


STREAMS: dict[str, Plan] = {
    "fanout": Plan(lambda run: fanout.bench(run, list(fanout.VIEWERS)), 4, 3, 4.5),
    "viewers": Plan(viewers.bench, 4, 9, 11),
    "slow": Plan(slow.bench, 6, 1, slow.WARM_S + 3),
    "overload": Plan(overload.bench, 4, 1, 8),
    "walls": Plan(walls.bench, 5, 2, 6, alone=True),
    "ingest": Plan(ingest.bench, 3, 5, 7, alone=True, once_s=60),
    "latency": Plan(latency.bench, 10, 1, latency.WARM_S + 1, alone=True, once_s=20),
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
        lasting = lasts_s(run, args.seconds, args.minutes)
        run.tell(f"{', '.join(lasting)}: {_about(sum(lasting.values()))} in all")
        found = []
        for name, bench in _benches(args).items():
            run.tell(f"{name}, {_about(lasting[name])}:")
            found.append(_tried(name, bench, run))
        return common.finish(found, args, run.kit)


def lasts_s(run: Run, seconds: float | None, minutes: float) -> dict[str, float]:
    """About how long each takes, in seconds, in the order in which they are run."""
    servers = 2 + len(run.kit.peers)
    streams = {name: plan.lasts_s(run.rounds, servers, seconds) for name, plan in STREAMS.items()}
    return {"gate": GATE_S, **streams, "soak": 60 * minutes + AFTER_S}


def _benches(args: argparse.Namespace) -> dict[str, Bench]:
    """All of them, in order."""
    found: dict[str, Bench] = {"gate": _gate}
    for name, plan in STREAMS.items():
        found[name] = _lasting(plan.bench, args.seconds or plan.seconds)
    soaked = _lasting(lambda run: soak.bench(run, args.minutes), soak.CYCLE_S / 4)
    return found | {"soak": soaked}


def _lasting(bench: Bench, seconds: float) -> Bench:
    """The bench with so many seconds for a measurement."""
    return lambda run: bench(replace(run, seconds=seconds))


def _about(seconds: float) -> str:
    if seconds < 60:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    return f"about {round(seconds / 60)} min"


def _tried(name: str, bench: Bench, run: Run) -> Result:
    """What it found; what stood in the way of one does not keep us from the others."""
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
