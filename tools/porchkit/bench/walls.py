"""`porchlight bench walls`: sixteen cameras at ten frames a second as one stream: what a tile and
the joining of tiles cost, and the whole of it with fifty viewers."""

import argparse
from collections.abc import Callable
from typing import Any

from porchkit.bench import common, figures, hostside
from porchkit.bench.common import Run
from porchkit.bench.house import House
from porchkit.bench.report import Check, grid
from porchkit.bench.results import Result
from porchkit.bench.servers import Target
from porchkit.bench.watching import NEARLY_ALL, Crowd, must_be_served, slowest, watch

COLUMNS, FPS, VIEWERS = 4, 10.0, 50
CAMERAS = COLUMNS * COLUMNS
WIDTHS = (640, 1280)
TILE_MS, ASSEMBLE_MS, CORE = 1.0, 0.1, 0.25
BITS_S = 0.5  # for each of the two small measurements
WARM_S = 3.0
HELP = """\
example:
  porchlight bench walls --rounds 1       half a minute
"""
Round = dict[int, dict[str, Any]]  # by width


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP + common.NOTES
    common.configure(parser, seconds=5)


def run(args: argparse.Namespace) -> int:
    """Measure and tell; 1 if a bar is missed."""
    return common.begin(args, bench)


def bench(run: Run) -> Result:
    """All rounds."""
    with House(run.kit.folder, run.kit.cores) as house:
        house.add_cameras(CAMERAS)
        rounds = [_round(run, house, number) for number in range(run.rounds)]
    return Result("walls", text(rounds), checks(rounds), rounds)


def _round(run: Run, house: House, number: int) -> Round:
    found: Round = {}
    for width in WIDTHS:
        bits = hostside.wall(run.kit, width, COLUMNS, min(BITS_S, run.seconds))
        found[width] = bits | {"watched": _watched(run, house, width)}
        cores = found[width]["watched"]["srv_cores"]
        run.tell(
            f"round {number + 1}: {width} wide: tile {bits['tile']:.2f} ms, "
            f"joining {bits['assemble']:.3f} ms, {cores:.3f} cores"
        )
    return found


def _watched(run: Run, house: House, width: int) -> dict[str, Any]:
    """Everything at once: boards, tiles, walls, viewers."""
    pace = ["--fps", f"{FPS:g}"]
    with house.boards(house.cameras, run.kit.frames, *pace, tls=False, stagger_s=1 / FPS) as boards:
        boards.proved()
        url = f"{house.view(house.cameras)['wall']}?width={width}&columns={COLUMNS}"
        target = Target(url, house.process.pid)
        found = watch(run.kit, target, Crowd(VIEWERS), run.seconds, warm_s=WARM_S)
        return must_be_served(found, "the wall")


def checks(rounds: list[Round]) -> list[Check]:
    """What is promised, for both sizes."""
    found = []
    for width in WIDTHS:
        tile = middle(rounds, width, lambda one: one["tile"])
        joined = middle(rounds, width, lambda one: one["assemble"])
        cores = middle(rounds, width, lambda one: one["watched"]["srv_cores"])
        fps = middle(rounds, width, lambda one: slowest(one["watched"]))
        found += [
            Check.at_most(f"{width} wide: a tile, ms", tile, TILE_MS),
            Check.at_most(f"{width} wide: joining 16, ms", joined, ASSEMBLE_MS),
            Check.at_most(f"{width} wide: cores, 50 viewers", cores, CORE),
            Check.at_least(f"{width} wide: slowest viewer, fps", fps, NEARLY_ALL * FPS),
        ]
    return found


def middle(rounds: list[Round], width: int, of: Callable[[dict[str, Any]], float | None]) -> float:
    """The median of one figure; NaN where it was not measured in every round."""
    return figures.middle(of(one[width]) for one in rounds)


def text(rounds: list[Round]) -> str:
    """A row for each size."""
    head = ["4x4 wall of 10 fps", "tile ms", "joining ms", "cores", "fps", "KB each"]
    rows = []
    for width in WIDTHS:
        wide, high = rounds[0][width]["size"]
        rows.append(
            [
                f"{wide}x{high}",
                f"{middle(rounds, width, lambda one: one['tile']):.2f}",
                f"{middle(rounds, width, lambda one: one['assemble']):.3f}",
                f"{middle(rounds, width, lambda one: one['watched']['srv_cores']):.3f}",
                f"{middle(rounds, width, lambda one: one['watched']['fps_median']):.1f}",
                f"{middle(rounds, width, lambda one: one['bytes']) / 1000:.0f}",
            ]
        )
    return grid(head, rows)
