"""`porchlight bench viewers`: the most viewers of one camera at 20 frames a second that one core
holds: every one gets nearly all pictures, 99 in 100 of them within 100 ms, none is turned away."""

import argparse
from collections.abc import Callable

from porchkit.bench import common
from porchkit.bench.common import Run
from porchkit.bench.report import Check, grid
from porchkit.bench.results import Result
from porchkit.bench.servers import FLOOR, OURS, Server
from porchkit.bench.turns import Round, called, in_turn, middle
from porchkit.bench.watching import Crowd, Found, watch

FPS = 20.0
P99_MS, LEAST_FPS = 100.0, 0.95 * FPS
FIRST, TOP = 400, 6400
STEP = 12  # the search ends when good and bad are closer than a twelfth of the good
WARM_S = 2.0
RAMP = 150.0  # a second: ours turns away viewers while its loop is late, which a crowd makes it
TO_FLOOR, TO_USTREAMER = 0.8, 2.0
HELP = """\
examples:
  porchlight bench viewers --rounds 1       about eight minutes
  porchlight bench viewers --top 3200       up to so many
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP + common.NOTES
    common.configure(parser, seconds=4)
    parser.add_argument("--top", type=int, default=TOP, metavar="N", help="default %(default)s")


def run(args: argparse.Namespace) -> int:
    """Measure and tell; 1 if a bar is missed."""
    common.between("--top", args.top, 1, common.MAX_VIEWERS)
    return common.begin(args, lambda run: bench(run, args.top))


def bench(run: Run, top: int = TOP) -> Result:
    """All rounds. `naive` is left out: it is a picture late by design, with any viewer."""

    def measure(name: str, server: Server) -> Found:
        tried: list[Found] = []

        def holds(viewers: int) -> bool:
            with server(FPS) as target:
                found = watch(run.kit, target, Crowd(viewers, RAMP), run.seconds, warm_s=WARM_S)
            tried.append(found)
            run.tell(f"  {name}: {viewers} {told(found)}")
            return is_held(found)

        return {"held": most(holds, min(FIRST, top), top), "tried": tried}

    rounds = in_turn(run, measure, without="naive")
    return Result("viewers", text(rounds, run.kit.floor_name), checks(rounds), rounds)


def is_held(found: Found) -> bool:
    """Whether all of these viewers were served as promised."""
    if found["errors"] or found["fps_min"] < LEAST_FPS:
        return False
    return bool(0 <= found["lat_ms"]["p99"] < P99_MS)


def told(found: Found) -> str:
    """How it went, in a line."""
    if found["errors"]:
        return f"not held: {found['errors']} failed ({found['first_error']})"
    word = "held" if is_held(found) else "not held"
    return f"{word}, p99 {found['lat_ms']['p99']:.0f} ms, slowest {found['fps_min']:.1f} fps"


def most(holds: Callable[[int], bool], first: int, top: int) -> int:
    """The highest number up to `top` for which it holds, nearly; 0 if it does for none."""
    good, bad, number = 0, top + 1, first
    while number:
        if holds(number):
            good = number
        else:
            bad = number
        number = _next(good, bad, top)
    return good


def _next(good: int, bad: int, top: int) -> int:
    """Double while all is well, then halve the gap; 0 when it is small enough."""
    if bad > top:
        return min(good * 2, top) if good < top else 0
    return 0 if bad - good <= max(1, good // STEP) else (good + bad) // 2


def checks(rounds: list[Round]) -> list[Check]:
    """What is promised of ours."""
    found = [Check.at_least("floor", _to(rounds, FLOOR), TO_FLOOR)]
    if "ustreamer" in rounds[0]:
        found.append(Check.at_least("ustreamer", _to(rounds, "ustreamer"), TO_USTREAMER))
    return found


def _to(rounds: list[Round], other: str, name: str = OURS) -> float:
    """Ours to another's; one that holds nobody counts as holding one."""
    return common.ratio(
        rounds, lambda one: one[name]["held"], lambda one: max(1, one[other]["held"])
    )


def text(rounds: list[Round], floor_name: str) -> str:
    """A row for each server."""
    rows = []
    for name in rounds[0]:
        held = middle(rounds, name, lambda one: one["held"])
        each = ", ".join(str(one[name]["held"]) for one in rounds)
        of_floor = f"{_to(rounds, FLOOR, name):.2f}"
        rows.append([called(name, floor_name), f"{held:.0f}", of_floor, each])
    return grid(["viewers held", "median", "of the floor", "each round"], rows)
