"""A million damaged JPEGs for the board's reader, in guarded memory (jpegdc/fuzz.py).

    python -m tests.firmware.fuzz_jpegdc [--count 1000000] [--seed 1] [--jobs 2]

Half of the pictures have the forbidden page behind every buffer, half before. Linux on x86-64.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.jpegs import goods
from tests.support.runtimes import FIRMWARE, find_micropython

HERE = Path(__file__).parent / "jpegdc"
PATH = f"{FIRMWARE}:{HERE}:.frozen"
ROUND = 50_000  # pictures a process; a new one has a new heap


def start(count: int, seed: int, names: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [find_micropython(), HERE / "fuzz.py", str(count), str(seed), *names],
        env={"MICROPYPATH": PATH},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def write_goods(folder: Path) -> list[str]:
    names = []
    for name, jpeg in goods().items():
        (folder / f"{name}.jpg").write_bytes(jpeg)
        names.append(str(folder / f"{name}.jpg"))
    return names


def run(count: int, seed: int, jobs: int) -> dict[str, int]:
    """How many pictures were answered by which word; RuntimeError with what a process said."""
    answers: dict[str, int] = {}
    rounds = [(min(ROUND, count - done), seed + i) for i, done in enumerate(range(0, count, ROUND))]
    with tempfile.TemporaryDirectory() as folder:
        names = write_goods(Path(folder))
        for at in range(0, len(rounds), jobs):
            for (size, number), process in [
                (one, start(*one, names)) for one in rounds[at : at + jobs]
            ]:
                said = process.communicate()[0]
                if process.returncode:
                    raise RuntimeError(f"{size} from seed {number}: {process.returncode} {said}")
                for line in said.splitlines()[1:]:
                    times, why = line.split()
                    answers[why] = answers.get(why, 0) + int(times)
            print(sum(answers.values()), "pictures", file=sys.stderr)
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    for why, times in sorted(run(args.count, args.seed, args.jobs).items()):
        print(f"{times:9d} {why}")


if __name__ == "__main__":
    main()
