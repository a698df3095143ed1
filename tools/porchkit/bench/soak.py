"""`porchlight bench soak`: boards and viewers come and go for a while, thousands of viewers vanish
in the middle of a handshake; then nothing must be left of them: no memory, no handle, no task."""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from operator import le
from statistics import median
from typing import Any

from porchkit.bench import common, figures, vanish
from porchkit.bench.common import Run
from porchkit.bench.house import House
from porchkit.bench.processes import Process, python, rss_bytes
from porchkit.bench.report import Check, grid
from porchkit.bench.results import Result
from porchkit.bench.servers import Target
from porchkit.bench.watching import NEARLY_ALL, Crowd, Found, watch
from porchkit.errors import CommandError
from porchkit.sim import meters

CAMERAS, VIEWERS, FPS = 8, 40, 10.0
VANISHING = 10_000
CYCLE_S = 8.0  # about; the first ones fill what a host keeps for good
WARM_CYCLES = 2
GROWTH = 0.05  # of the resident memory, from the first third of a soak to its last
QUIET_S = 20.0  # within which all that is over has to be gone
STILL_S = 4.0  # longer than anything lingers
_POLL_S = 0.25
_VANISHED_S = 300.0
HELP = """\
examples:
  porchlight bench soak                    ten minutes, ten thousand viewers who vanish
  porchlight bench soak --minutes 1        is anything lost at all?
"""


@dataclass(frozen=True)
class Sample:
    """Of the host between two cycles, when nobody is there. `at`: seconds since the beginning."""

    at: float
    rss_mb: float
    handles: int
    tasks: int
    connections: int

    @property
    def held(self) -> tuple[int, ...]:
        """All that has to be let go of again."""
        return self.handles, self.tasks, self.connections


@dataclass
class Stress:
    """What the host was put through: `gone` of `sent` viewers of the `vanishing` have vanished;
    `served` of `viewers` saw pictures to the end."""

    vanishing: int
    sent: int = 0
    gone: int = 0
    viewers: int = 0
    served: int = 0

    def saw(self, found: Found) -> None:
        """Count the viewers of one run; none was served where no picture came."""
        self.viewers += found["n"]
        self.served += found["alive"] if found["fps_total"] else 0

    def checks(self) -> list[Check]:
        """Nothing is left of viewers who never came."""
        served = figures.quotient(self.served, self.viewers)
        found = [Check.at_least("viewers who saw pictures, share", served, NEARLY_ALL)]
        if self.vanishing:
            gone = self.gone / self.vanishing
            found.append(Check.at_least("viewers who vanished, share", gone, vanish.NEARLY_ALL))
        return found


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP + common.NOTES
    common.configure(parser, seconds=CYCLE_S / 4, rounds=1)
    add = parser.add_argument
    add("--minutes", type=float, default=10, metavar="M", help="default %(default)s")
    help_vanish = "viewers who vanish (default %(default)s)"
    add("--vanishing", type=int, default=VANISHING, metavar="N", help=help_vanish)


def run(args: argparse.Namespace) -> int:
    """Soak and tell; 1 if anything is left."""
    common.between("--minutes", args.minutes, 0, 24 * 60)
    common.between("--vanishing", args.vanishing, 0, 1_000_000)
    return common.begin(args, lambda run: bench(run, args.minutes, args.vanishing))


def bench(run: Run, minutes: float = 10, vanishing: int = VANISHING) -> Result:
    """Cycles until the time is over."""
    with House(run.kit.folder, run.kit.cores) as house:
        house.add_cameras(CAMERAS)
        soak = _Soak(run, house, minutes * 60, vanishing)
        samples = soak.run()
    raw: list[Any] = [asdict(sample) for sample in samples]
    raw.append(asdict(soak.stress))
    found = checks(samples, soak.stress)
    return Result("soak", text(samples, soak.stress.gone), found, raw)


