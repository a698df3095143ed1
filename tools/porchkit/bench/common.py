"""What the benches of streams have in common: options, rounds, how they begin and end."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porchkit.bench import figures, kit, processes, results
from porchkit.bench.kit import Kit
from porchkit.bench.results import Result
from porchkit.errors import UsageError

MAX_ROUNDS, MAX_VIEWERS = 100, 10_000
LEAST_SECONDS, DEFAULT_SECONDS, MAX_SECONDS = 0.1, 4.0, 600.0
NOTES = """
Each round measures every server in turn; a ratio is taken within the round and its median is the
figure. The server has the first core to itself, viewers and cameras the second. Where
../shared/bench is not there (or no compiler), the load generator and the floor are the bench's own,
in Python, and the peers are left out. Exit status 1 means that a bar was missed; one is, too, where
nothing was measured, or too little."""


@dataclass(frozen=True)
class Run:
    """What every bench is given. `seconds`: of one measurement."""

    kit: Kit
    rounds: int
    seconds: float
    tell: Callable[[str], None]


def configure(parser: argparse.ArgumentParser, *, seconds: float | None, rounds: int = 3) -> None:
    """Declare the options that all of them have. `seconds` None: each bench has its own."""
    add = parser.add_argument
    add("--rounds", type=int, default=rounds, metavar="N", help="default %(default)s")
    usual = "each bench's own" if seconds is None else "%(default)s"
    help_seconds = f"of one measurement (default {usual})"
    add("--seconds", type=float, default=seconds, metavar="S", help=help_seconds)
    add("--json", type=Path, metavar="FILE", help="write every number there too; - is stdout")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--shared", type=Path, metavar="DIR", help="the C tools (../shared/bench)")
    group.add_argument(
        "--own", action="store_true", help="without them: the bench's own, in Python"
    )


def begin(args: argparse.Namespace, bench: Callable[[Run], Result]) -> int:
    """Run one bench, show what it found; 1 for a missed bar."""
    with running(args) as run:
        return finish([bench(run)], args, run.kit)


@contextmanager
def running(args: argparse.Namespace) -> Iterator[Run]:
    """Everything that a bench needs, in a folder that goes with it."""
    between("--rounds", args.rounds, 1, MAX_ROUNDS)
    seconds = DEFAULT_SECONDS if args.seconds is None else args.seconds
    between("--seconds", seconds, LEAST_SECONDS, MAX_SECONDS)
    processes.stop_on_sigterm()
    shared = None if args.own else args.shared or kit.default_shared()
    with tempfile.TemporaryDirectory(prefix="porchlight-bench-") as folder:
        yield Run(kit.assemble(Path(folder), shared), args.rounds, seconds, tell)


def finish(found: Sequence[Result], args: argparse.Namespace, used: Kit) -> int:
    """Show it, write it; the exit code."""
    if str(args.json) != "-":
        for result in found:
            result.show()
    if args.json:
        results.write(args.json, results.document(found, used.floor_name))
    return 0 if all(result.ok for result in found) else 1


def between(option: str, value: float, least: float, most: float) -> None:
    """UsageError unless it is."""
    if not least <= value <= most:
        raise UsageError(f"{option} must be {least:g} to {most:g}")


def tell(line: str) -> None:
    """Progress, for whoever waits."""
    print(f"  {line}", file=sys.stderr, flush=True)


def ratio(rounds: Sequence[Any], of: Callable[[Any], float], to: Callable[[Any], float]) -> float:
    """The median of the rounds' own ratios; NaN where a round has none."""
    return figures.middle(figures.quotient(of(one), to(one)) for one in rounds)
