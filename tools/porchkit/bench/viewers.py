"""`porchlight bench viewers`: the most viewers of one camera at 20 frames a second that one core
holds: every one gets nearly all pictures, 99 in 100 of them within 100 ms, none is turned away."""

import argparse
from collections.abc import Callable

from porchkit.bench import common
from porchkit.bench.common import Run
from porchkit.bench.figures import known
from porchkit.bench.report import Check, grid
from porchkit.bench.results import Result
from porchkit.bench.servers import FLOOR, OURS, Server
from porchkit.bench.turns import Round, called, in_turn, middle
from porchkit.bench.watching import Crowd, Found, age_ms, watch

FPS = 20.0
P99_MS, LEAST_FPS = 100.0, 0.95 * FPS
FIRST = 400
TOP = 6400  # and the cap that two servers may share: more, one core of viewers could not watch
STEP = 12  # the search ends when good and bad are closer than a twelfth of the good
WARM_S = 2.0
RAMP = 150.0  # a second: ours turns away viewers while its loop is late, which a crowd makes it
TO_FLOOR, TO_USTREAMER = 0.8, 2.0
HELP = f"""\
examples:
  porchlight bench viewers --rounds 1       about eight minutes
  porchlight bench viewers --top 3200       up to so many
  porchlight bench viewers --ramp 500       newcomers come faster, to every server

A number is held that was held twice. A server that holds all of --top may hold more: its number is
"at least" so many, and a bar against it is missed, unless ours holds them too and they are {TOP}
or more.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP + common.NOTES
    common.configure(parser, seconds=4)
    add = parser.add_argument
    add("--top", type=int, default=TOP, metavar="N", help="try no more (default %(default)s)")
    help_ramp = "newcomers a second (default %(default)g)"
    add("--ramp", type=float, default=RAMP, metavar="N", help=help_ramp)


def run(args: argparse.Namespace) -> int:
    """Measure and tell; 1 if a bar is missed."""
    common.between("--top", args.top, 1, common.MAX_VIEWERS)
    common.between("--ramp", args.ramp, 1, common.MAX_VIEWERS)
    return common.begin(args, lambda run: bench(run, args.top, args.ramp))


def bench(run: Run, top: int = TOP, ramp: float = RAMP) -> Result:
    """All rounds. `naive` is left out: it is a picture late by design, with any viewer."""

    def measure(name: str, server: Server) -> Found:
        tried: list[Found] = []

        def holds(viewers: int) -> bool:
            with server(FPS) as target:
                found = watch(run.kit, target, Crowd(viewers, ramp), run.seconds, warm_s=WARM_S)
            tried.append(found)
            run.tell(f"  {name}: {viewers} {told(found)}")
            return is_held(found)

        held = most(holds, min(FIRST, top), top)
        missed = min((one["n"] for one in tried if not is_held(one)), default=None)
        return {"held": held, "missed": missed, "tried": tried}

    rounds = in_turn(run, measure, without="naive")
    return Result("viewers", text(rounds, run.kit.floor_name), checks(rounds), rounds)


def is_held(found: Found) -> bool:
    """Whether all of these viewers were served as promised."""
    if found["errors"] or found["fps_min"] < LEAST_FPS:
        return False
    late = age_ms(found, "p99")
    return known(late) and late < P99_MS


def told(found: Found) -> str:
    """How it went, in a line."""
    if found["errors"]:
        return f"not held: {found['errors']} failed ({found['first_error']})"
    word = "held" if is_held(found) else "not held"
    return f"{word}, p99 {found['lat_ms']['p99']:.0f} ms, slowest {found['fps_min']:.1f} fps"


def most(holds: Callable[[int], bool], first: int, top: int) -> int:
    """The highest number up to `top` for which it holds twice, nearly; 0 if it does for none."""
    goods, bad = [0], top + 1
    number = first
    while number or goods[-1]:
        held = holds(number or goods[-1])
        if held and not number:
            return goods[-1]
        if held:
            goods.append(number)
        else:
            bad = number or goods.pop()
        number = _next(goods[-1], bad, top)
    return 0


def _next(good: int, bad: int, top: int) -> int:
    """Double while all is well, then halve the gap; 0 when it is small enough."""
    if bad > top:
        return min(good * 2, top) if good < top else 0
    return 0 if bad - good <= max(1, good // STEP) else (good + bad) // 2


def checks(rounds: list[Round]) -> list[Check]:
    """What is promised of ours."""
    found = [_bar(rounds, FLOOR, TO_FLOOR)]
    if "ustreamer" in rounds[0]:
        found.append(_bar(rounds, "ustreamer", TO_USTREAMER))
    return found


def _bar(rounds: list[Round], other: str, least: float) -> Check:
    """Ours to another's, where the other's number is known or both share the cap."""
    name, unproven = other, ""
    for one in rounds:
        theirs = one[other]["held"]
        if not _open(one[other]):
            continue
        if _open(one[OURS]) and one[OURS]["held"] >= theirs >= TOP:
            name = f"{other}, both at least {theirs}"
        else:
            unproven = f"it holds at least {theirs}, which was --top"
    return Check.at_least(name, _to(rounds, other), least, unproven=unproven)


def _open(found: Found) -> bool:
    """Whether it may hold more: nothing that was tried was too much for it."""
    return found.get("missed") is None


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
        each = ", ".join(_said(one[name]) for one in rounds)
        bound = _bound(rounds, name)
        of_floor = f"{bound}{_to(rounds, FLOOR, name):.2f}"
        rows.append([called(name, floor_name), f"{held:.0f}", of_floor, each])
    return grid(["viewers held", "median", "of the floor", "each round"], rows)


def _said(found: Found) -> str:
    return f"at least {found['held']}" if _open(found) else str(found["held"])


def _bound(rounds: list[Round], name: str) -> str:
    """What stands before a ratio to the floor that is no more than a bound."""
    floors, others = (any(_open(one[who]) for one in rounds) for who in (FLOOR, name))
    if name == FLOOR or floors == others:
        return ""
    return "at most " if floors else "at least "
