"""One run of viewers against one server: the load generator as a process, and what it found."""

import json
from dataclasses import dataclass
from typing import Any

from porchkit.bench.figures import NOT_MEASURED, known
from porchkit.bench.kit import Kit
from porchkit.bench.processes import Process
from porchkit.bench.servers import Target
from porchkit.errors import CommandError

RAMP = 500.0  # connections a second: a careful server turns away a crowd that comes at once
LATE_S = 60.0  # what a run may take longer than it is told to
SLOW_SHARE, SLOW_RATE = 0.2, 50_000
NEARLY_ALL = 0.95  # of the pictures that are due to a viewer, or must say when they were sent
Found = dict[str, Any]  # the load generator's JSON


@dataclass(frozen=True)
class Crowd:
    """So many viewers, `ramp` of them a second; with `slow`, a fifth of them read 50 kB/s."""

    viewers: int
    ramp: float = RAMP
    slow: bool = False


def watch(kit: Kit, target: Target, crowd: Crowd, seconds: float, *, warm_s: float = 1.0) -> Found:
    """They come, all are there for `warm_s`, and then it is measured for so long."""
    words = ["-n", str(crowd.viewers), "-R", f"{crowd.ramp:g}", "-p", str(target.pid)]
    words += ["-d", f"{seconds:g}", "-w", f"{warm_s:g}"]
    if crowd.slow:
        words += ["-s", str(SLOW_SHARE), "-r", str(SLOW_RATE)]
    command = [*kit.load, *words, target.url]
    with Process(command, kit.cores.load, kit.log("load"), piped=True) as process:
        return said(process, seconds + warm_s + crowd.viewers / crowd.ramp)


def said(process: Process, usual_s: float) -> Found:
    """What a load generator found; CommandError if that is nothing."""
    process.wait(usual_s + LATE_S)
    try:
        found: Found = json.loads(process.stdout.read())
    except ValueError:
        raise process.failed("measured nothing") from None
    return found


def must_be_served(found: Found, name: str) -> Found:
    """`found`, or CommandError if a viewer of `name` was turned away or saw nothing."""
    if found["errors"]:
        raise CommandError(f"{name}: {found['errors']} viewers failed: {found['first_error']}")
    if not found["fps_total"]:
        raise CommandError(f"{name}: no viewer saw a picture")
    return found


def slowest(found: Found) -> float | None:
    """Frames a second of the viewer who got the fewest; None where nobody counted them."""
    value: float | None = found.get("fps_min")
    return value


def age_ms(found: Found, share: str) -> float:
    """How old pictures were when their viewers had them whole (`share`: "p50" and so on); NaN
    unless nearly all of them said when they were sent."""
    ages = found["lat_ms"]
    if not known(ages[share]):
        return NOT_MEASURED
    seen = found["fps_total"] * found["wall_s"]
    return float(ages[share]) if ages["n"] >= NEARLY_ALL * seen else NOT_MEASURED
