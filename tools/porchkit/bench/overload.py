"""`porchlight bench overload`: five hundred viewers of a camera at 300 frames a second, which is
more than a core can send. Do they see fresh pictures, all of them?"""

import argparse

from porchkit.bench import common
from porchkit.bench.common import Run
from porchkit.bench.figures import NOT_MEASURED, known, quotient
from porchkit.bench.report import Check, grid
from porchkit.bench.results import Result
from porchkit.bench.servers import OURS, Server
from porchkit.bench.turns import Round, called, in_turn, middle
from porchkit.bench.watching import Crowd, Found, age_ms, must_be_served, watch

FPS, VIEWERS = 300.0, 500
GENTLE_S, WARM_S = 2.0, 5.0  # all are in before the storm, and it has blown for a while
P99_MS, FAIR, TWICE = 50.0, 0.5, 2.0
HELP = """\
example:
  porchlight bench overload --rounds 1    a minute
  porchlight bench overload --fps 600     where a core can serve more than half of 300

What is asked for is the camera's pace times the viewers; that must be twice what is delivered, and
twice what a second of a whole core would deliver at the cost that a picture had.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP + common.NOTES
    common.configure(parser, seconds=4)
    add = parser.add_argument
    add("--viewers", type=int, default=VIEWERS, metavar="N", help="default %(default)s")
    add("--fps", type=float, default=FPS, metavar="N", help="default %(default)s")


def run(args: argparse.Namespace) -> int:
    """Measure and tell; 1 if a bar is missed."""
    common.between("--viewers", args.viewers, 1, common.MAX_VIEWERS)
    common.between("--fps", args.fps, 1, 1000)
    return common.begin(args, lambda run: bench(run, args.viewers, args.fps))


def bench(run: Run, viewers: int = VIEWERS, fps: float = FPS) -> Result:
    """All rounds."""

    def measure(name: str, server: Server) -> Found:
        with server(fps) as target:
            found = watch(run.kit, target, Crowd(viewers), run.seconds, warm_s=WARM_S)
            return must_be_served(found, name)

    rounds = in_turn(run, measure, gentle_s=GENTLE_S)
    found = checks(rounds, fps * viewers)
    return Result("overload", text(rounds, run.kit.floor_name), found, rounds)


def fairness(one: Found) -> float:
    """What the worst viewer gets of what the middle one does."""
    return quotient(one["fps_min"], one["fps_median"])


def served(one: Found) -> float:
    """Frames a second that were delivered, or that a whole core could have, if that is more."""
    whole = per_core(one)
    return max(one["fps_total"], whole) if known(whole) else NOT_MEASURED


def per_core(one: Found) -> float:
    """Frames for a second of CPU."""
    return quotient(1e6, one.get("srv_us_per_frame"))


def checks(rounds: list[Round], asked: float = FPS * VIEWERS) -> list[Check]:
    """What is promised of ours when `asked` frames a second are too many."""
    late = middle(rounds, OURS, lambda one: age_ms(one, "p99"))
    load = middle(rounds, OURS, lambda one: quotient(asked, served(one)))
    return [
        Check.at_least("asked for / can be served", load, TWICE),
        Check.at_most("latency, ms (p99)", late, P99_MS),
        Check.at_least("worst viewer / median", middle(rounds, OURS, fairness), FAIR),
    ]


def text(rounds: list[Round], floor_name: str) -> str:
    """A row for each server."""
    head = ["more than a core can send", "frames/s", "per CPU-s", "p50 ms", "p99 ms"]
    head += ["median fps", "worst fps", "MB"]
    rows = []
    for name in rounds[0]:
        figures = [
            middle(rounds, name, lambda one: one["fps_total"]),
            middle(rounds, name, per_core),
            middle(rounds, name, lambda one: one["lat_ms"]["p50"]),
            middle(rounds, name, lambda one: one["lat_ms"]["p99"]),
            middle(rounds, name, lambda one: one["fps_median"]),
            middle(rounds, name, lambda one: one["fps_min"]),
            middle(rounds, name, lambda one: one["srv_rss_mb"]),
        ]
        rows.append([called(name, floor_name), *(f"{value:.0f}" for value in figures)])
    return grid(head, rows)
