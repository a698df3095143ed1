"""`porchlight bench ingest`: what it costs the host to take a picture from a board, every check
made, beside a C program that only reads it and makes its MAC; and what an idle board costs."""

import argparse
import time
from contextlib import ExitStack
from typing import Any

from porchkit.bench import common, pushing
from porchkit.bench.common import Run
from porchkit.bench.figures import middle, quotient
from porchkit.bench.house import House
from porchkit.bench.processes import rss_bytes
from porchkit.bench.pushing import BOARDS, SLOW_BOARDS, Cost
from porchkit.bench.report import Check, grid
from porchkit.bench.results import Result
from porchkit.demo.household import Camera

FRAMES_A_SECOND = 1000  # that each board has ready for every second asked for
IDLE = 1000
FIRST = 20  # boards that come before it is measured what one costs
TO_FLOOR, IDLE_KB = 0.70, 150.0
SETTLE_S = 1.5
HELP = """\
examples:
  porchlight bench ingest                       three rounds, about three minutes
  porchlight bench ingest --idle 0 --rounds 1   without the thousand idle boards
"""
Round = dict[str, Cost]
ROWS = {
    "floor": "C floor: read, MAC",
    "mac": "the MAC alone, in Python",
    "plain": "WebSocket",
    "tls": "WebSocket, TLS",
    "slow floor": "C floor, in pieces",
    "slow": "WebSocket, in pieces",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP + common.NOTES
    common.configure(parser, seconds=3)
    help_idle = "idle boards to weigh (default %(default)s; 0: none)"
    parser.add_argument("--idle", type=int, default=IDLE, metavar="N", help=help_idle)


def run(args: argparse.Namespace) -> int:
    """Measure and tell; 1 if a bar is missed."""
    common.between("--idle", args.idle, 0, 10_000)
    return common.begin(args, lambda run: bench(run, args.idle))


def bench(run: Run, idle: int = IDLE) -> Result:
    """All rounds, then the idle boards."""
    with House(run.kit.folder, run.kit.cores) as house:
        house.add_cameras(SLOW_BOARDS)
        rounds = [_round(run, house, number) for number in range(run.rounds)]
    weights = {kind: weigh(run, idle, tls=kind == "tls") for kind in ("plain", "tls") if idle}
    raw: list[Any] = [*rounds, {"idle_kb": weights}]
    return Result("ingest", text(rounds, weights), checks(rounds, weights), raw)


def _round(run: Run, house: House, number: int) -> Round:
    kit, flooding = run.kit, house.cameras[:BOARDS]
    frames = max(1, round(run.seconds * FRAMES_A_SECOND))
    found: Round = {"mac": {"us_per_frame": pushing.mac_us(kit)}}
    if kit.tools:
        found["floor"] = pushing.floor(kit, run.seconds, slow=False)
    found["plain"] = pushing.flood(kit, house, flooding, frames, tls=False)
    found["tls"] = pushing.flood(kit, house, flooding, frames, tls=True)
    if kit.tools:
        found["slow floor"] = pushing.floor(kit, run.seconds, slow=True)
    found["slow"] = pushing.trickle(kit, house, house.cameras[:SLOW_BOARDS], run.seconds)
    each = ", ".join(f"{name} {cost['us_per_frame']:.1f}" for name, cost in found.items())
    run.tell(f"round {number + 1}: us a frame: {each}")
    return found


def weigh(run: Run, count: int, *, tls: bool) -> float:
    """KB of the host's memory for each of so many boards that are connected and idle."""
    run.tell(f"{count} idle boards{' over TLS' if tls else ''}")
    with House(run.kit.folder, run.kit.cores) as house, ExitStack() as connected:

        def connect(cameras: list[Camera]) -> int:
            boards = house.boards(cameras, run.kit.frames, tls=tls)
            connected.enter_context(boards).proved()
            time.sleep(SETTLE_S)
            return rss_bytes(house.process.pid)

        cameras = house.add_cameras(FIRST + count)
        before = connect(cameras[:FIRST])
        return (connect(cameras[FIRST:]) - before) / 1024 / count


def checks(rounds: list[Round], weights: dict[str, float]) -> list[Check]:
    """What is promised; against the floor only where there is the C one."""
    found = []
    if "floor" in rounds[0]:
        measured = relative(rounds, "plain", "floor")
        found.append(Check.at_least("frames a CPU-second, of the C floor's", measured, TO_FLOOR))
    for kind, weight in weights.items():
        found.append(Check.at_most(f"KB for an idle board, {kind}", weight, IDLE_KB))
    return found


def relative(rounds: list[Round], name: str, floor: str) -> float:
    """Frames a CPU-second of one to another's."""
    return common.ratio(
        rounds, lambda one: one[floor]["us_per_frame"], lambda one: one[name]["us_per_frame"]
    )


def text(rounds: list[Round], weights: dict[str, float]) -> str:
    """A row for each way in."""
    rows = []
    for name, called in ROWS.items():
        if name not in rounds[0]:
            continue
        us = middle(one[name]["us_per_frame"] for one in rounds)
        rate = [one[name]["frames_s"] for one in rounds if "frames_s" in one[name]]
        floor = "slow floor" if name.startswith("slow") else "floor"
        share = f"{relative(rounds, name, floor):.2f}" if floor in rounds[0] else ""
        flow = f"{middle(rate):.0f}" if rate else ""
        rows.append([called, f"{us:.1f}", f"{quotient(1e6, us):.0f}", share, flow])
    head = ["ingest, 25 KB", "CPU us a frame", "frames/CPU-s", "of the floor", "frames/s"]
    lines = [grid(head, rows)]
    lines += [f"an idle board, {kind}: {weight:.0f} KB" for kind, weight in weights.items()]
    return "\n".join(lines)