class _Soak:
    """`stress`: what the host has been put through so far."""

    def __init__(self, run: Run, house: House, seconds: float, vanishing: int) -> None:
        self._run, self._house = run, house
        self._seconds = seconds
        self._begun = time.monotonic()
        self.stress = Stress(vanishing)

    def run(self) -> list[Sample]:
        """At least one cycle more than those that warm up; the first sample is of before."""
        for number in range(WARM_CYCLES):
            self._cycle(number, 0.0)
        self._begun = time.monotonic()
        samples = [self._quiet(None)]
        while len(samples) < 2 or time.monotonic() < self._begun + self._seconds:
            elapsed = time.monotonic() - self._begun + CYCLE_S
            share = min(1.0, elapsed / self._seconds) if self._seconds else 1.0
            self._cycle(WARM_CYCLES + len(samples), share)
            samples.append(self._quiet(samples[0]))
            one = samples[-1]
            self._run.tell(
                f"{one.at:.0f} s: {one.rss_mb:.1f} MB, {one.handles} handles, {one.tasks} tasks, "
                f"{self.stress.gone} vanished"
            )
        return samples

    def _cycle(self, number: int, share: float) -> None:
        """Boards come, viewers look, some vanish, boards go. `share` of all have vanished then."""
        house, kit = self._house, self._run.kit
        tls = number % 2 == 1
        pace = ["--fps", f"{FPS:g}"]
        with house.boards(house.cameras, kit.frames, *pace, tls=tls) as boards:
            boards.proved()
            view = house.view(house.cameras)
            pid = house.process.pid
            stream, wall = view["streams"][number % CAMERAS], view["wall"]
            for url, viewers in ((stream, VIEWERS), (wall, VIEWERS // 4)):
                self.stress.saw(watch(kit, Target(url, pid), Crowd(viewers), self._run.seconds))
            due = round(share * self.stress.vanishing) - self.stress.sent
            self._vanish(due, number, view["streams"])
        house.close_view(view["id"])

    def _vanish(self, count: int, seed: int, urls: Sequence[str]) -> None:
        if count <= 0:
            return
        where = ["--tls", str(self._house.running.https), *urls]
        command = python("vanish", "-n", str(count), "--seed", str(seed), *where)
        cores, log = self._run.kit.cores, self._run.kit.log("vanish")
        with Process(command, cores.load, log, piped=True) as process:
            process.wait(_VANISHED_S)
            process.must_have_done()
            self.stress.gone += int(json.loads(process.stdout.read())["connected"])
        self.stress.sent += count

    def _quiet(self, first: Sample | None) -> Sample:
        """The host once it holds no more than in the beginning (which is when it holds the same for
        STILL_S), or QUIET_S later."""
        limit = time.monotonic() + QUIET_S
        sample, since = self._sample(), time.monotonic()
        while time.monotonic() < limit:
            if first is not None and all(map(le, sample.held, first.held)):
                break
            if first is None and time.monotonic() > since + STILL_S:
                break
            time.sleep(_POLL_S)
            before, sample = sample, self._sample()
            since = since if sample.held == before.held else time.monotonic()
        return sample

    def _sample(self) -> Sample:
        counts = self._house.counts()
        return Sample(
            at=round(time.monotonic() - self._begun, 1),
            rss_mb=rss_bytes(self._house.process.pid) / 2**20,
            handles=round(counts.values["process_open_fds"]),
            tasks=_gauge(counts, "tasks"),
            connections=_gauge(counts, "connections"),
        )


def _gauge(counts: meters.Counts, name: str) -> int:
    """What it stands at; CommandError where the host does not tell, which is no zero."""
    if f"porchlight_{name}" not in counts.values:
        raise CommandError(f"the host does not tell its {name}")
    return counts.of(name)


def growth(samples: Sequence[Sample]) -> float:
    """How much more memory the last third of a soak takes than the first, as a share of it; NaN
    where one sample found none."""
    if not all(one.rss_mb > 0 for one in samples):
        return figures.NOT_MEASURED
    third = max(1, len(samples) // 3)
    first, last = (
        median(one.rss_mb for one in part) for part in (samples[:third], samples[-third:])
    )
    return max(0.0, last - first) / first


def more(last: int, first: int) -> int:
    """By how many the last exceeds the first; less than before is as good as none more."""
    return max(0, last - first)


def checks(samples: Sequence[Sample], stress: Stress) -> list[Check]:
    """What must not be left behind, and that there was something which could have been."""
    first, last = samples[0], samples[-1]
    return [
        Check.at_most("memory grew by, share", growth(samples), GROWTH),
        Check.at_most("handles more than before", more(last.handles, first.handles), 0),
        Check.at_most("tasks more than before", more(last.tasks, first.tasks), 0),
        Check.at_most("connections more than before", more(last.connections, first.connections), 0),
        *stress.checks(),
    ]


def text(samples: Sequence[Sample], gone: int) -> str:
    """The first and the last, and how memory went in between."""
    head = ["soak", "s", "MB", "handles", "tasks", "connections"]
    rows = []
    for name, one in (("before", samples[0]), ("after", samples[-1])):
        counted = map(str, (one.handles, one.tasks, one.connections))
        rows.append([name, f"{one.at:.0f}", f"{one.rss_mb:.1f}", *counted])
    slope = meters.slope([(one.at / 3600, one.rss_mb) for one in samples])
    about = f"{len(samples) - 1} cycles, {gone} viewers vanished, {slope:+.1f} MB an hour"
    return f"{grid(head, rows)}\n{about}"
