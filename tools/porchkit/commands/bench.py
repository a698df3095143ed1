"""`porchlight bench`: the table of benches, and nothing else."""

import argparse
from collections.abc import Callable
from typing import Protocol

from porchkit.bench import (
    consent,
    fanout,
    gate,
    ingest,
    latency,
    overload,
    slow,
    soak,
    viewers,
    walls,
    whole,
)

EXAMPLES = """\
examples:
  porchlight bench               all of it, about an hour
  porchlight bench fanout        what does one more viewer cost?
  porchlight bench gate          is the motion gate as fast as promised?

Each explains itself: porchlight bench NAME --help. Exit status 1 means that a bar was missed."""


class Bench(Protocol):
    """What a module in the table offers; `run` gives the exit code, 1 for a missed bar."""

    @property
    def configure(self) -> Callable[[argparse.ArgumentParser], None]: ...
    @property
    def run(self) -> Callable[[argparse.Namespace], int]: ...


# name -> (module, what it measures)
BENCHES: dict[str, tuple[Bench, str]] = {
    "all": (whole, "every one of them, which is what no name means too"),
    "gate": (gate, "the motion gate: decoder, model, memory"),
    "fanout": (fanout, "one camera, many viewers: server CPU for each delivered picture"),
    "viewers": (viewers, "the most viewers of one camera that a core holds"),
    "slow": (slow, "viewers on a slow line: how old their pictures are"),
    "overload": (overload, "more pictures than a core can send"),
    "walls": (walls, "sixteen cameras in one stream"),
    "ingest": (ingest, "taking pictures from boards, and idle boards"),
    "latency": (latency, "from a board's sensor to a viewer, real firmware"),
    "consent": (consent, "ten thousand cameras, a million entries: search, view, proof"),
    "soak": (soak, "boards and viewers come and go for ten minutes: is anything left?"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """One sub-command for each bench."""
    parser.epilog = EXAMPLES
    names = parser.add_subparsers(dest="bench", metavar="NAME")
    for name, (bench, line) in BENCHES.items():
        bench.configure(
            names.add_parser(
                name,
                help=line,
                description=line,
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
        )


def run(args: argparse.Namespace) -> int:
    """Run the bench that was named; without a name, all of them."""
    if args.bench is None:
        everything = argparse.ArgumentParser(prog="porchlight bench all")
        whole.configure(everything)
        return whole.run(everything.parse_args([]))
    return BENCHES[args.bench][0].run(args)
