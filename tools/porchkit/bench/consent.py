"""`porchlight bench consent`: what consent costs a large host: a search, opening a view, a proof, a
checkpoint, with ten thousand cameras, a hundred thousand grants and a million entries."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from porchkit.bench import common, consent_search, consent_town
from porchkit.bench.common import Run
from porchkit.bench.report import Check, grid
from porchkit.bench.results import Result

CAMERAS, ENTRIES = 10_000, 1_000_000
GRANTS = 10  # a camera's; two of them ran out
ROUNDS = 200
SEARCH_MS, WRITES = 10.0, 1.0
STEPS = ("search", "view", "proof", "checkpoint")
HELP = """\
examples:
  porchlight bench consent                    about two minutes, most of it to make the town
  porchlight bench consent --cameras 1000     a quick look

The database is SQLite on this machine's disk, in a folder that goes with the bench. Times are the
host's own work in one process: searches in CPU time and without their entry, the rest in wall time
with everything that has to be on disk."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    common.configure(parser, seconds=4, rounds=1)
    parser.add_argument("--cameras", type=int, default=CAMERAS, metavar="N", help="%(default)s")
    parser.add_argument("--entries", type=int, default=ENTRIES, metavar="N", help="%(default)s")


def run(args: argparse.Namespace) -> int:
    """Measure and tell; 1 if a bar is missed."""
    common.between("--cameras", args.cameras, 10, 100_000)
    common.between("--entries", args.entries, 1_000, 10_000_000)
    return common.begin(args, lambda run: bench(run, args.cameras, args.entries))


def bench(run: Run, cameras: int = CAMERAS, entries: int = ENTRIES) -> Result:
    """One town, and the searches by themselves."""
    run.tell(f"making a town of {cameras:,} cameras with a log of {entries:,} entries")
    with tempfile.TemporaryDirectory(prefix="town-", dir=run.kit.folder) as folder:
        found = consent_town.measure(Path(folder) / "home", cameras, entries, ROUNDS)
    found["searches"] = consent_search.measure(cameras, ROUNDS)["searches"]
    return Result("consent", text(found, cameras, entries), checks(found), [found])


def checks(found: dict[str, Any]) -> list[Check]:
    """What is promised."""
    worst = max(row["p99_ms"] for row in found["searches"].values())
    return [
        Check.at_most("searching alone, CPU ms, p99", worst, SEARCH_MS),
        Check.at_most("durable writes a view", found["writes_a_view"], WRITES),
    ]


def text(found: dict[str, Any], cameras: int, entries: int) -> str:
    """A row for each thing that was timed."""
    head = [f"{cameras:,} cameras, {entries:,} entries", "p50 ms", "p99 ms"]
    rows = [_row(step, found[step]) for step in STEPS]
    rows += [_row(f"{name}, CPU alone", row) for name, row in found["searches"].items()]
    started = f"host started after {found['start_s']:.1f} s"
    return f"{grid(head, rows)}\n{started}"


def _row(name: str, row: dict[str, float]) -> list[str]:
    return [name, f"{row['p50_ms']:.2f}", f"{row['p99_ms']:.2f}"]
