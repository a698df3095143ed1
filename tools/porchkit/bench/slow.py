"""`porchlight bench slow`: ten of fifty viewers read 50 kB/s, two pictures' worth a second. How old
is what they see, and what do the others notice?"""

import argparse

from porchkit.bench import common
from porchkit.bench.common import Run
from porchkit.bench.report import Check, grid
from porchkit.bench.results import Result
from porchkit.bench.servers import OURS, Server
from porchkit.bench.turns import Round, called, in_turn, middle
from porchkit.bench.watching import (
    NEARLY_ALL,
    Crowd,
    Found,
    age_ms,
    must_be_served,
    slowest,
    watch,
)

FPS, VIEWERS = 20.0, 50
WARM_S = 20.0  # a queue that grows needs time to be seen; what is promised was measured after 26 s
SLOW_AGE_MS, FAST_P99_MS, FAST_FPS = 1000.0, 20.0, NEARLY_ALL * FPS
SLOW_FPS = 1.0  # half of what the line carries: a fresh picture now and then would not do
HELP = """\
example:
  porchlight bench slow --rounds 1        two minutes
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP + common.NOTES
    common.configure(parser, seconds=6)
    help_warm = "before it is measured (default %(default)s)"
    parser.add_argument("--warm", type=float, default=WARM_S, metavar="S", help=help_warm)


def run(args: argparse.Namespace) -> int:
    """Measure and tell; 1 if a bar is missed."""
    common.between("--warm", args.warm, 0, common.MAX_SECONDS)
    return common.begin(args, lambda run: bench(run, args.warm))


def bench(run: Run, warm_s: float = WARM_S) -> Result:
    """All rounds."""

    def measure(name: str, server: Server) -> Found:
        with server(FPS) as target:
            found = watch(run.kit, target, Crowd(VIEWERS, slow=True), run.seconds, warm_s=warm_s)
            return must_be_served(found, name)

    rounds = in_turn(run, measure)
    return Result("slow", text(rounds, run.kit.floor_name), checks(rounds), rounds)


def checks(rounds: list[Round]) -> list[Check]:
    """What is promised of ours."""
    age = middle(rounds, OURS, lambda one: one["slow"]["lat_ms_p50"])
    seen = middle(rounds, OURS, lambda one: one["slow"]["fps_each"])
    fps = middle(rounds, OURS, slowest)
    late = middle(rounds, OURS, lambda one: age_ms(one, "p99"))
    return [
        Check.at_least("slow viewers: fps", seen, SLOW_FPS),
        Check.at_most("slow viewers: age, ms (p50)", age, SLOW_AGE_MS),
        Check.at_least("the others: slowest, fps", fps, FAST_FPS),
        Check.at_most("the others: latency, ms (p99)", late, FAST_P99_MS),
    ]


def text(rounds: list[Round], floor_name: str) -> str:
    """A row for each server."""
    head = ["10 of 50 at 50 kB/s", "slow: fps", "age p50 ms", "max ms"]
    head += ["others: fps", "slowest", "p99 ms", "MB"]
    rows = []
    for name in rounds[0]:
        figures = [
            middle(rounds, name, lambda one: one["slow"]["fps_each"]),
            middle(rounds, name, lambda one: one["slow"]["lat_ms_p50"]),
            middle(rounds, name, lambda one: one["slow"]["lat_ms_max"]),
            middle(rounds, name, lambda one: one["fps_median"]),
            middle(rounds, name, lambda one: one["fps_min"]),
            middle(rounds, name, lambda one: one["lat_ms"]["p99"]),
            middle(rounds, name, lambda one: one["srv_rss_mb"]),
        ]
        rows.append([called(name, floor_name), *(f"{value:.1f}" for value in figures)])
    return grid(head, rows)
