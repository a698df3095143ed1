"""`porchlight bench latency`: end to end. Twenty virtual boards, each the real firmware in its own
MicroPython over TLS, five pictures a second; a hundred viewers; from the moment that a sensor had a
picture whole to the moment that a viewer has it whole. Nothing is pinned."""

import argparse
import asyncio
import time
from pathlib import Path
from typing import Any

from porchkit.bench import common
from porchkit.bench.common import Run
from porchkit.bench.figures import middle
from porchkit.bench.processes import Process, python
from porchkit.bench.report import Check, grid
from porchkit.bench.results import Result
from porchkit.bench.watching import NEARLY_ALL, Found, age_ms, must_be_served, said, slowest
from porchkit.cli import EXIT_INTERRUPTED
from porchkit.errors import CommandError
from porchkit.sim.plan import Plan
from porchkit.sim.town import Town
from porchkit.stoppable import until_stopped

BOARDS, FPS, VIEWERS = 20, 5, 100
VIEWS = VIEWERS // BOARDS
P50_MS, P99_MS = 30.0, 150.0
ONLINE_S, WARM_S = 60.0, 4.0
_POLL_S = 0.2
STAMPS = {"stamp": True}  # X-Timestamp would not do: SNTP, as boards read it, tells whole seconds
HELP = """\
example:
  porchlight bench latency --rounds 1     half a minute

The time counts from the moment that the sensor has a picture whole, as it says so in the picture
itself: exposure and reading out (on hardware one frame period) are not the software's. It ends when
a viewer has the last byte.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP + common.NOTES
    common.configure(parser, seconds=10)
    help_boards = "virtual boards (default %(default)s)"
    parser.add_argument("--boards", type=int, default=BOARDS, metavar="N", help=help_boards)


def run(args: argparse.Namespace) -> int:
    """Measure and tell; 1 if a bar is missed."""
    common.between("--boards", args.boards, 1, 50)
    return common.begin(args, lambda run: bench(run, args.boards))


def bench(run: Run, boards: int = BOARDS) -> Result:
    """All rounds, of one town."""
    rounds: list[Found] = []

    async def part() -> int:
        rounds.extend(await _rounds(run, boards))
        return 0

    if until_stopped(part(), EXIT_INTERRUPTED):
        raise KeyboardInterrupt
    return Result("latency", text(rounds), checks(rounds), rounds)


async def _rounds(run: Run, boards: int) -> list[Found]:
    folder = run.kit.folder / "town"
    folder.mkdir()
    async with Town(folder, Plan(boards=boards, fps=FPS, knobs=STAMPS), run.tell) as town:
        await town.start_boards()
        await _all_online(town)
        await town.grant_all()
        cameras = [lot.camera for lot in town.lots]
        views = [await town.hub.open(cameras) for _ in range(VIEWS)]
        urls = [town.host.page + url for view in views for url in _streams(view)]
        return [await _round(run, folder, urls, number) for number in range(run.rounds)]


def _streams(view: dict[str, Any]) -> list[str]:
    return [str(urls["stream"]) for urls in view["urls"]["cameras"].values()]


async def _round(run: Run, folder: Path, urls: list[str], number: int) -> Found:
    """By our own load generator: the C one takes fewer URLs."""
    words = ["-n", str(len(urls)), "-d", f"{run.seconds:g}", "-w", f"{WARM_S:g}"]
    command = python("load", *words, *urls)
    with Process(command, -1, folder / "load.log", piped=True) as process:
        await asyncio.sleep(run.seconds + WARM_S)
        found = must_be_served(said(process, run.seconds + WARM_S), "porchlight")
    late = found["lat_ms"]
    run.tell(f"round {number + 1}: p50 {late['p50']:.0f} ms, p99 {late['p99']:.0f} ms")
    return found


async def _all_online(town: Town) -> None:
    limit = time.monotonic() + ONLINE_S
    while not all(row["online"] for row in await town.rows()):
        if time.monotonic() > limit:
            raise CommandError(f"not all boards came online in {ONLINE_S:.0f} s")
        await asyncio.sleep(_POLL_S)


def checks(rounds: list[Found]) -> list[Check]:
    """What is promised."""
    return [
        Check.at_most("capture to viewer, ms (p50)", _middle(rounds, "p50"), P50_MS),
        Check.at_most("capture to viewer, ms (p99)", _middle(rounds, "p99"), P99_MS),
        Check.at_least("slowest viewer, fps", middle(map(slowest, rounds)), NEARLY_ALL * FPS),
    ]


def _middle(rounds: list[Found], share: str) -> float:
    return middle(age_ms(one, share) for one in rounds)


def text(rounds: list[Found]) -> str:
    """One row."""
    shares = ("p50", "p90", "p99", "max")
    figures = [f"{_middle(rounds, share):.1f}" for share in shares]
    figures.append(f"{middle(one['fps_median'] for one in rounds):.2f}")
    viewers = f"{rounds[0]['n']} viewers, virtual boards"
    return grid([viewers, *(f"{share} ms" for share in shares), "fps"], [["porchlight", *figures]])
