"""`porchlight bench fanout`: what one delivered picture costs the server, with many viewers of one
camera at 20 frames a second, beside what the kernel itself costs and what others take."""

import argparse

from porchkit.bench import common, pushing
from porchkit.bench.common import Run
from porchkit.bench.figures import middle
from porchkit.bench.house import House
from porchkit.bench.report import Check, grid
from porchkit.bench.results import Result
from porchkit.bench.servers import FLOOR, OURS, WORDED, Server, ours, servers
from porchkit.bench.watching import (
    NEARLY_ALL,
    Crowd,
    Found,
    must_be_served,
    slowest,
    watch,
)
from porchkit.errors import UsageError

FPS = 20.0
VIEWERS = (10, 200, 500)
FEW = 10  # up to so many, a measurement takes twice as long: little CPU is used
TO_FLOOR = {10: 2.0, 200: 1.35, 500: 1.35}  # at most; no promise at other numbers
# The floor makes its pictures up: what it costs to take them from a board, one wake-up, one read
# and one MAC each in C, is told beside it.
TAKING = "floor that takes its frames from a board"
TO_USTREAMER = 1 / 3
TO_NAIVE = 0.45
HELP = """\
examples:
  porchlight bench fanout                            three rounds, about five minutes
  porchlight bench fanout --viewers 500 --rounds 1   one number, at once
"""
Round = dict[str, dict[int, Found]]  # by server and number of viewers


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP + common.NOTES
    common.configure(parser, seconds=4)
    numbers = ",".join(map(str, VIEWERS))
    parser.add_argument("--viewers", default=numbers, metavar="N,...", help="default %(default)s")


def run(args: argparse.Namespace) -> int:
    """Measure and tell; 1 if a bar is missed."""
    viewers = numbers(args.viewers)
    return common.begin(args, lambda run: bench(run, viewers))


def numbers(text: str) -> list[int]:
    """Numbers of viewers as somebody typed them."""
    if not all(word.isdecimal() for word in text.split(",")):
        raise UsageError("--viewers must be numbers with commas between them")
    found = [int(word) for word in text.split(",")]
    for number in found:
        common.between("--viewers", number, 1, common.MAX_VIEWERS)
    return found


def bench(run: Run, viewers: list[int]) -> Result:
    """All rounds."""
    folder, cores = run.kit.folder, run.kit.cores
    with House(folder, cores) as house, House(folder, cores, overlay=True) as worded:
        known = servers(run.kit, house, house.add_cameras(1)[0])
        camera = worded.add_cameras(1)[0]
        known[WORDED] = lambda fps: ours(run.kit, worded, camera, fps)
        rounds = [_round(run, known, viewers, number) for number in range(run.rounds)]
    return Result("fanout", text(rounds, viewers, run.kit.floor_name), checks(rounds), rounds)


def _round(run: Run, known: dict[str, Server], viewers: list[int], number: int) -> Round:
    found: Round = {name: {} for name in known}
    took = pushing.floor_of_one(run.kit, run.seconds, FPS)["us_per_frame"] if run.kit.tools else 0.0
    for count in viewers:
        seconds = run.seconds * (2 if count <= FEW else 1)
        for name, server in known.items():
            with server(FPS) as target:
                one = must_be_served(watch(run.kit, target, Crowd(count), seconds), name)
            found[name][count] = one
            us = one["srv_us_per_frame"]
            run.tell(f"round {number + 1}: {name}, {count} viewers: {us:.1f} us a frame")
    if took:
        found[TAKING] = {
            count: one | {"srv_us_per_frame": one["srv_us_per_frame"] + took / count}
            for count, one in found[FLOOR].items()
        }
    return found


def relative(rounds: list[Round], name: str, other: str, viewers: int) -> float:
    """CPU a frame of one server to another's."""
    return common.ratio(
        rounds, lambda one: cost(one, name, viewers), lambda one: cost(one, other, viewers)
    )


def cost(one: Round, name: str, viewers: int) -> float:
    """Microseconds of CPU a delivered frame."""
    return float(one[name][viewers]["srv_us_per_frame"])


def checks(rounds: list[Round]) -> list[Check]:
    """What is promised for the numbers of viewers that were measured. A cost counts only where
    every viewer got the camera's pace, of ours and of the floor."""
    found, barred = [], set()
    for viewers in rounds[0][OURS]:
        if viewers in TO_FLOOR:
            measured = relative(rounds, OURS, FLOOR, viewers)
            found.append(Check.at_most(f"floor, {viewers}", measured, TO_FLOOR[viewers]))
            barred |= {(OURS, viewers), (FLOOR, viewers)}
    most = max(rounds[0][OURS])
    for other, bar in (("ustreamer", TO_USTREAMER), ("naive", TO_NAIVE)):
        if other in rounds[0] and most > FEW:
            measured = relative(rounds, OURS, other, most)
            found.append(Check.at_most(f"{other}, {most}", measured, bar))
            barred.add((OURS, most))
    return [*found, *(_pace(rounds, name, viewers) for name, viewers in sorted(barred))]


def _pace(rounds: list[Round], name: str, viewers: int) -> Check:
    fps = middle(slowest(one[name][viewers]) for one in rounds)
    return Check.at_least(f"{name}, {viewers}: slowest, fps", fps, NEARLY_ALL * FPS)


def text(rounds: list[Round], viewers: list[int], floor_name: str) -> str:
    """A row for each server."""
    most = viewers[-1]
    head = ["CPU us a frame", *(f"{count} viewers" for count in viewers)]
    head += [f"fps @{most}", f"p50/p99 ms @{most}", f"MB @{most}"]
    rows = []
    for name in rounds[0]:
        row = [name.replace(FLOOR, floor_name)]
        for count in viewers:
            us = middle(cost(one, name, count) for one in rounds)
            row.append(f"{us:.1f} ({relative(rounds, name, FLOOR, count):.2f}x)")
        rows.append(row)
        if name == TAKING:  # a sum, which nobody watched
            row += [""] * 3
            continue
        last = [one[name][most] for one in rounds]
        ages = [middle(one["lat_ms"][share] for one in last) for share in ("p50", "p99")]
        row.append(f"{middle(one['fps_median'] for one in last):.1f}")
        row.append(f"{ages[0]:.1f}/{ages[1]:.1f}")
        row.append(f"{middle(one['srv_rss_mb'] for one in last):.0f}")
    return grid(head, rows)
